import Equations
import Geometry
import Spectral

/// Sines on bounded axes, Fourier modes on periodic ones: for values of zero on every bounded side.
public struct Sine: SteadyMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "sine" }
  public func ellipticMethod(for system: PDESystem) -> EllipticMethod { .axes(system.axes(bounded: .sine)) }
}

/// Cosines on bounded axes, Fourier modes on periodic ones: for normal derivatives of zero on every bounded side.
public struct Cosine: SteadyMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "cosine" }
  public func ellipticMethod(for system: PDESystem) -> EllipticMethod { .axes(system.axes(bounded: .cosine)) }
}

/// Polynomials on Chebyshev points along bounded axes, Fourier modes along periodic ones: for any conditions.
public struct Chebyshev: SteadyMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "chebyshev" }
  public func ellipticMethod(for system: PDESystem) -> EllipticMethod {
    .axes(system.axes(bounded: .chebyshev))
  }
}

/// The most accurate basis on every axis, chosen from the conditions and the terms of the equation.
public struct SuitableBasis: SteadyMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "automatic" }
  public func ellipticMethod(for system: PDESystem) -> EllipticMethod { .automatic }
}

extension PDESystem {
  fileprivate func axes(bounded: AxisMethod) -> [AxisMethod] {
    box.intervals.map { $0.isPeriodic ? .fourier : bounded }
  }
}
