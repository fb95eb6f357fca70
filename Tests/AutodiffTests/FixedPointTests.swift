import Autodiff
import Foundation
import Tensors
import Testing

@Suite("Fixed points")
struct FixedPointTests {
  /// A contraction: u = 0.4 tanh(W u) + 0.3 sin(b) u + b.
  @Sendable static func map(_ parameters: [Tensor<Double>], _ u: Tensor<Double>) -> Tensor<Double> {
    let (w, b) = (parameters[0], parameters[1])
    let product = matmul(u.reshaped([1, u.count]), w).reshaped([u.count])
    return 0.4 * tanh(product) + 0.3 * sin(b) * u + b
  }

  private func values(seed: UInt64) -> [Tensor<Double>] {
    var stream = RandomStream(seed: seed)
    return [[5, 5], [5]].map { .randomUniform($0, in: -0.5..<0.5, from: &stream) }
  }

  private func solution(_ v: [Tensor<Double>]) -> Tensor<Double> {
    fixedPoint(of: v, from: .zeros([5]), tolerance: 1e-14, map: Self.map)
  }

  @Test("the map does not move the point")
  func value() {
    let v = values(seed: 1)
    let u = solution(v)
    #expect((Self.map(v, u) - u).maxMagnitude() <= 1e-14)
    #expect(u.maxMagnitude() > 0.1)
    let program = Program<Double>([.shared([5, 5]), .shared([5])]) { [solution($0)] }
    #expect((program(v)[0] - u).maxMagnitude() <= 1e-15)
  }

  @Test("gradients agree with central differences, and with forward mode")
  func gradient() {
    let (v, d, w) = (values(seed: 2), values(seed: 3), values(seed: 4)[1])
    let program = Program<Double>([.shared([5, 5]), .shared([5])]) { p in
      let u = solution(p)
      return gradients(of: u, withRespectTo: p, seed: w)
        + directionalDerivatives(of: [u], along: Array(zip(p, d)))
    }
    // Twice: what is kept from one run to the next must not matter.
    _ = program(values(seed: 5))
    let outputs = program(v)
    for i in 0...1 {
      func difference(_ h: Double) -> Double {
        func moved(_ h: Double) -> Double {
          (solution((0...1).map { $0 == i ? v[$0] + d[$0] * h : v[$0] }) * w).sum()
        }
        return (moved(h) - moved(-h)) / (2 * h)
      }
      let expected = (4 * difference(1e-3) - difference(2e-3)) / 3
      let actual = outputs[i].dot(d[i])
      #expect(abs(actual - expected) <= 1e-7 * abs(expected), "\(i): \(actual), expected \(expected)")
    }
    let pulled = outputs[0].dot(d[0]) + outputs[1].dot(d[1])
    #expect(abs(outputs[2].dot(w) - pulled) <= 1e-12 * (1 + abs(pulled)))
  }

  @Test("a linear map has the geometric series as its derivative")
  func closedForm() {
    // u = a u + b has u = b / (1 − a), ∂u/∂a = b / (1 − a)² and ∂u/∂b = 1 / (1 − a).
    let (a, b) = (-0.6, 1.7)
    let program = Program<Double>([.shared([]), .shared([])]) { v in
      let u = fixedPoint(of: v, from: Tensor(0)) { $0[0] * $1 + $0[1] }
      return [u] + gradients(of: u, withRespectTo: v)
    }
    let outputs = program([Tensor(a), Tensor(b)]).map(\.scalar)
    for (actual, expected) in zip(outputs, [b / (1 - a), b / ((1 - a) * (1 - a)), 1 / (1 - a)]) {
      #expect(abs(actual - expected) <= 1e-12)
    }
  }

  @Test("what does not converge is NaN")
  func divergence() {
    let u = fixedPoint(of: [Tensor(2.0)], from: Tensor(1), iterations: 200) { $0[0] * $1 + 1 }
    #expect(u.scalar.isNaN)
    let slow = fixedPoint(of: [Tensor(0.999)], from: Tensor(1), iterations: 10) { $0[0] * $1 + 1 }
    #expect(slow.scalar.isNaN)
  }
}
