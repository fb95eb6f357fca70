import Foundation
import Optimizers
import Tensors
import Testing

/// ½ Σ aᵢ (xᵢ − cᵢ)², with other a and c for every batch.
private final class Batches: Objective {
  let layout: ParameterLayout
  var batch = 0

  init(count: Int) { layout = ParameterLayout(count: count) }

  func gradient(_ x: [Double], batch: Int) -> [Double] {
    var stream = RandomStream(seed: 8, stream: UInt64(batch))
    return x.map { (1 + stream.nextUniform()) * ($0 - 0.1 * stream.nextNormal()) }
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    let g = self.gradient(x.elements, batch: batch)
    gradient.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: g) }
    return 1
  }
}

@Suite("MARS")
struct MARSTests {
  @Test("without a correction, and with short gradients, it is AdamW bit by bit")
  func adamW() throws {
    let layout = ParameterLayout().appending("a", shape: [20_000, 2]).appending("b", shape: [3])
      .appending("c", shape: [5], isComplex: true)
    var stream = RandomStream(seed: 1)
    let gradients = (0..<6).map { _ in (0..<layout.count).map { _ in 1e-3 * stream.nextNormal() } }
    let start = (0..<layout.count).map { _ in stream.nextNormal() }
    let mars = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 6,
      with: MARS(rate: 0.01, gamma: 0, decay: 0.1))
    let adam = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 6,
      with: AdamW(rate: 0.01, decay: 0.1, beta1: 0.95, beta2: 0.99))
    #expect(mars == adam)
  }

  @Test("exact with γ = 1 and nothing shortened: the recursion of STORM")
  func storm() throws {
    let loss = Batches(count: 7)
    let beta1 = 0.9
    var method = ExactMARS<Double>(rate: 0.01, beta1: beta1, gamma: 1, bound: .infinity)
    var x = Tensor<Double>.full([7], 1)
    var (before, m) = (x.elements, Array(repeating: 0.0, count: 7))
    for t in 1...25 {
      loss.batch = t
      let now = x.elements
      let (g, old) = (loss.gradient(now, batch: t), loss.gradient(before, batch: t))
      for i in 0..<7 { m[i] = g[i] + beta1 * (m[i] - old[i]) }
      before = now
      let report = try method.step(loss, at: &x)
      #expect(report.evaluations == (t == 1 ? 1 : 2))
      let mean = try #require(method.state.tensors["m"])
      #expect(largestDifference(mean.elements, m) < 1e-13)
    }
  }

  @Test("on one batch: AdamW fed with corrected gradients, and the approximate form is the exact one")
  func fullBatch() throws {
    let loss = Quadratic([[0.4, 0.1, 0], [0.1, 0.3, 0.1], [0, 0.1, 0.2]])
    let (gamma, beta1, steps) = (0.3, 0.9, 30)
    let start = [0.3, -0.4, 0.5]
    let path = try train(
      loss, from: start, steps: steps,
      with: ExactMARS(rate: 0.01, beta1: beta1, gamma: gamma, decay: 0.1, bound: .infinity))
    let approximate = try train(
      loss, from: start, steps: steps,
      with: MARS(rate: 0.01, beta1: beta1, gamma: gamma, decay: 0.1, bound: .infinity))
    #expect(path == approximate)
    var points = [start]
    points += path.dropLast()
    let gradients = points.map(loss.product)
    let weight = gamma * beta1 / (1 - beta1)
    let corrected = gradients.indices.map { t in
      zip(gradients[t], gradients[max(t - 1, 0)]).map { $0 + weight * ($0 - $1) }
    }
    let adam = try train(
      GivenGradients(corrected), from: start, steps: steps,
      with: AdamW(rate: 0.01, decay: 0.1, beta1: beta1, beta2: 0.99))
    for (a, b) in zip(path, adam) { #expect(largestDifference(a, b) < 1e-13) }
  }

  @Test("gradients are shortened in each array by itself")
  func shortened() throws {
    let layout = ParameterLayout().appending("a", shape: [2]).appending("b", shape: [2])
    var (method, x) = (MARS<Double>(rate: 0.1, beta1: 0.9), Tensor([0.0, 0, 0, 0]))
    let report = try method.step(GivenGradients([[3, 4, 0.3, 0.4]], layout: layout), at: &x)
    let mean = try #require(method.state.tensors["m"])
    #expect(largestDifference(mean.elements, [0.06, 0.08, 0.03, 0.04]) < 1e-16)
    #expect(report.diagnostics["shortened arrays"] == 1)
  }

  @Test("the form of Lion moves along signs of the mean, and of complex numbers along phases")
  func lion() throws {
    let layout = ParameterLayout().appending("a", shape: [3]).appending("b", shape: [1], isComplex: true)
    let gradients = (0..<5).map { t in (0..<5).map { 0.1 * sin(Double(3 * t + $0)) } }
    let path = try train(
      GivenGradients(gradients, layout: layout), from: [1, -1, 0, 2, 1], steps: 5,
      with: MARS(form: .lion, rate: 0.1, beta1: 0.9, gamma: 0.2, decay: 0.5))
    var (x, m) = ([1.0, -1, 0, 2, 1], Array(repeating: 0.0, count: 5))
    for t in 0..<5 {
      let weight = 0.2 * 0.9 / (1 - 0.9)
      for i in 0..<5 {
        let g = gradients[t][i]
        m[i] = 0.9 * m[i] + (1 - 0.9) * (g + weight * (g - gradients[max(t - 1, 0)][i]))
      }
      let size = (m[3] * m[3] + m[4] * m[4]).squareRoot()
      // The sign of zero, which the first mean begins with, is zero.
      for i in 0..<5 {
        let direction = i >= 3 ? m[i] / size : m[i] > 0 ? 1 : m[i] < 0 ? -1 : 0
        x[i] = (1 - 0.1 * 0.5) * x[i] - 0.1 * direction
      }
      #expect(largestDifference(path[t], x) < 1e-14)
    }
  }

  @Test("a gradient that is not finite stops before anything changes, at either point")
  func notFinite() throws {
    var (method, x) = (ExactMARS<Double>(), Tensor([1.0, 2]))
    let loss = GivenGradients([[1, 1], [1, 1], [.nan, 1]])
    _ = try method.step(loss, at: &x)
    let (state, point) = (method.state, x)
    #expect(throws: OptimizerError.self) { try method.step(loss, at: &x) }
    #expect(x == point)
    #expect(method.state == state)
  }
}
