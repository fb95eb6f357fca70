import Foundation
import Tensors

/// Orthonormal functions on one axis of a box, and the points that they are collocated at.
///
/// A Fourier axis has the functions 1, √2 cos(2πkξ), √2 sin(2πkξ), k = 1, 2, …, in this order, ξ from 0 to 1, and equally
/// spaced points from the lower end. A Chebyshev axis has 1 and √2 T_k(ξ), k = 1, 2, …, ξ from −1 to 1, and the roots of
/// the first polynomial that it leaves out (Gauss points), ascending. Both are orthonormal in the mean over the points, and
/// in the mean over the axis, which is weighted by 1/(π√(1 − ξ²)) where the functions are Chebyshev's. So sums of squared
/// coefficients are means of squares (Parseval), and the transform to coefficients is the transpose of that to values.
///
/// On a Fourier axis of an even number of points the mode whose sine vanishes at all points is left out. The functions come
/// in order of their wavenumber or degree: fewer modes are the first ones.
public struct SpectralAxis: Hashable, Sendable {
  /// The family of functions.
  public enum Family: String, Hashable, Sendable, Codable { case fourier, chebyshev }

  public let family: Family
  /// The number of collocation points.
  public let points: Int
  /// The ends of the axis.
  public let interval: ClosedRange<Double>

  /// The functions that `points` collocation points tell apart.
  ///
  /// - Precondition: There are points, and the interval is not empty.
  public init(_ family: Family, points: Int, interval: ClosedRange<Double>) {
    precondition(
      points > 0 && interval.upperBound > interval.lowerBound,
      "a spectral axis with \(points) points on the interval \(interval)")
    (self.family, self.points, self.interval) = (family, points, interval)
  }

  /// The same functions, as many as other numbers of points allow.
  public func with(points: Int) -> SpectralAxis { SpectralAxis(family, points: points, interval: interval) }

  /// The fewest points that tell `modes` functions apart.
  public static func points(_ family: Family, modes: Int) -> Int {
    family == .fourier && modes % 2 == 0 ? modes + 1 : modes
  }

  /// The number of functions.
  public var modes: Int { family == .fourier && points % 2 == 0 ? points - 1 : points }

  /// The length of the axis.
  public var length: Double { interval.upperBound - interval.lowerBound }

  /// The collocation points, ascending.
  public var coordinates: [Double] {
    (0..<points).map { j in
      switch family {
      case .fourier: return interval.lowerBound + length * Double(j) / Double(points)
      case .chebyshev:
        // −cos as a sine, which is accurate near the middle.
        let angle = Double.pi * Double(2 * j + 1 - points) / Double(2 * points)
        return (interval.lowerBound + interval.upperBound) / 2 + length / 2 * sin(angle)
      }
    }
  }

  /// The wavenumber or degree of every function.
  public var orders: [Int] { (0..<modes).map { family == .fourier ? ($0 + 1) / 2 : $0 } }

  /// The functions at any places: [places, modes].
  public func evaluation(at places: [Double]) -> Tensor<Double> {
    let (n, root) = (modes, 2.0.squareRoot())
    return Tensor(shape: [places.count, n]) { out in
      for (row, x) in places.enumerated() {
        let s = (x - interval.lowerBound) / length
        for k in 0..<n {
          switch family {
          case .fourier:
            // Whole turns are dropped, so that points of the grid are met to the last bits.
            let turns = Double((k + 1) / 2) * (s - s.rounded(.down))
            let angle = 2 * Double.pi * (turns - turns.rounded())
            out[row * n + k] = k == 0 ? 1 : root * (k % 2 == 1 ? cos(angle) : sin(angle))
          case .chebyshev:
            let angle = Double(k) * acos(min(max(1 - 2 * s, -1), 1))
            out[row * n + k] = k == 0 ? 1 : (k % 2 == 0 ? 1 : -1) * root * cos(angle)
          }
        }
      }
    }
  }

  /// Coefficients to values at the collocation points: [points, modes].
  public var synthesis: Tensor<Double> { evaluation(at: coordinates) }

  /// Values at the collocation points to coefficients: [modes, points].
  public var analysis: Tensor<Double> { synthesis.transposed([1, 0]) * (1 / Double(points)) }

  /// Coefficients to those of the derivative of an order: [modes, modes].
  public func derivative(order: Int) -> Tensor<Double> {
    precondition(order >= 0, "a derivative of order \(order)")
    let n = modes
    var first = [Double](repeating: 0, count: n * n)
    switch family {
    case .fourier:
      for k in stride(from: 1, to: n, by: 2) {
        let omega = 2 * Double.pi * Double((k + 1) / 2) / length
        first[(k + 1) * n + k] = -omega
        first[k * n + k + 1] = omega
      }
    case .chebyshev:
      // T′_k = 2k Σ T_j over j < k with k − j odd, of which T_0 counts half.
      for k in 1..<max(n, 1) {
        for j in stride(from: k - 1, through: 0, by: -2) {
          first[j * n + k] = 2 / length * 2 * Double(k) * (j == 0 ? 0.5.squareRoot() : 1)
        }
      }
    }
    let matrix = Tensor(shape: [n, n], first)
    return (0..<order).reduce(Tensor<Double>.identity(n)) { product, _ in matmul(product, matrix) }
  }

  /// The mean of every function over the axis, each place counting alike: [modes].
  public var means: [Double] {
    (0..<modes).map { k in
      switch family {
      case .fourier: return k == 0 ? 1 : 0
      case .chebyshev: return k % 2 == 1 ? 0 : (k == 0 ? 1 : 2.0.squareRoot()) / Double(1 - k * k)
      }
    }
  }
}

/// A box of spectral axes: which functions coefficient arrays [entries, modes of each axis, channels] belong to.
public struct SpectralGrid: Hashable, Sendable {
  public let axes: [SpectralAxis]

  /// The products of the axes' functions, of one to four axes.
  public init(_ axes: [SpectralAxis]) {
    precondition((1...4).contains(axes.count), "a spectral grid has one to four axes, not \(axes.count)")
    self.axes = axes
  }

  /// Functions along each axis.
  public var modes: [Int] { axes.map(\.modes) }
  /// Collocation points along each axis.
  public var points: [Int] { axes.map(\.points) }

  /// The grid on which products of `degree` fields are exact: with `degree` times the modes.
  public func dealiased(degree: Int) -> SpectralGrid {
    SpectralGrid(
      axes.map { axis in
        // Highest wavenumbers add up, and so do degrees.
        let highest = degree * (axis.orders.last ?? 0)
        return axis.with(points: axis.family == .fourier ? 2 * highest + 1 : highest + 1)
      })
  }

  /// Values at the collocation points, [entries, points, channels], of coefficients, by matrices.
  public func values<Scalar: Real>(of coefficients: Tensor<Scalar>) -> Tensor<Scalar> {
    AxisProduct<Scalar>(axes.map(\.synthesis))(coefficients)
  }

  /// Coefficients of values at the collocation points, by matrices.
  public func coefficients<Scalar: Real>(of values: Tensor<Scalar>) -> Tensor<Scalar> {
    AxisProduct<Scalar>(axes.map(\.analysis))(values)
  }
}
