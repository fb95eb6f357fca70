import Autodiff
import Foundation
import NeuralNetworks
import Tensors
import Testing

/// Jets of activations against derivatives that are written out.
@Suite("Activations and closed forms")
struct ActivationTests {
  /// f and its first four derivatives; nil where no closed form is written here.
  private func closedForm(_ name: String, at x: Double) -> [Double]? {
    switch name {
    case "tanh":
      let t = tanh(x), s = 1 - tanh(x) * tanh(x)
      return [t, s, -2 * t * s, s * (6 * t * t - 2), s * t * (16 - 24 * t * t)]
    case "sin": return [sin(x), cos(x), -sin(x), -cos(x), sin(x)]
    case "gelu":
      // x Φ with Φ′ = φ and φ′ = −x φ.
      let normal = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      let distribution = (1 + erf(x / 2.0.squareRoot())) / 2
      let factors: [[Double]] = [[2, 0, -1], [0, -4, 0, 1], [-4, 0, 7, 0, -1]]
      let higher: [Double] = factors.map { polynomial($0, x) * normal }
      return [x * distribution, distribution + x * normal] + higher
    case "sigmoid", "silu":
      let s = 1 / (1 + exp(-x))
      let q = s * (1 - s)
      let higher: [Double] = logistic.map { q * polynomial($0, s) }
      let d = [s] + higher
      if name == "sigmoid" { return d }
      let product: [Double] = (1...4).map { x * d[$0] + Double($0) * d[$0 - 1] }
      return [x * d[0]] + product
    case "relu": return x > 0 ? [x, 1, 0, 0, 0] : [0, 0, 0, 0, 0]
    case "softplus":
      let s = 1 / (1 + exp(-x))
      let q = s * (1 - s)
      let higher: [Double] = logistic.dropLast().map { q * polynomial($0, s) }
      return [log(1 + exp(x)), s] + higher
    case "wavelet":
      // Hermite's polynomials, which (1 − x²) e^(−x²/2) is a derivative of.
      let g = exp(-x * x / 2)
      let hermite: [[Double]] = [
        [1, 0, -1], [0, -3, 0, 1], [-3, 0, 6, 0, -1], [0, 15, 0, -10, 0, 1], [15, 0, -45, 0, 15, 0, -1],
      ]
      return hermite.map { polynomial($0, x) * g }
    case "identity": return [x, 1, 0, 0, 0]
    default: return nil
    }
  }

  /// The derivatives of the logistic function s, over s (1 − s), as polynomials of s.
  private let logistic: [[Double]] = [[1], [1, -2], [1, -6, 6], [1, -14, 36, -24]]

  private func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }

  @Test("derivatives to order 4", arguments: Activation<Double>.all.map(\.name))
  func derivatives(name: String) throws {
    let activation = try #require(Activation<Double>.named(name))
    let points = [-3.1, -1.3, -0.4, 0.2, 0.85, 1.9, 3.7]
    let (a, b) = (0.8, -1.1)
    let orders = [[0, 0], [1, 0], [2, 0], [1, 1], [3, 0], [1, 2], [4, 0], [3, 1], [2, 2]]
    let plan = TaylorPlan(orders.map { DerivativeCombination(DerivativeIndex($0)) }, directions: 2)
    let program = try Program<Double>([.shared([2])]) { v in
      let st = (0...1).map { v[0].slice(axis: 0, $0..<$0 + 1).reshaped([]) }
      let y = activation(Tensor(points) + st[0] * a + st[1] * b)
      return try taylorDerivatives(
        of: [y], by: v[0], along: [Tensor([1, 0]), Tensor([0, 1])], plan: plan)[0]
    }
    let jet = program([Tensor([0.0, 0.0])])
    for (i, x) in points.enumerated() {
      let form = try #require(closedForm(name, at: x), "'\(name)' has no closed form here: write it")
      // Terms of a derivative cancel where it is small: it is measured by the largest.
      let scale = form.map(abs).max()!
      for (channel, order) in orders.enumerated() {
        let factor = pow(a, Double(order[0])) * pow(b, Double(order[1]))
        let (actual, expected) = (jet[channel].elements[i], form[order[0] + order[1]] * factor)
        #expect(
          abs(actual - expected) <= 1e-11 * max(abs(expected), 1e-2 * scale),
          "\(name), ∂\(order) at \(x): \(actual), expected \(expected)")
      }
    }
  }

  @Test("a model's gradients at once agree with differences")
  func module() {
    var stream = RandomStream(seed: 1)
    let model = MLP<Double>([2, 5, 1], from: &stream)
    let x = Tensor<Double>.randomUniform([7, 2], in: -1..<1, from: &stream)
    func loss() -> Tensor<Double> { model(x).squared.mean(axes: nil) }
    let (value, slopes) = model.valueAndGradients { loss() }
    #expect(abs(value.scalar - loss().scalar) <= 1e-15)
    #expect(Set(slopes.keys) == Set(model.trainableParameters.map(\.name)))
    for entry in model.trainableParameters {
      let kept = entry.parameter.wrappedValue
      let direction = Tensor<Double>.randomUniform(kept.shape, in: -1..<1, from: &stream)
      func moved(_ h: Double) -> Double {
        entry.parameter.wrappedValue = kept + direction * h
        defer { entry.parameter.wrappedValue = kept }
        return loss().scalar
      }
      func difference(_ h: Double) -> Double { (moved(h) - moved(-h)) / (2 * h) }
      let expected = (4 * difference(1e-3) - difference(2e-3)) / 3
      #expect(abs(slopes[entry.name]!.dot(direction) - expected) <= 1e-9 * (1 + abs(expected)))
    }
  }
}
