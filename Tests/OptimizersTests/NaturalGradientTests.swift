import Foundation
import Optimizers
import Tensors
import Testing

/// r = A x − b.
private struct Linear: LeastSquaresObjective {
  var rows: [[Double]]
  var right: [Double]
  var layout: ParameterLayout { ParameterLayout(count: rows[0].count) }

  init(rows: Int, columns: Int, seed: UInt64) {
    var stream = RandomStream(seed: seed)
    self.rows = (0..<rows).map { _ in (0..<columns).map { _ in stream.nextNormal() } }
    right = (0..<rows).map { _ in stream.nextNormal() }
  }

  var residualCount: Int { rows.count }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    let x = x.elements
    residuals = Tensor(zip(rows, right).map { row, b in zip(row, x).reduce(-b) { $0 + $1.0 * $1.1 } })
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    jacobian = Tensor(rows: rows)
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var r = Tensor<Double>.zeros([rows.count])
    try residuals(at: x, into: &r)
    gradient = matmul(r, Tensor(rows: rows))
    return 0.5 * r.dot(r)
  }

  /// (AᵀA + λ) x = Aᵀ b by elimination.
  func ridge(_ lambda: Double) -> [Double] {
    let n = layout.count
    var system = (0..<n).map { a in
      (0..<n).map { b in (a == b ? lambda : 0) + rows.reduce(0) { $0 + $1[a] * $1[b] } }
        + [zip(rows, right).reduce(0) { $0 + $1.0[a] * $1.1 }]
    }
    for k in 0..<n {
      let pivot = (k..<n).max { abs(system[$0][k]) < abs(system[$1][k]) }!
      system.swapAt(k, pivot)
      for i in 0..<n where i != k {
        let factor = system[i][k] / system[k][k]
        for j in k...n { system[i][j] -= factor * system[k][j] }
      }
    }
    return (0..<n).map { system[$0][n] / system[$0][$0] }
  }
}

/// Residuals that become smaller by a factor per evaluation, whatever the parameters.
private final class Decaying: LeastSquaresObjective {
  let layout = ParameterLayout(count: 2)
  let residualCount = 1
  let factor: Double
  var next = 1.0
  init(factor: Double) { self.factor = factor }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    residuals = Tensor([next])
    next *= factor
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    jacobian = Tensor(rows: [[1, 1]])
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double { .nan }
}

@Suite("Natural gradients by Woodbury's identity")
struct NaturalGradientTests {
  @Test(
    "the direction is that of the parameters' side", arguments: [(6, 15), (15, 15), (40, 7), (130, 300)],
    [0.3, 1e-2])
  func pushThrough(size: (Int, Int), damping: Double) throws {
    let loss = Linear(rows: size.0, columns: size.1, seed: 3)
    let expected = loss.ridge(damping)
    let whole = NaturalGradientStep.fixed(1)
    var (method, x) = (
      EnergyNaturalGradient<Double>(damping: damping, step: whole), Tensor<Double>.zeros([size.1])
    )
    _ = try method.leastSquaresStep(loss, at: &x)
    #expect(largestDifference(x.elements, expected) < 1e-9)
    // SPRING without momentum is the same method.
    var (spring, y) = (
      SPRING<Double>(damping: damping, momentum: .fixed(0), step: whole), Tensor<Double>.zeros([size.1])
    )
    _ = try spring.leastSquaresStep(loss, at: &y)
    #expect(x == y)
  }

  @Test("on a network it follows the Gauss-Newton method by QR")
  func network() throws {
    let loss = PoissonNetwork(cells: 6, width: 32)
    #expect(loss.residualCount < loss.layout.count)
    var (x, y) = (Tensor(loss.initial()), Tensor(loss.initial()))
    var (woodbury, direct) = (
      EnergyNaturalGradient<Double>(damping: 1e-3), GaussNewton<Double>(damping: 1e-3)
    )
    for step in 1...6 {
      let a = try woodbury.leastSquaresStep(loss, at: &x)
      let b = try direct.leastSquaresStep(loss, at: &y)
      #expect(a.stepLength == b.stepLength)
      #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-6 * b.gradientNorm, "step \(step)")
      #expect((x - y).maxMagnitude() < 1e-6, "step \(step)")
    }
  }

  @Test("Poisson's equation: a relative error of 10⁻³ within 60 steps")
  func poisson() throws {
    let loss = PoissonNetwork()
    var (method, x) = (EnergyNaturalGradient<Double>(damping: 1e-8), Tensor(loss.initial()))
    var error = Double.infinity
    for step in 1...60 where error > 1e-3 {
      _ = try method.leastSquaresStep(loss, at: &x)
      if step % 4 == 0 { error = loss.error(x) }
    }
    #expect(error <= 1e-3)
  }

  @Test(
    "with momentum on a fixed batch, directions approach their limit in every step",
    arguments: [0.5, 0.9, 0.99])
  func contraction(momentum: Double) throws {
    let loss = Linear(rows: 6, columns: 15, seed: 5)
    let damping = 0.05
    // φ solves min ‖A φ − b‖² + λ ‖φ − μ φ′‖²; in the limit φ = φ′ and (AᵀA + λ (1 − μ)) φ = Aᵀ b.
    let limit = loss.ridge(damping * (1 - momentum))
    var method = SPRING<Double>(damping: damping, momentum: .fixed(momentum), step: .fixed(1))
    func distance(_ phi: [Double]) -> Double {
      zip(phi, limit).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    var last = distance(Array(repeating: 0, count: 15))
    for _ in 0..<60 {
      var x = Tensor<Double>.zeros([15])
      _ = try method.leastSquaresStep(loss, at: &x)
      let now = distance(try #require(method.state.doubles["direction"]).elements)
      #expect(now <= momentum * last + 1e-12)
      last = now
    }
  }

  @Test("a batch of one row is a step of Kaczmarz's method that keeps to the directions before")
  func kaczmarz() throws {
    var loss = Linear(rows: 1, columns: 4, seed: 7)
    var (method, x) = (
      SPRING<Double>(damping: 0.1, momentum: .fixed(0.8), step: .fixed(0.7)), Tensor<Double>.zeros([4])
    )
    var (w, phi) = ([0.0, 0, 0, 0], [0.0, 0, 0, 0])
    for seed in 0..<12 {
      let other = Linear(rows: 1, columns: 4, seed: UInt64(20 + seed))
      (loss.rows, loss.right) = (other.rows, other.right)
      let a = loss.rows[0]
      func dot(_ u: [Double], _ v: [Double]) -> Double { zip(u, v).reduce(0) { $0 + $1.0 * $1.1 } }
      let zeta = loss.right[0] - dot(a, w) - 0.8 * dot(a, phi)
      for i in 0..<4 { phi[i] = 0.8 * phi[i] + a[i] * zeta / (dot(a, a) + 0.1) }
      for i in 0..<4 { w[i] += 0.7 * phi[i] }
      method.samplesChanged()
      _ = try method.leastSquaresStep(loss, at: &x)
      #expect(largestDifference(x.elements, w) < 1e-12)
    }
  }

  @Test("steps are no longer than the bound of the norm")
  func normBound() throws {
    var loss = Linear(rows: 3, columns: 6, seed: 2)
    loss.right = [100, -200, 50]
    var (method, x) = (SPRING<Double>(step: .fixed(0.5, normBound: 0.04)), Tensor<Double>.zeros([6]))
    let report = try method.leastSquaresStep(loss, at: &x)
    #expect(abs(x.dot(x).squareRoot() - 0.2) < 1e-12)
    #expect(report.stepLength < 0.5)
    // And the rate where they are short.
    loss.right = [1e-6, 0, 0]
    var (short, y) = (SPRING<Double>(step: .fixed(0.5, normBound: 0.04)), Tensor<Double>.zeros([6]))
    #expect(try short.leastSquaresStep(loss, at: &y).stepLength == 0.5)
  }

  @Test("momentum follows the decay of the residuals")
  func adaptive() throws {
    let (factor, window) = (0.9, 5)
    let loss = Decaying(factor: factor)
    var (method, x) = (
      SPRING<Double>(momentum: .adaptive(initial: 0.3, window: window), step: .fixed(1e-3)), Tensor([0.0, 0])
    )
    var momenta: [Double] = []
    for _ in 0..<4 * window {
      momenta.append(try #require(method.leastSquaresStep(loss, at: &x).diagnostics["momentum"]))
    }
    // Two windows until the first ratio, which is that of a geometric series.
    let ratio = pow(factor, Double(2 * window))
    var mean = 1.0
    for k in 0..<4 * window {
      if k % window == 0, k >= 2 * window {
        let n = Double(k / window - 1)
        let kept = pow(n, log(n)) / pow(n + 1, log(n + 1))
        mean = kept * mean + (1 - kept) * ratio
      }
      let rho = 1 - pow(mean, 1 / Double(window))
      #expect(abs(momenta[k] - (k < 2 * window ? 0.3 : (1 - rho) / (1 + rho))) < 1e-12)
    }
    // Residuals that do not decay keep no more than nearly all.
    let flat = Decaying(factor: 1)
    var (kept, y) = (SPRING<Double>(momentum: .adaptive(window: 2), step: .fixed(1e-3)), Tensor([0.0, 0]))
    for _ in 0..<9 { _ = try kept.leastSquaresStep(flat, at: &y) }
    #expect(try kept.leastSquaresStep(flat, at: &y).diagnostics["momentum"] == 0.999)
  }

  @Test("a damping too small for equal residuals is raised")
  func singular() throws {
    var loss = Linear(rows: 2, columns: 3, seed: 1)
    (loss.rows, loss.right) = ([[1, 0, 0], [1, 0, 0]], [2, 2])
    var (method, x) = (
      EnergyNaturalGradient<Double>(damping: 1e-300, step: .fixed(1)), Tensor<Double>.zeros([3])
    )
    let report = try method.leastSquaresStep(loss, at: &x)
    #expect(try #require(report.diagnostics["damping"]) > 1e-17)
    #expect(largestDifference(x.elements, [2, 0, 0]) < 1e-6)
  }

  @Test("where no step helps, momentum is lost first, and then the method stalls")
  func stalled() throws {
    let loss = Linear(rows: 2, columns: 3, seed: 9)
    var (method, x) = (
      SPRING<Double>(damping: 1e-12, momentum: .fixed(0.9), step: .search), Tensor<Double>.zeros([3])
    )
    var status = StepStatus.continued
    var steps = 0
    while !status.isEnd, steps < 300 {
      status = try method.leastSquaresStep(loss, at: &x).status
      steps += 1
    }
    #expect(status.isEnd)
    #expect(try loss.value(at: x) < 1e-20)
  }

  @Test("residuals that are not finite stop before anything changes; single precision solves in doubles")
  func notFiniteAndFloat() throws {
    var loss = Linear(rows: 2, columns: 3, seed: 9)
    var (method, x) = (SPRING<Double>(), Tensor<Double>.zeros([3]))
    _ = try method.leastSquaresStep(loss, at: &x)
    let (state, point) = (method.state, x)
    loss.rows[1][2] = .infinity
    #expect(throws: OptimizerError.self) { try method.leastSquaresStep(loss, at: &x) }
    #expect(x == point && method.state == state)

    struct Single: LeastSquaresObjective {
      let base: Linear
      var layout: ParameterLayout { base.layout }
      var residualCount: Int { base.residualCount }
      func residuals(at x: Tensor<Float>, into residuals: inout Tensor<Float>) throws {
        var wide = Tensor<Double>.zeros([residualCount])
        try base.residuals(at: Tensor(x.elements.map(Double.init)), into: &wide)
        residuals = Tensor(wide.elements.map { Float($0) })
      }
      func jacobian(at x: Tensor<Float>, residuals: inout Tensor<Float>, jacobian: inout Tensor<Float>) throws
      {
        try self.residuals(at: x, into: &residuals)
        jacobian = Tensor(rows: base.rows.map { $0.map { Float($0) } })
      }
      func valueAndGradient(at x: Tensor<Float>, gradient: inout Tensor<Float>) throws -> Double { .nan }
    }
    let base = Linear(rows: 5, columns: 9, seed: 11)
    var (single, y) = (EnergyNaturalGradient<Float>(damping: 0.1, step: .fixed(1)), Tensor<Float>.zeros([9]))
    _ = try single.leastSquaresStep(Single(base: base), at: &y)
    #expect(largestDifference(y.elements.map(Double.init), base.ridge(0.1)) < 1e-6)
  }
}
