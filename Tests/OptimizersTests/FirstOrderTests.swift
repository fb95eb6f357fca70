import Foundation
import Optimizers
import Tensors
import Testing

@Suite("First-order rules")
struct FirstOrderTests {
  @Test("Adam's first three steps")
  func adam() throws {
    // From the definition (Kingma and Ba 2015), worked in a program of its own.
    let expected = [-9.9999000010e-4, -6.3388878814e-4, -6.3649802003e-4]
    let path = try train(
      GivenGradients([[1e-3], [-2e-3], [1e-3]]), from: [0], steps: 3, with: Adam(rate: 1e-3))
    for (x, reference) in zip(path, expected) { #expect(abs(x[0] - reference) < 1e-13) }
  }

  @Test("Adam against the definition, element by element, across tiles and remainders")
  func adamDefinition() throws {
    let (count, steps) = (40_003, 5)
    var stream = RandomStream(seed: 1)
    let gradients = (0..<steps).map { _ in (0..<count).map { _ in stream.nextNormal() } }
    let path = try train(
      GivenGradients(gradients), from: Array(repeating: 1, count: count), steps: steps,
      with: Adam(rate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6))
    var worst = 0.0
    for i in 0..<count {
      var (x, m, v) = (1.0, 0.0, 0.0)
      for t in 1...steps {
        let g = gradients[t - 1][i]
        m = 0.8 * m + 0.2 * g
        v = 0.95 * v + 0.05 * g * g
        x -= 0.1 * (m / (1 - pow(0.8, Double(t)))) / ((v / (1 - pow(0.95, Double(t)))).squareRoot() + 1e-6)
      }
      worst = max(worst, abs(x - path[steps - 1][i]))
    }
    #expect(worst < 1e-13)
  }

  @Test("a tiny ε keeps Adam's steps where gradients are tiny")
  func tinyEpsilon() throws {
    let gradients = (0..<20).map { _ in [1e-12] }
    let kept = try train(
      GivenGradients(gradients), from: [0], steps: 20, with: Adam(rate: 1e-3, epsilon: 1e-20))
    #expect(abs(kept[19][0] + 0.02) < 1e-9)
    let lost = try train(GivenGradients(gradients), from: [0], steps: 20, with: Adam(rate: 1e-3))
    #expect(abs(lost[19][0]) < 1e-5)
  }

  @Test("AMSGrad divides by the largest mean square")
  func amsgrad() throws {
    let gradients = [[1.0], [10], [0.1], [0.1]]
    let path = try train(
      GivenGradients(gradients), from: [0], steps: 4, with: Adam(rate: 0.01, beta2: 0.5, isAMSGrad: true))
    var (x, m, v, largest) = (0.0, 0.0, 0.0, 0.0)
    for (t, g) in gradients.enumerated() {
      m = 0.9 * m + 0.1 * g[0]
      v = 0.5 * v + 0.5 * g[0] * g[0]
      largest = max(largest, v)
      x -=
        0.01 * m / (1 - pow(0.9, Double(t + 1)))
        / ((largest / (1 - pow(0.5, Double(t + 1)))).squareRoot() + 1e-8)
      #expect(abs(path[t][0] - x) < 1e-15)
    }
  }

  @Test("decoupled decay: AdamW is Adam with a modifier, and no gradient changes its decay")
  func decay() throws {
    let gradients = (0..<10).map { [sin(Double($0)), 100 * cos(Double($0))] }
    let fused = try train(
      GivenGradients(gradients), from: [1, 2], steps: 10, with: AdamW(rate: 0.1, decay: 0.2))
    let modified = try train(
      GivenGradients(gradients), from: [1, 2], steps: 10, with: Adam(rate: 0.1).decayed(0.2))
    for (a, b) in zip(fused, modified) { #expect(abs(a[0] - b[0]) + abs(a[1] - b[1]) < 1e-14) }
    let still = try train(
      GivenGradients(Array(repeating: [0, 0], count: 3)), from: [1, 2], steps: 3,
      with: AdamW(rate: 0.1, decay: 0.2))
    #expect(abs(still[2][1] - 2 * pow(0.98, 3)) < 1e-15)
  }

  @Test(
    "complex weights: a phase of the gradients turns the path and nothing else", arguments: [false, true])
  func complexPhase(isAMSGrad: Bool) throws {
    let layout = ParameterLayout().appending("real", shape: [3]).appending(
      "modes", shape: [2, 4], isComplex: true)
    var stream = RandomStream(seed: 2)
    let gradients = (0..<12).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let phase = 0.7
    func turned(_ vector: [Double]) -> [Double] {
      var vector = vector
      for i in stride(from: 3, to: layout.count, by: 2) {
        let (re, im) = (vector[i], vector[i + 1])
        vector[i] = cos(phase) * re - sin(phase) * im
        vector[i + 1] = sin(phase) * re + cos(phase) * im
      }
      return vector
    }
    let start = Array(repeating: 0.0, count: layout.count)
    for rule in complexRules(isAMSGrad) {
      let path = try trainAny(GivenGradients(gradients, layout: layout), from: start, steps: 12, with: rule)
      let other = try trainAny(
        GivenGradients(gradients.map(turned), layout: layout), from: start, steps: 12, with: rule)
      for (a, b) in zip(path, other) { #expect(largestDifference(turned(a), b) < 1e-14) }
      // Parts taken apart would not turn.
      #expect(largestDifference(path[11], other[11]) > 1e-3)
    }
  }

  private func complexRules(_ isAMSGrad: Bool) -> [any GradientOptimizer<Double>] {
    [Adam(rate: 0.01, isAMSGrad: isAMSGrad), ScheduleFreeAdamW(rate: 0.01)]
  }

  @Test("momentum and Nesterov's")
  func momentum() throws {
    let gradients = (0..<6).map { [sin(Double($0) + 1)] }
    for isNesterov in [false, true] {
      let path = try train(
        GivenGradients(gradients), from: [0], steps: 6,
        with: SGD(rate: 0.1, momentum: 0.9, isNesterov: isNesterov))
      var (x, b) = (0.0, 0.0)
      for (t, g) in gradients.enumerated() {
        b = 0.9 * b + g[0]
        x -= 0.1 * (isNesterov ? g[0] + 0.9 * b : b)
        #expect(abs(path[t][0] - x) < 1e-15)
      }
    }
  }

  @Test("schedule-free SGD on ½ y²")
  func scheduleFree() throws {
    // Defazio et al. (2024) by hand: rate ½, β = 0.9 from z = x = y = 1.
    let averages = [0.5, 0.375, 0.2729166667, 0.1903125, 0.124196875]
    let newest = [0.5, 0.25, 0.06875, -0.0575, -0.140265625]
    let loss = Quadratic(diagonal: [1])
    var method = ScheduleFreeSGD<Double>(rate: 0.5)
    var y = Tensor([1.0])
    for t in 0..<5 {
      _ = try method.step(loss, at: &y)
      #expect(abs(method.evaluationPoint(of: y).scalar - averages[t]) < 1e-10)
      #expect(abs(try #require(method.state.tensors["z"]).scalar - newest[t]) < 1e-10)
      #expect(abs(y.scalar - 0.1 * newest[t] - 0.9 * averages[t]) < 1e-10)
    }
  }

  @Test("schedule-free AdamW against its definition")
  func scheduleFreeAdam() throws {
    let gradients = (0..<8).map { [sin(Double($0) + 1)] }
    let path = try train(
      GivenGradients(gradients), from: [1], steps: 8,
      with: ScheduleFreeAdamW(
        rate: Schedule.constant(0.1).warmedUp(over: 4), beta2: 0.9, decay: 0.1, power: 1))
    var (x, y, z, v, sum, largest) = (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    for t in 1...8 {
      let (g, rate) = (gradients[t - 1][0], 0.1 * min(Double(t) / 4, 1))
      v = 0.9 * v + 0.1 * g * g
      z -= rate * (g / ((v / (1 - pow(0.9, Double(t)))).squareRoot() + 1e-8) + 0.1 * y)
      largest = max(largest, rate)
      let weight = Double(t) * largest * largest
      sum += weight
      x += weight / sum * (z - x)
      y = 0.1 * z + 0.9 * x
      #expect(abs(path[t - 1][0] - y) < 1e-14)
    }
  }

  @Test("single precision follows double precision")
  func float() throws {
    let gradients = (0..<30).map { [sin(Double($0)), cos(2 * Double($0))] }
    let double = try train(GivenGradients(gradients), from: [0, 1], steps: 30, with: Adam(rate: 1e-2))
    var (method, x) = (Adam<Float>(rate: 1e-2), Tensor<Float>([0, 1]))
    let loss = GivenFloatGradients(gradients.map { $0.map(Float.init) })
    for t in 0..<30 {
      _ = try method.step(loss, at: &x)
      #expect(abs(Double(x[0]) - double[t][0]) + abs(Double(x[1]) - double[t][1]) < 1e-5)
    }
  }

  @Test("a loss or gradient that is infinite or NaN stops before anything changes")
  func notFinite() throws {
    var method = Adam<Double>()
    var x = Tensor([1.0, 2.0])
    #expect(throws: OptimizerError.self) { try method.step(GivenGradients([[.nan, 1]]), at: &x) }
    #expect(x == Tensor([1, 2]))
    #expect(method.stepCount == 0)
    var search = BFGS<Double>()
    #expect(throws: OptimizerError.self) { try search.step(GivenGradients([[.infinity, 1]]), at: &x) }
    #expect(x == Tensor([1, 2]))
  }
}
