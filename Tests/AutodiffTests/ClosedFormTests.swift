import Autodiff
import Foundation
import Tensors
import Testing

/// Taylor mode against derivatives that are written out: independent of every rule.
@Suite("Jets and closed forms")
struct ClosedFormTests {
  private static let orders = [
    [1, 0], [0, 1], [2, 0], [1, 1], [0, 2], [3, 0], [2, 1], [1, 2], [4, 0], [3, 1], [2, 2], [1, 3], [0, 4],
  ]

  private static func points(of function: ElementwiseUnary) -> [Double] {
    switch function {
    case .sqrt, .log, .reciprocal, .power: [0.35, 0.8, 1, 1.7, 4.5]
    case .log1p: [-0.6, -0.1, 0.3, 1.4, 6]
    case .tan: [-1.1, -0.7, 0.15, 0.9, 1.2]
    case .asin, .acos: [-0.75, -0.2, 0.1, 0.45, 0.8]
    default: [-2.2, -0.7, 0.15, 0.9, 1.6]
    }
  }

  /// Derivatives of orders (m, n) along s and t, of a function of (s, t), at the origin.
  private func jets(_ function: (_ s: Tensor<Double>, _ t: Tensor<Double>) -> Tensor<Double>) throws
    -> [Tensor<
      Double
    >]
  {
    let plan = TaylorPlan(
      Self.orders.map { DerivativeCombination(DerivativeIndex($0)) }, directions: 2)
    let program = try Program<Double>([.shared([2])]) { v in
      let st = (0...1).map { v[0].slice(axis: 0, $0..<$0 + 1).reshaped([]) }
      return try taylorDerivatives(
        of: [function(st[0], st[1])], by: v[0], along: [Tensor([1, 0]), Tensor([0, 1])], plan: plan)[0]
    }
    return program([Tensor([0.0, 0.0])])
  }

  private func expectEqual(
    _ actual: Tensor<Double>, _ expected: [Double], scale: [Double], _ what: @autoclosure () -> String
  ) {
    for (i, (a, e)) in zip(actual.elements, expected).enumerated() {
      #expect(abs(a - e) <= 1e-11 * scale[i], "\(what()) at point \(i): \(a), expected \(e)")
    }
  }

  @Test("functions of one number", arguments: ElementwiseUnary.samples)
  func unary(function: ElementwiseUnary) throws {
    let x = Self.points(of: function)
    let forms = x.map { closedForm(of: function, at: $0) }
    // u = x + a s + b t + c s t, and so ∂ˢ²∂ᵗ² f(u) and the like have products of derivatives of several orders.
    for (a, b, c) in [(1.0, 0.0, 0.0), (0.7, -1.2, 0.0), (-0.4, 0.9, 1.3)] {
      let jet = try jets { s, t in
        let moved = Tensor(x) + s * a + t * b + (s * t) * c
        return moved.applying(function)
      }
      for (channel, order) in Self.orders.enumerated() {
        let (m, n) = (order[0], order[1])
        // Faà di Bruno's formula for an inner function with one mixed derivative: k of the pairs (s, t) act on c.
        func binomial(_ n: Int, _ k: Int) -> Double {
          (0..<k).reduce(1) { $0 * Double(n - $1) / Double($1 + 1) }
        }
        func terms(_ f: [Double]) -> [Double] {
          (0...min(m, n)).map { k in
            let ways = binomial(m, k) * binomial(n, k) * (1...max(k, 1)).reduce(1) { $0 * Double($1) }
            return ways * f[m + n - k - 1] * pow(a, Double(m - k)) * pow(b, Double(n - k)) * pow(c, Double(k))
          }
        }
        let expected = forms.map { terms($0).reduce(0, +) }
        // Relative to the largest term, where terms cancel; zeros are zero.
        let scale = forms.map { terms($0).map(abs).reduce(0, +) }
        expectEqual(jet[channel], expected, scale: scale, "\(function), ∂\(order), (\(a), \(b), \(c))")
      }
    }
  }

  @Test("functions of two numbers", arguments: ElementwiseBinary.allCases)
  func binary(function: ElementwiseBinary) throws {
    let (x, y) = ([0.6, 1.3, 2.4, 0.9], [1.1, 0.4, 1.9, 2.7])
    // x + a s + b t and y + c s + d t.
    for (a, b, c, d) in [(1.0, 0.0, 0.0, 1.0), (0.8, -0.3, -1.1, 0.6)] {
      let jet = try jets { s, t in
        (Tensor(x) + s * a + t * b).combined(function, Tensor(y) + s * c + t * d)
      }
      for (channel, order) in Self.orders.enumerated() {
        func binomial(_ n: Int, _ k: Int) -> Double {
          (0..<k).reduce(1) { $0 * Double(n - $1) / Double($1 + 1) }
        }
        // (a ∂x + c ∂y)ᵐ (b ∂x + d ∂y)ⁿ f.
        func terms(_ x: Double, _ y: Double) -> [Double] {
          (0...order[0]).flatMap { i in
            (0...order[1]).map { j in
              let ways = binomial(order[0], i) * binomial(order[1], j)
              let factor =
                pow(a, Double(i)) * pow(c, Double(order[0] - i)) * pow(b, Double(j))
                * pow(d, Double(order[1] - j))
              return ways * factor
                * closedForm(of: function, i + j, order[0] + order[1] - i - j, at: x, y)
            }
          }
        }
        let parts = zip(x, y).map { terms($0, $1) }
        expectEqual(
          jet[channel], parts.map { $0.reduce(0, +) }, scale: parts.map { $0.map(abs).reduce(0, +) },
          "\(function), ∂\(order)")
      }
    }
  }

  @Test("every kind of function of one number stands in a sample")
  func coverage() {
    let seen = Set(ElementwiseUnary.samples.map(UnaryKind.init))
    for kind in UnaryKind.allCases { #expect(seen.contains(kind), "no sample has \(kind)") }
  }

  @Test("closed forms agree with differences of one another")
  func consistency() {
    // A slip in the tables themselves would show here.
    for function in ElementwiseUnary.samples {
      for x in Self.points(of: function) {
        for order in 0..<3 {
          func derivative(_ h: Double) -> Double {
            (closedForm(of: function, at: x + h)[order] - closedForm(of: function, at: x - h)[order])
              / (2 * h)
          }
          let expected = closedForm(of: function, at: x)[order + 1]
          let difference = (4 * derivative(1e-3) - derivative(2e-3)) / 3
          #expect(abs(difference - expected) <= 1e-6 * (1 + abs(expected)), "\(function), \(order + 1)")
        }
      }
    }
  }
}
