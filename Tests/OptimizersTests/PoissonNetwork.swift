import Foundation
import Optimizers
import Tensors

/// A physics-informed network for −Δu = 2π² sin πx sin πy with u = 0 on the boundary of the unit square: 2-width-1 with
/// tanh, ½ mean r² + ½ mean u² on cell centres of a 30 × 30 grid and of the four sides. Derivatives are worked out by hand.
struct PoissonNetwork: LeastSquaresObjective {
  let width: Int
  let layout: ParameterLayout

  private struct Points: Sendable {
    var x: [Double] = []
    var y: [Double] = []
    /// The weight of a residual: one over the root of the number of points.
    var scale: Double { 1 / Double(x.count).squareRoot() }
    var count: Int { x.count }
  }
  private let interior: Points
  private let boundary: Points
  private let source: [Double]

  init(cells: Int = 30, width: Int = 32) {
    self.width = width
    layout = ParameterLayout()
      .appending("layers.0.weight", shape: [width, 2]).appending("layers.0.bias", shape: [width])
      .appending("layers.1.weight", shape: [width]).appending("layers.1.bias", shape: [1])
    var (interior, boundary) = (Points(), Points())
    let centres = (0..<cells).map { (Double($0) + 0.5) / Double(cells) }
    for x in centres {
      for y in centres {
        interior.x.append(x)
        interior.y.append(y)
      }
    }
    for t in centres {
      boundary.x += [t, t, 0, 1]
      boundary.y += [0, 1, t, t]
    }
    source = zip(interior.x, interior.y).map { 2 * .pi * .pi * sin(.pi * $0) * sin(.pi * $1) }
    (self.interior, self.boundary) = (interior, boundary)
  }

  /// The initial weights: uniform, in the order of the layout.
  func initial(seed: UInt32 = 1) -> [Double] {
    var generator = LinearCongruential(seed: seed)
    let (input, hidden) = (1 / 2.0.squareRoot(), 1 / Double(width).squareRoot())
    return (0..<3 * width).map { _ in generator.uniform(input) }
      + (0..<width + 1).map { _ in generator.uniform(hidden) }
  }

  // Parameters: rows (wx, wy) of the first weights, then biases b, outer weights a, and c.
  private typealias Pointer = UnsafePointer<Double>

  /// The tanh of every hidden unit at every point, [width, points].
  private func hidden(_ p: Pointer, _ points: Points) -> Tensor<Double> {
    let n = points.count
    let z = Tensor<Double>(shape: [width, n]) { z in
      for k in 0..<width {
        let (wx, wy, b) = (p[2 * k], p[2 * k + 1], p[2 * width + k])
        points.x.withUnsafeBufferPointer { x in
          points.y.withUnsafeBufferPointer { y in
            for i in 0..<n { z[k * n + i] = wx * x[i] + wy * y[i] + b }
          }
        }
      }
    }
    return tanh(z)
  }

  /// Residuals: (Δu + f) scaled, then u on the boundary scaled.
  private func residuals(_ p: Pointer, _ r: UnsafeMutablePointer<Double>) -> (Tensor<Double>, Tensor<Double>)
  {
    let (inside, outside) = (hidden(p, interior), hidden(p, boundary))
    let (n, m, width) = (interior.count, boundary.count, width)
    for i in 0..<n { r[i] = source[i] }
    for i in 0..<m { r[n + i] = p[4 * width] }
    inside.withUnsafeBufferPointer { h in
      for k in 0..<width {
        let factor = -2 * p[3 * width + k] * Self.square(p, k)
        for i in 0..<n {
          let t = h[k * n + i]
          r[i] += factor * t * (1 - t * t)
        }
      }
    }
    outside.withUnsafeBufferPointer { h in
      for k in 0..<width {
        for i in 0..<m { r[n + i] += p[3 * width + k] * h[k * m + i] }
      }
    }
    for i in 0..<n { r[i] *= interior.scale }
    for i in 0..<m { r[n + i] *= boundary.scale }
    return (inside, outside)
  }

  private static func square(_ p: Pointer, _ k: Int) -> Double {
    p[2 * k] * p[2 * k] + p[2 * k + 1] * p[2 * k + 1]
  }

  var residualCount: Int { interior.count + boundary.count }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    x.withUnsafeBufferPointer { p in
      residuals.withUnsafeMutableBufferPointer { _ = self.residuals(p.baseAddress!, $0.baseAddress!) }
    }
  }

  func value(at x: Tensor<Double>) throws -> Double {
    var r = Tensor<Double>.zeros([residualCount])
    try residuals(at: x, into: &r)
    return 0.5 * r.dot(r)
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var r = Tensor<Double>.zeros([residualCount])
    let (n, m, width) = (interior.count, boundary.count, width)
    x.withUnsafeBufferPointer { p in
      let p = p.baseAddress!
      r.withUnsafeMutableBufferPointer { r in
        let (inside, outside) = residuals(p, r.baseAddress!)
        gradient.withUnsafeMutableBufferPointer { g in
          for k in 0..<width {
            let (square, a, wx, wy) = (Self.square(p, k), p[3 * width + k], p[2 * k], p[2 * k + 1])
            // Sums of r times σ'' and of r times σ''' x^i.
            var (second, third, thirdX, thirdY) = (0.0, 0.0, 0.0, 0.0)
            inside.withUnsafeBufferPointer { h in
              for i in 0..<n {
                let t = h[k * n + i]
                let slope = 1 - t * t
                let bend = r[i] * slope * (6 * t * t - 2)
                second += r[i] * -2 * t * slope
                third += bend
                thirdX += bend * interior.x[i]
                thirdY += bend * interior.y[i]
              }
            }
            let s = interior.scale
            var (gx, gy) = (
              s * a * (thirdX * square + 2 * second * wx), s * a * (thirdY * square + 2 * second * wy)
            )
            var (gb, ga) = (s * a * third * square, s * second * square)
            var (value, first, firstX, firstY) = (0.0, 0.0, 0.0, 0.0)
            outside.withUnsafeBufferPointer { h in
              for i in 0..<m {
                let t = h[k * m + i]
                let slope = r[n + i] * (1 - t * t)
                value += r[n + i] * t
                first += slope
                firstX += slope * boundary.x[i]
                firstY += slope * boundary.y[i]
              }
            }
            let q = boundary.scale
            gx += q * a * firstX
            gy += q * a * firstY
            gb += q * a * first
            ga += q * value
            (g[2 * k], g[2 * k + 1], g[2 * width + k], g[3 * width + k]) = (gx, gy, gb, ga)
          }
          g[4 * width] = boundary.scale * (n..<n + m).reduce(0) { $0 + r[$1] }
        }
      }
    }
    return 0.5 * r.dot(r)
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    let (n, m, count) = (interior.count, boundary.count, layout.count)
    x.withUnsafeBufferPointer { p in
      let p = p.baseAddress!
      residuals.withUnsafeMutableBufferPointer { r in
        let (inside, outside) = self.residuals(p, r.baseAddress!)
        jacobian.withUnsafeMutableBufferPointer { j in
          inside.withUnsafeBufferPointer { h in
            for i in 0..<n {
              let (row, s) = (j.baseAddress! + i * count, interior.scale)
              for k in 0..<width {
                let (t, square, a) = (h[k * n + i], Self.square(p, k), p[3 * width + k])
                let second = -2 * t * (1 - t * t)
                let third = (1 - t * t) * (6 * t * t - 2)
                row[2 * k] = s * a * (third * interior.x[i] * square + 2 * second * p[2 * k])
                row[2 * k + 1] = s * a * (third * interior.y[i] * square + 2 * second * p[2 * k + 1])
                row[2 * width + k] = s * a * third * square
                row[3 * width + k] = s * second * square
              }
              row[4 * width] = 0
            }
          }
          outside.withUnsafeBufferPointer { h in
            for i in 0..<m {
              let (row, s) = (j.baseAddress! + (n + i) * count, boundary.scale)
              for k in 0..<width {
                let (t, a) = (h[k * m + i], p[3 * width + k])
                row[2 * k] = s * a * (1 - t * t) * boundary.x[i]
                row[2 * k + 1] = s * a * (1 - t * t) * boundary.y[i]
                row[2 * width + k] = s * a * (1 - t * t)
                row[3 * width + k] = s * t
              }
              row[4 * width] = s
            }
          }
        }
      }
    }
  }

  /// The relative L2 error on a grid of 51 × 51 points, the boundary included.
  func error(_ x: Tensor<Double>) -> Double {
    var grid = Points()
    for i in 0...50 {
      for j in 0...50 {
        grid.x.append(Double(i) / 50)
        grid.y.append(Double(j) / 50)
      }
    }
    return x.withUnsafeBufferPointer { p in
      let h = hidden(p.baseAddress!, grid)
      let (n, width) = (grid.count, width)
      var (difference, size) = (0.0, 0.0)
      h.withUnsafeBufferPointer { h in
        for i in 0..<n {
          let exact = sin(.pi * grid.x[i]) * sin(.pi * grid.y[i])
          let u = (0..<width).reduce(p[4 * width]) { $0 + p[3 * width + $1] * h[$1 * n + i] }
          difference += (u - exact) * (u - exact)
          size += exact * exact
        }
      }
      return (difference / size).squareRoot()
    }
  }
}
