import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Compositions")
struct CompositionTests {
  private let layout = ParameterLayout().appending("layers.0.weight", shape: [2, 2])
    .appending("layers.0.bias", shape: [2]).appending("layers.1.weight", shape: [3])
    .appending("layers.1.bias", shape: [1])

  @Test("patterns of names")
  func patterns() {
    let cases: [(NamePattern, String, Bool)] = [
      ("*.bias", "layers.0.bias", true), ("*.bias", "layers.0.weight", false), ("*", "", true),
      ("", "", true),
      ("layers.?.weight", "layers.3.weight", true), ("layers.?.weight", "layers.12.weight", false),
      ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("*a", "aaa", true), ("a.c", "abc", false),
      ("**x**", "x", true), ("?", "", false),
    ]
    for (pattern, name, matches) in cases { #expect(pattern.matches(name) == matches, "\(pattern) \(name)") }
  }

  @Test("groups: each parameter follows its rule, in a vector of its own")
  func groups() throws {
    let gradients = (0..<6).map { t in (0..<10).map { sin(Double(t * 10 + $0)) } }
    let method = ParameterGroups<Double>(fallback: Adam(rate: 0.1))
      .group("*.bias", SGD(rate: 1, momentum: 0.5).clipped(norm: 0.1)).freezing("layers.1.weight")
    let start = (0..<10).map(Double.init)
    let path = try train(GivenGradients(gradients, layout: layout), from: start, steps: 6, with: method)
    func alone(_ indices: [Int], _ rule: any GradientOptimizer<Double>) throws -> [Double] {
      try trainAny(
        GivenGradients(gradients.map { g in indices.map { g[$0] } }), from: indices.map { start[$0] },
        steps: 6,
        with: rule)[5]
    }
    let end = path[5]
    #expect(try alone([0, 1, 2, 3], Adam(rate: 0.1)) == Array(end[0..<4]))
    #expect(
      try alone([4, 5, 9], SGD(rate: 1, momentum: 0.5).clipped(norm: 0.1)) == [end[4], end[5], end[9]])
    #expect(Array(end[6..<9]) == [6, 7, 8])
  }

  @Test("a pattern that matches nothing is a mistake")
  func noMatch() throws {
    var method = Adam<Double>().freezing("layer.*")
    let error = #expect(throws: OptimizerError.self) { try method.prepare(for: layout) }
    #expect(
      error?.description == "No parameter matches “layer.*”; there are layers.0.weight, layers.0.bias, "
        + "layers.1.weight, layers.1.bias.")
    var decayed = Adam<Double>().decayed(0.1, excluding: "*.offset")
    #expect(throws: OptimizerError.self) { try decayed.prepare(for: layout) }
  }

  @Test("clipping, decay of some parameters, scaled rates, the mean of weights")
  func modifiers() throws {
    let g = [[3.0, 4, 0, 0, 0, 0, 0, 0, 0, 12]]
    func first(_ rule: any GradientOptimizer<Double>) throws -> [Double] {
      try trainAny(
        GivenGradients(g, layout: layout), from: Array(repeating: 1, count: 10), steps: 1, with: rule)[0]
    }
    let short = try first(SGD(rate: 1).clipped(norm: 1.3))
    #expect(largestDifference(short, g[0].map { 1 - $0 / 10 }) < 1e-15)
    #expect(try first(SGD(rate: 1).clipped(norm: 13.5)) == g[0].map { 1 - $0 })
    #expect(try first(SGD(rate: 1).clipped(value: 3.5)) == g[0].map { 1 - min($0, 3.5) })
    // From outside to inside: first by value, then by norm.
    let both = try first(SGD(rate: 1).clipped(norm: 1).clipped(value: 3))
    #expect(largestDifference(both, g[0].map { 1 - min($0, 3) / 27.0.squareRoot() }) < 1e-15)
    let decayed = try first(SGD(rate: 0.5).decayed(0.2, excluding: "*.bias"))
    let isBias = (0..<10).map { [4, 5, 9].contains($0) }
    #expect(largestDifference(decayed, (0..<10).map { (isBias[$0] ? 1 : 0.9) - 0.5 * g[0][$0] }) < 1e-15)
    let scaled = try train(
      GivenGradients(Array(repeating: [1], count: 4)), from: [0], steps: 4,
      with: SGD(rate: 1).scaled(by: .staircase(from: 1, factor: 0.5, every: 2)))
    #expect(scaled.map { $0[0] } == [-1, -2, -2.5, -3])
    var (averaged, x) = (SGD<Double>(rate: 1).averaged(decay: 0.5), Tensor([0.0]))
    var mean = 0.0
    let loss = GivenGradients(Array(repeating: [1], count: 20))
    for t in 0..<20 {
      _ = try averaged.step(loss, at: &x)
      mean += (1 - min(0.5, (1 + Double(t)) / (10 + Double(t)))) * (x.scalar - mean)
      #expect(abs(averaged.evaluationPoint(of: x).scalar - mean) < 1e-14)
    }
    #expect(x.scalar == -20)
  }

  @Test("the rate falls where the loss does not")
  func plateau() throws {
    struct Losses: Objective {
      let layout = ParameterLayout(count: 1)
      let loss: @Sendable (Double) -> Double
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        gradient[0] = -1
        return loss(x.scalar)
      }
    }
    var method = SGD<Double>(rate: 1).reducedOnPlateau(factor: 0.5, patience: 3, threshold: 0, minimum: 0.3)
    var x = Tensor([0.0])
    var rates: [Double] = []
    for _ in 0..<12 {
      let loss = Losses { $0 < 2 ? 10 - $0 : 8 }
      let report = try method.step(loss, at: &x)
      rates.append(report.stepLength)
      #expect(report.diagnostics["plateau factor"] == report.stepLength)
    }
    // Losses 10, 9, 8, then no better: three steps of patience each time.
    #expect(rates == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3])
  }

  @Test("stages end by their condition, and chains go on")
  func chains() throws {
    let loss = Quadratic(diagonal: [1, 10])
    var method =
      SGD<Double>(rate: 0.05).steps(3) → Adam(rate: 0.1).until(.loss(below: 1e-3)) → BFGS().until(.stalled)
    var x = Tensor([1.0, 1.0])
    var parts: [Double] = []
    var report = try method.step(loss, at: &x)
    for _ in 0..<5000 {
      parts.append(try #require(method.state.numbers["part"]))
      if report.status.isEnd { break }
      report = try method.step(loss, at: &x)
    }
    #expect(parts.first == 1 && parts.last == 2)
    #expect(report.status.isEnd)
    #expect(report.loss < 1e-25)
    // The parts are a chain themselves: three steps of SGD.
    var plain = (SGD<Double>(rate: 0.05), Tensor([1.0, 1.0]))
    for _ in 0..<3 { _ = try plain.0.step(loss, at: &plain.1) }
    var chain = SGD<Double>(rate: 0.05).steps(3).then(Adam(rate: 0.1))
    var y = Tensor([1.0, 1.0])
    for k in 1...3 {
      let report = try chain.step(loss, at: &y)
      #expect(!report.status.isEnd)
      #expect(chain.isSecond == (k == 3))
    }
    #expect(y == plain.1)
  }

  @Test("conditions")
  func conditions() throws {
    func end(_ condition: StopCondition) throws -> (Int, StepStatus)? {
      // The loss is 1 in every step, the norm of the gradient √2.
      var (method, x) = (SGD<Double>(rate: 1).until(condition), Tensor([0.0, 0.0]))
      let loss = GivenGradients(Array(repeating: [1, 1], count: 60))
      for k in 1...60 {
        let report = try method.step(loss, at: &x)
        if report.status.isEnd { return (k, report.status) }
      }
      return nil
    }
    #expect(try end(.steps(7))?.0 == 7)
    #expect(try end(.stalled(decrease: 1e-3, over: 10))?.0 == 20)
    #expect(try end(.loss(below: 2))?.0 == 1)
    #expect(try end(.loss(below: 1)) == nil)
    #expect(try end(.gradientNorm(below: 1.5))?.0 == 1)
    #expect(try end(.any([.steps(30), .stalled(decrease: 0, over: 12)]))?.0 == 24)
    #expect(try end(.never) == nil)
    #expect(try end(.steps(7))?.1 == .finished("7 steps are made"))
  }

  @Test("what a method needs decides what it can be used on")
  func needs() throws {
    // A chain with one part that needs residuals needs them itself; a chain without does not.
    let chain: any Optimizer<Double> = Adam(rate: 0.1).steps(5) → LevenbergMarquardt()
    #expect(!(chain is any GradientOptimizer))
    #expect(chain is any LeastSquaresOptimizer)
    let plain: any Optimizer<Double> = Adam().steps(5) → SSBroyden2()
    #expect(plain is any GradientOptimizer)
    #expect(plain is any CurvatureOptimizer)
    // Gradient methods work where residuals are offered.
    var (adam, x) = (Adam<Double>(rate: 0.1), Tensor([-1.2, 1.0]))
    var (same, y) = (adam, x)
    _ = try adam.leastSquaresStep(Rosenbrock(), at: &x)
    _ = try same.step(Rosenbrock(), at: &y)
    #expect(x == y)
  }

  @Test("copies of an optimizer are values: two of them do not share what they work in")
  func values() throws {
    let loss = PoissonNetwork(cells: 6, width: 5)
    var first = SSBroyden2<Double>()
    var x = Tensor(loss.initial())
    for _ in 0..<5 { _ = try first.step(loss, at: &x) }
    var (second, y) = (first, x)
    let alone = try (0..<5).map { _ in try first.step(loss, at: &x).loss }
    // The copy takes another way in between, and then the same.
    var (third, z) = (second, Tensor(loss.initial(seed: 9)))
    var together: [Double] = []
    for _ in 0..<5 {
      _ = try third.step(loss, at: &z)
      together.append(try second.step(loss, at: &y).loss)
    }
    #expect(alone == together)
    #expect(x == y)
  }

  @Test("steps on what is not finite are left out and counted, and end the training where they go on")
  func skipping() throws {
    let good = [[1.0, 2], [3, 4], [-1, 1]]
    let bad = [Double.nan, 1]
    let gradients = [good[0], bad, bad, good[1], [Double.infinity, 0], good[2], bad, bad, bad]
    let loss = GivenGradients(gradients)
    var method = Adam<Double>(rate: 0.1).skippingNotFinite(atMost: 2)
    var x = Tensor([5.0, 6])
    for k in 0..<8 {
      let before = x
      let report = try method.step(loss, at: &x)
      let isGood = gradients[k].allSatisfy(\.isFinite)
      #expect((x != before) == isGood)
      #expect(report.status == .continued && (report.stepLength > 0) == isGood)
      #expect(report.diagnostics["skipped"] == Double(gradients[...k].count { !$0.allSatisfy(\.isFinite) }))
      // The count survives.
      let state = method.state
      method = Adam<Double>(rate: 0.1).skippingNotFinite(atMost: 2)
      try method.restore(state)
    }
    // As if the steps had never been.
    #expect(
      x.elements == (try train(GivenGradients(good), from: [5, 6], steps: 3, with: Adam(rate: 0.1)))[2])
    let before = x
    #expect(throws: OptimizerError.self) { try method.step(loss, at: &x) }
    #expect(x == before && method.skipped == 5)
    // Other errors pass through.
    struct Broken: Error {}
    struct Failing: Objective {
      let layout = ParameterLayout(count: 2)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        throw Broken()
      }
    }
    var other = SGD<Double>(rate: 1).skippingNotFinite()
    #expect(throws: Broken.self) { try other.step(Failing(), at: &x) }
  }
}
