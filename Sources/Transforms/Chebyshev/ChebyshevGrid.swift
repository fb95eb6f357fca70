import Foundation
import Tensors

/// The extreme points of a Chebyshev polynomial on an interval (the Gauss-Lobatto points), in ascending order, with
/// what depends on the points alone.
///
/// With n points and N = n - 1 the points are x_j = -cos(πj/N), mapped from [-1, 1] to the interval; both ends belong to
/// them.
public struct ChebyshevGrid: Hashable, Sendable {
  /// The number of points, at least 2.
  public let count: Int
  /// The interval.
  public let interval: ClosedRange<Double>

  /// The grid of `count` points on an interval.
  public init(count: Int, interval: ClosedRange<Double> = -1...1) {
    precondition(count >= 2, "a Chebyshev grid has at least 2 points, not \(count)")
    precondition(
      interval.lowerBound < interval.upperBound, "a Chebyshev grid on the empty interval \(interval)")
    self.count = count
    self.interval = interval
  }

  /// Half the length of the interval.
  var halfLength: Double { (interval.upperBound - interval.lowerBound) / 2 }

  /// The points, ascending. They are symmetric about the middle to the last bit.
  public var points: [Double] {
    let middle = (interval.upperBound + interval.lowerBound) / 2
    var points = (0..<count).map { j in
      // -cos(πj/N) as a sine, which is accurate near the middle.
      middle + halfLength * sin(.pi * Double(2 * j - (count - 1)) / Double(2 * (count - 1)))
    }
    points[0] = interval.lowerBound
    points[count - 1] = interval.upperBound
    return points
  }

  /// The weights of Clenshaw and Curtis (1960): Σ w_j f(x_j) is the integral of the interpolating polynomial, exact up
  /// to degree n - 1.
  public var quadratureWeights: [Double] {
    // The integrals of the Chebyshev polynomials, transformed to the points.
    let moments = (0..<count).map { (k: Int) -> Double in k % 2 == 0 ? 2 / Double(1 - k * k) : 0 }
    let transform = Tensor(moments).dct(type: 1).elements
    return transform.enumerated().map { (j: Int, value: Double) -> Double in
      let weight = halfLength * value / Double(count - 1)
      return j == 0 || j == count - 1 ? weight / 2 : weight
    }
  }

  /// The barycentric weights of the points, up to a common factor (Salzer 1972): ±1, and ±1/2 at the ends.
  public var barycentricWeights: [Double] {
    (0..<count).map { (j: Int) -> Double in
      let magnitude = j == 0 || j == count - 1 ? 0.5 : 1.0
      return j % 2 == 0 ? magnitude : -magnitude
    }
  }

  /// The value at `x` of the polynomial that takes the given values at the points, by the barycentric formula of the
  /// second kind (Berrut and Trefethen 2004).
  public func interpolate<Scalar: Real>(_ values: [Scalar], at x: Double) -> Double {
    precondition(values.count == count, "\(values.count) values for \(count) points")
    var (numerator, denominator) = (0.0, 0.0)
    for (value, (point, weight)) in zip(values, zip(points, barycentricWeights)) {
      if x == point { return Double(value) }
      let term = weight / (x - point)
      numerator += term * Double(value)
      denominator += term
    }
    return numerator / denominator
  }

  /// The matrix, row-major, that takes the values at the points to those at other points.
  public func interpolationMatrix(to targets: [Double]) -> Tensor<Double> {
    let (points, weights) = (points, barycentricWeights)
    return Tensor(
      rows: targets.map { x in
        if let hit = points.firstIndex(of: x) { return (0..<count).map { $0 == hit ? 1 : 0 } }
        let terms = zip(points, weights).map { $1 / (x - $0) }
        let sum = terms.reduce(0, +)
        return terms.map { $0 / sum }
      })
  }

  /// The matrix, of shape `[count, count]`, that takes the values of a polynomial at the points to those of its
  /// derivative of the given order.
  ///
  /// Off the diagonal stands the recursion of Welfert (1997) with differences of points from trigonometric identities
  /// and the lower half from symmetry (Don and Solomonoff 1995); on the diagonal minus the sum of the rest of the row,
  /// which makes the derivative of a constant vanish and the others accurate (Baltensperger and Trummer 2003).
  public func differentiationMatrix(order: Int = 1) -> Tensor<Double> {
    precondition(order >= 0, "a derivative of order \(order)")
    let (n, weights) = (count, barycentricWeights)
    var matrix = Tensor<Double>.identity(n).elements
    for m in stride(from: 1, through: order, by: 1) {
      let previous = matrix
      for i in 0..<(n + 1) / 2 {
        for j in 0..<n where j != i {
          matrix[i * n + j] =
            Double(m) / difference(i, j)
            * (weights[j] / weights[i] * previous[i * n + i] - previous[i * n + j])
        }
        var sum = 0.0
        // From the smallest entries, which lie far from the diagonal, to the largest.
        for distance in stride(from: n - 1, to: 0, by: -1) {
          if i >= distance { sum += matrix[i * n + i - distance] }
          if i + distance < n { sum += matrix[i * n + i + distance] }
        }
        matrix[i * n + i] = -sum
        for j in 0..<n {
          matrix[(n - 1 - i) * n + n - 1 - j] = (m % 2 == 0 ? 1 : -1) * matrix[i * n + j]
        }
      }
    }
    let scale = (0..<order).reduce(1.0) { power, _ in power / halfLength }
    return Tensor(shape: [n, n], matrix.map { $0 * scale })
  }

  /// x_i - x_j on [-1, 1], without cancellation.
  private func difference(_ i: Int, _ j: Int) -> Double {
    let N = Double(2 * (count - 1))
    return 2 * sin(.pi * Double(i + j) / N) * sin(.pi * Double(i - j) / N)
  }
}
