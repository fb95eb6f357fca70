import Foundation
import Optimizers
import Tensors
import Testing

/// Two small problems with figures of an independent program (double precision, one thread): what the methods reach on
/// them, and in how many steps.
@Suite("Anchors")
struct AnchorTests {
  /// The best relative error, looked at every ten steps, and the steps in which it fell below some bounds.
  private struct Course {
    var best = Double.infinity
    var steps: [Double: Int] = [:]
  }

  private func course(
    steps: Int, every interval: Int = 10, bounds: [Double], _ step: () throws -> StepReport,
    error: () -> Double
  ) rethrows -> Course {
    var course = Course()
    for k in 1...steps {
      let report = try step()
      guard k % interval == 0 || report.status.isEnd else { continue }
      let error = error()
      course.best = min(course.best, error)
      for bound in bounds where error < bound && course.steps[bound] == nil { course.steps[bound] = k }
      if report.status.isEnd { break }
    }
    return course
  }

  private func poisson<Method: GradientOptimizer<Double>>(_ method: Method, steps: Int, every: Int = 10)
    throws
    -> Course
  {
    let loss = PoissonNetwork()
    var (method, x) = (method, Tensor(loss.initial()))
    return try course(
      steps: steps, every: every, bounds: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5], { try method.step(loss, at: &x) },
      error: { loss.error(x) })
  }

  private func expect(_ course: Course, best: Double, steps: [Double: Int]) {
    #expect(course.best <= 3 * best)
    for (bound, count) in steps {
      #expect((course.steps[bound] ?? .max) <= 3 * count, "below \(bound)")
    }
  }

  @Test("the network for Poisson's equation begins where it should, and its derivatives are right")
  func poissonNetwork() throws {
    let loss = PoissonNetwork()
    let x = Tensor(loss.initial())
    let value = try loss.value(at: x)
    #expect(abs(value - 45.0302) < 5e-5)
    #expect(abs(loss.error(x) - 0.8462) < 5e-5)
    let (n, m) = (loss.layout.count, loss.residualCount)
    var g = Tensor<Double>.zeros([n])
    let again = try loss.valueAndGradient(at: x, gradient: &g)
    #expect(abs(again - value) < 1e-12)
    var (r, j) = (Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m, n]))
    try loss.jacobian(at: x, residuals: &r, jacobian: &j)
    #expect((matmul(r, j) - g).maxMagnitude() < 1e-11 * g.maxMagnitude())
    var (above, below) = (Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m]))
    for k in 0..<n {
      let h = 1e-5
      var y = x
      y[k] += h
      try loss.residuals(at: y, into: &above)
      y[k] -= 2 * h
      try loss.residuals(at: y, into: &below)
      for i in 0..<m { #expect(abs((above[i] - below[i]) / (2 * h) - j[i, k]) < 1e-7) }
    }
  }

  @Test("Adam on Poisson's equation: no better than it should be")
  func adam() throws {
    let course = try poisson(Adam(rate: .cosine(from: 1e-2, steps: 10_000)), steps: 10_000, every: 100)
    #expect(course.best > 5e-3 && course.best < 3.3e-2)
    #expect((course.steps[1e-1] ?? .max) <= 3300)
  }

  @Test("L-BFGS on Poisson's equation")
  func lbfgs() throws {
    expect(try poisson(LBFGS(), steps: 3000), best: 2.4e-4, steps: [1e-2: 260, 1e-3: 1110])
  }

  @Test("SSBFGS on Poisson's equation")
  func ssbfgs() throws {
    expect(
      try poisson(SSBFGS(), steps: 3000), best: 2.9e-6, steps: [1e-2: 160, 1e-3: 400, 1e-4: 650, 1e-5: 1340])
  }

  @Test("SSBroyden1 on Poisson's equation")
  func ssbroyden1() throws {
    expect(
      try poisson(SSBroyden1(), steps: 3000), best: 8.7e-7,
      steps: [1e-2: 90, 1e-3: 210, 1e-4: 460, 1e-5: 810])
  }

  @Test("BFGS and SSBroyden2 on Poisson's equation, far apart")
  func bfgsAndSSBroyden2() throws {
    let plain = try poisson(BFGS(), steps: 3000)
    #expect(plain.best <= 3e-4)
    let scaled = try poisson(SSBroyden2(), steps: 3000)
    #expect(scaled.best <= 1e-6)
    #expect(scaled.best <= plain.best / 30)
  }

  @Test("energy natural gradient descent on Poisson's equation")
  func naturalGradient() throws {
    let loss = PoissonNetwork()
    var (method, x) = (GaussNewton<Double>(damping: 1e-8), Tensor(loss.initial()))
    let course = try course(
      steps: 300, every: 1, bounds: [1e-2, 1e-3, 1e-4, 1e-5], { try method.leastSquaresStep(loss, at: &x) },
      error: { loss.error(x) })
    expect(course, best: 6e-6, steps: [1e-2: 23, 1e-3: 28, 1e-4: 107, 1e-5: 265])
    #expect((course.steps[1e-3] ?? .max) <= 60)
  }

  @Test("undamped Gauss-Newton on Poisson's equation, with twice the units")
  func gaussNewton() throws {
    // Some starts lead elsewhere: one of three has to get there.
    let loss = PoissonNetwork(width: 64)
    var best = Double.infinity
    for seed in 1...3 as ClosedRange<UInt32> where best > 1e-8 {
      var (method, x) = (GaussNewton<Double>(), Tensor(loss.initial(seed: seed)))
      let course = try course(
        steps: 100, every: 1, bounds: [], { try method.leastSquaresStep(loss, at: &x) },
        error: { loss.error(x) })
      best = min(best, course.best)
    }
    #expect(best < 1e-8)
  }

  @Test(
    "Adam on a smooth regression",
    arguments: [
      (0.9, 0.999, 1e-2, 2.7e-2, 1123), (0.95, 0.95, 3e-2, 1.0e-2, 608),
    ])
  func regression(beta1: Double, beta2: Double, rate: Double, error: Double, steps: Int) throws {
    let loss = SmoothRegression()
    var method = Adam<Double>(rate: .cosine(from: rate, steps: 2000), beta1: beta1, beta2: beta2)
    var x = Tensor(loss.initial())
    let course = try course(
      steps: 2000, bounds: [3e-2], { try method.step(loss, at: &x) }, error: { loss.error(x) })
    let reached = try #require(course.steps[3e-2])
    #expect(reached * 10 <= steps * 13 && reached * 13 >= steps * 10, "\(reached) steps")
    #expect(loss.error(x) < 1.3 * error && loss.error(x) > error / 1.3)
  }

  /// The course of a method on the smooth regression, and its last error.
  private func regression(_ method: some GradientOptimizer<Double>, seed: UInt32) throws -> (Course, Double) {
    let loss = SmoothRegression()
    var (method, x) = (method, Tensor(loss.initial(seed: seed)))
    let course = try course(
      steps: 2000, bounds: [3e-2], { try method.step(loss, at: &x) }, error: { loss.error(x) })
    return (course, loss.error(x))
  }

  @Test("SOAP on a smooth regression: far below Adam, in half the steps", arguments: [7, 10] as [UInt32])
  func soap(seed: UInt32) throws {
    let (course, error) = try regression(
      SOAP(rate: .cosine(from: 3e-2, steps: 2000), decay: 0), seed: seed)
    let (slow, best) = try regression(
      Adam(rate: .cosine(from: 3e-2, steps: 2000), beta1: 0.95, beta2: 0.95), seed: seed)
    #expect(error <= 4e-3)
    #expect(4 * error <= best)
    let (steps, others) = (try #require(course.steps[3e-2]), try #require(slow.steps[3e-2]))
    #expect(2 * steps <= others, "\(steps) and \(others) steps")
  }

  @Test("Muon on a smooth regression", arguments: [7, 10] as [UInt32])
  func muon(seed: UInt32) throws {
    let (_, error) = try regression(
      Muon(
        rate: .cosine(from: 3e-2, steps: 2000),
        fallback: Adam(rate: .cosine(from: 1e-2, steps: 2000), beta2: 0.95)), seed: seed)
    #expect(error <= 1e-2)
  }

  @Test("Shampoo with Adam's lengths on a smooth regression", arguments: [7, 10] as [UInt32])
  func shampoo(seed: UInt32) throws {
    let (_, error) = try regression(
      Shampoo(
        rate: .cosine(from: 1e-2, steps: 2000), beta1: 0.95, beta2: 0.95, graft: .adam(beta2: 0.95),
        refreshInterval: 10), seed: seed)
    #expect(error <= 1.2e-2)
  }
}
