import Foundation
import Optimizers
import Tensors
import Testing

@Suite("AdaFisher")
struct AdaFisherTests {
  /// One map with a bias, 3 inputs and 2 outputs, and one number beside it; gradients and moments are given.
  private final class GivenMoments: LayerwiseObjective {
    let layout = ParameterLayout().appending("free", shape: [1]).appending("weight", shape: [3, 2])
      .appending("bias", shape: [2])
    let factorLayout = LayerFactorLayout(
      layers: [AffineLayer(name: "weight", inputs: 3, outputs: 2, weight: 1..<7, bias: 7..<9)],
      groups: ["loss"], others: [], denseLimit: 0)
    var moments: [Double]
    var gradient: [Double]
    var residualCount: Int { 0 }

    init(moments: [Double], gradient: [Double]) { (self.moments, self.gradient) = (moments, gradient) }

    func layerFactorLayout(_ statistics: LayerStatistics) -> LayerFactorLayout { factorLayout }

    func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) -> Double {
      gradient = Tensor(self.gradient)
      return 1
    }

    func valueAndGradient(
      at x: Tensor<Double>, gradient: inout Tensor<Double>, _ statistics: LayerStatistics,
      into factors: inout Tensor<Double>
    ) -> Double {
      factors = Tensor(moments)
      return valueAndGradient(at: x, gradient: &gradient)
    }

    func gaussNewtonForm(at x: Tensor<Double>, _ u: Tensor<Double>, _ v: Tensor<Double>) -> GaussNewtonForm {
      GaussNewtonForm(uu: 0, uv: 0, vv: 0)
    }

    func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) {}
    func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) {}
  }

  @Test("two steps in closed form: averages of scaled moments, no root")
  func closedForm() throws {
    let gradient: [Double] = [2, 1, -1, 0.5, 3, -2, 4, 0.25, 1]
    // Mean squares of inputs (the last of the bias) and of slopes.
    let loss = GivenMoments(moments: [4, 100, 52, 1, 0.3, 0.1], gradient: gradient)
    var method = AdaFisher<Double>(rate: 0.1, momentum: 0.5, decay: 0.75, damping: 0.01, refreshInterval: 2)
    var x = Tensor<Double>.zeros([9])
    func scaled(_ values: [Double]) -> [Double] {
      let (low, high) = (values.min()!, values.max()!)
      return values.map { ($0 - low) / (high - low) }
    }
    var h = scaled([4, 100, 52, 1]).map { 0.75 + 0.25 * $0 }
    var s = scaled([0.3, 0.1]).map { 0.75 + 0.25 * $0 }
    func quotient(_ mean: [Double]) -> [Double] {
      mean.indices.map { i -> Double in
        guard i > 0 else { return mean[0] }
        let fisher: Double = h[(i - 1) / 2] * s[(i - 1) % 2] + 0.01
        return mean[i] / fisher
      }
    }
    _ = try method.layerwiseStep(loss, at: &x)
    var expected = quotient(gradient).map { -0.1 * $0 }
    #expect(largestDifference(x.elements, expected) <= 1e-14)
    // The second step has other gradients and keeps its moments, which the third renews.
    let second: [Double] = gradient.map { $0 * $0 - 1 }
    (loss.gradient, loss.moments) = (second, [7, 1, 3, 2, 1, 5])
    _ = try method.layerwiseStep(loss, at: &x)
    var mean = zip(gradient, second).map { 0.25 * $0 + 0.5 * $1 }
    expected = zip(expected, quotient(mean)).map { $0 - 0.1 / 0.75 * $1 }
    #expect(largestDifference(x.elements, expected) <= 1e-14)
    _ = try method.layerwiseStep(loss, at: &x)
    h = zip(h, scaled([7, 1, 3, 2])).map { 0.75 * $0 + 0.25 * $1 }
    s = zip(s, scaled([1, 5])).map { 0.75 * $0 + 0.25 * $1 }
    mean = zip(mean, second).map { 0.5 * $0 + 0.5 * $1 }
    expected = zip(expected, quotient(mean)).map { $0 - 0.1 / 0.875 * $1 }
    #expect(largestDifference(x.elements, expected) <= 1e-14)
    #expect(largestDifference(method.state.doubles["moments"]!.elements, h + s) <= 1e-15)
  }

  @Test("F tells inputs of unlike size apart after a few averages")
  func spread() throws {
    // Mean squares of inputs between 1 and 100.
    let loss = GivenMoments(moments: [1, 100, 30, 1, 0.5, 0.2], gradient: [Double](repeating: 1, count: 9))
    var method = AdaFisher<Double>(refreshInterval: 1)
    var x = Tensor<Double>.zeros([9])
    for _ in 0..<5 { _ = try method.layerwiseStep(loss, at: &x) }
    let moments = method.state.doubles["moments"]!.elements
    let values = moments[..<4].flatMap { h in moments[4...].map { h * $0 + method.damping } }
    #expect(values.max()! / values.min()! > 2)
    // The fixed point is what is averaged: the largest input and the largest slope have F = 1 + λ.
    for _ in 0..<200 { _ = try method.layerwiseStep(loss, at: &x) }
    let last = method.state.doubles["moments"]!.elements
    #expect(abs(last[1] * last[4] - 1) <= 1e-12 && last[0] <= 1e-12)
  }

  @Test("moments that are all alike, and gradients that are not finite")
  func badInput() throws {
    let loss = GivenMoments(moments: [1, 1, 1, 1, 2, 2], gradient: [Double](repeating: 1, count: 9))
    var method = AdaFisher<Double>(rate: 0.1)
    var x = Tensor<Double>.zeros([9])
    _ = try method.layerwiseStep(loss, at: &x)
    #expect(x.elements.allSatisfy { $0.isFinite && $0 < 0 })
    let (kept, state) = (x.elements, method.state)
    loss.gradient[3] = .nan
    let error = #expect(throws: OptimizerError.self) { _ = try method.layerwiseStep(loss, at: &x) }
    #expect(error?.description.hasPrefix("AdaFisher meets") == true)
    #expect(x.elements == kept && method.state == state)
  }
}
