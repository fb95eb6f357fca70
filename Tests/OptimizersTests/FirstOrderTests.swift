import Foundation
import Optimizers
import Tensors
import Testing

/// A loss whose gradient in each step is given.
final class GivenGradients: Objective {
  let layout: ParameterLayout
  let gradients: [[Double]]
  var step = 0

  init(_ gradients: [[Double]], layout: ParameterLayout? = nil) {
    self.gradients = gradients
    self.layout = layout ?? ParameterLayout(count: gradients[0].count)
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    gradient.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: gradients[step]) }
    step += 1
    return 1
  }
}

/// Makes one step after another with what a trainer would call.
func train<Loss: Objective, Method: GradientOptimizer>(
  _ objective: Loss, from x: [Loss.Scalar], steps: Int, with method: Method
) throws -> [[Loss.Scalar]] where Method.Scalar == Loss.Scalar {
  var (method, x) = (method, Tensor(x))
  return try (0..<steps).map { _ in
    _ = try method.step(objective, at: &x)
    return x.elements
  }
}

@Suite("First-order rules")
struct FirstOrderTests {
  @Test("Adam's first three steps")
  func adam() throws {
    // Worked by hand from the definition (Kingma and Ba 2015).
    let expected = [-9.9999000010e-4, -6.3388878814e-4, -6.3649802003e-4]
    let path = try train(
      GivenGradients([[1e-3], [-2e-3], [1e-3]]), from: [0], steps: 3, with: Adam(rate: 1e-3))
    for (x, reference) in zip(path, expected) { #expect(abs(x[0] - reference) < 1e-13) }
  }

  @Test("SGDR: a cosine with restarts of doubling length")
  func restarts() {
    let schedule = Schedule.restarts(from: 0.1, period: 10)
    for (step, rate) in [0: 0.1, 5: 0.05, 9: 0.002447, 10: 0.1, 20: 0.05, 29: 0.000616, 30: 0.1] {
      #expect(abs(schedule.value(at: step) - rate) < 5e-7, "step \(step)")
    }
  }

  @Test("the scalar of a chain comes from the objective")
  func inference() throws {
    _ = try train(
      GivenGradients([[1], [1], [1]]), from: [0], steps: 3, with: Adam(rate: 1e-3).steps(2) → SGD())
  }
}
