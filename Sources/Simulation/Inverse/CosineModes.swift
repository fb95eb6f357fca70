import Equations
import Foundation
import Geometry

/// Products of cosines on a box, Π cos(π kᵢ (xᵢ − aᵢ)/(bᵢ − aᵢ)) with kᵢ = 0 … nᵢ − 1: a linear expansion of coefficients
/// that are to be found, whose normal derivative vanishes on the boundary.
public struct CosineModes: Hashable, Sendable {
  /// Modes per coordinate.
  public let counts: [Int]
  /// The box: lower and upper bound per coordinate.
  public let bounds: [ClosedRange<Double>]
  /// The multi-index k of every mode; the last coordinate changes fastest.
  public let waves: [[Int]]

  /// The modes of a box.
  ///
  /// - Parameters:
  ///   - counts: Modes per coordinate, at least one each; with time last where the coefficient depends on it.
  ///   - bounds: The bounds of these coordinates.
  public init(_ counts: [Int], on bounds: [ClosedRange<Double>]) {
    precondition(
      counts.count == bounds.count && counts.allSatisfy { $0 > 0 },
      "\(counts) modes on a box of \(bounds.count) coordinates")
    (self.counts, self.bounds) = (counts, bounds)
    waves = counts.reduce([[]]) { waves, n in waves.flatMap { wave in (0..<n).map { wave + [$0] } } }
  }

  /// The number of modes.
  public var count: Int { waves.count }

  /// π k/(b − a) of a mode along a coordinate.
  public func frequency(_ mode: Int, _ coordinate: Int) -> Double {
    .pi * Double(waves[mode][coordinate]) / (bounds[coordinate].upperBound - bounds[coordinate].lowerBound)
  }

  /// A mode as a formula; a coordinate after those of space is time.
  ///
  /// - Parameter dimension: The number of coordinates of space.
  public func formula(of mode: Int, dimension: Int) -> Node {
    .product(
      of: counts.indices.filter { waves[mode][$0] > 0 }.map { i in
        let coordinate = i < dimension ? Node.coordinate(Axis.allCases[i]) : .time
        return .apply(
          .cos, .constant(frequency(mode, i)) * (coordinate - .constant(bounds[i].lowerBound)))
      })
  }

  /// Σ cₖ φₖ as a formula.
  public func formula(_ coefficients: [Double], dimension: Int) -> Node {
    precondition(coefficients.count == count, "\(coefficients.count) coefficients for \(count) modes")
    return .sum(
      of: coefficients.indices.map { .constant(coefficients[$0]) * formula(of: $0, dimension: dimension) })
  }

  /// ‖Σ cₖ φₖ‖ in L² of the box, exactly.
  public func norm(_ coefficients: [Double]) -> Double {
    precondition(coefficients.count == count, "\(coefficients.count) coefficients for \(count) modes")
    let volume = bounds.reduce(1) { $0 * ($1.upperBound - $1.lowerBound) }
    return zip(coefficients, waves).reduce(0) { sum, mode in
      sum + mode.0 * mode.0 * volume / pow(2, Double(mode.1.count { $0 > 0 }))
    }.squareRoot()
  }
}

/// What is known of the coefficients of modes before measurements: independent normal numbers of mean zero, of which those
/// of shorter waves are smaller.
///
/// As a regularisation, Tikhonov's: ½ Σ (cₖ/sₖ)² with sₖ = deviation · (1 + |k|²)^(−smoothness/2), a Sobolev norm of the field.
public struct ModePrior: Hashable, Sendable, Codable {
  /// The standard deviation of the mode of no waves.
  public var deviation: Double
  /// How fast deviations fall with |k|; 0 for all alike.
  public var smoothness: Double

  /// A prior of the given law.
  public init(deviation: Double = 1, smoothness: Double = 0) {
    precondition(
      deviation > 0 && smoothness >= 0,
      "a prior of deviation \(deviation) and smoothness \(smoothness): both are positive")
    (self.deviation, self.smoothness) = (deviation, smoothness)
  }

  /// The standard deviations of all coefficients.
  public func deviations(_ modes: CosineModes) -> [Double] {
    modes.waves.map { wave in
      let square = wave.reduce(0) { $0 + $1 * $1 }
      return deviation * pow(1 + Double(square), -smoothness / 2)
    }
  }
}
