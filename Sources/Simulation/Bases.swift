import Equations
import Geometry
import Spectral

/// A basis on bounded axes beside Fourier modes on periodic ones, for steady problems and evolutions alike.
public protocol BoxMethod: EvolutionMethod, SpectralSteadyMethod {
  /// How products are kept free of aliases.
  var dealiasing: Dealiasing { get }
  /// The basis of each axis of a problem's box.
  func bases(for system: PDESystem) -> [AxisBasis]
}

extension BoxMethod {
  public func discretize(_ system: PDESystem, seed: UInt64) throws -> any SpectralSystem {
    if system.box.isPeriodic {
      return try Fourier(points: points, dealiasing: dealiasing).discretize(system, seed: seed)
    }
    let counts = try system.resolvedPoints(points)
    return try BoundedSystem(
      system, basis: bases(for: system), points: counts, dealiasing: dealiasing,
      random: { RandomFields(seed: seed, stream: 1 << 32).values(of: $0, box: system.box, points: counts) })
  }

  public func ellipticMethod(for system: PDESystem) -> EllipticMethod {
    .axes(
      bases(for: system).map { basis in
        switch basis {
        case .fourier: .fourier
        case .sine: .sine
        case .cosine: .cosine
        case .chebyshev: .chebyshev
        }
      })
  }
}

/// Sines on bounded axes, Fourier modes on periodic ones: for values of zero on every bounded side.
public struct Sine: BoxMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  /// - Parameter points: Grid points per axis, both sides of bounded axes included.
  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "sine" }
  public func bases(for system: PDESystem) -> [AxisBasis] { system.bases(bounded: .sine) }
}

/// Cosines on bounded axes, Fourier modes on periodic ones: for normal derivatives of zero on every bounded side.
public struct Cosine: BoxMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  /// - Parameter points: Grid points per axis, both sides of bounded axes included.
  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "cosine" }
  public func bases(for system: PDESystem) -> [AxisBasis] { system.bases(bounded: .cosine) }
}

/// Polynomials on Chebyshev points along bounded axes, Fourier modes along periodic ones: for any conditions.
public struct Chebyshev: BoxMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  /// - Parameter points: Grid points per axis, both sides of bounded axes included.
  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "chebyshev" }
  public func bases(for system: PDESystem) -> [AxisBasis] { system.bases(bounded: .chebyshev) }
}

/// The most accurate basis on every axis, chosen from the conditions and the terms of the equation.
public struct SuitableBasis: BoxMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  /// - Parameter points: Grid points per axis, both sides of bounded axes included.
  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "automatic" }
  public func bases(for system: PDESystem) -> [AxisBasis] { BoundedSystem.suitableBasis(for: system) }
  public func ellipticMethod(for system: PDESystem) -> EllipticMethod { .automatic }
}

extension PDESystem {
  fileprivate func bases(bounded: AxisBasis) -> [AxisBasis] {
    box.intervals.map { $0.isPeriodic ? .fourier : bounded }
  }
}
