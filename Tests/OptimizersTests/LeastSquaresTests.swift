import Foundation
import Optimizers
import Tensors
import Testing

/// r = A x − b, in parameters x = C z.
private struct LinearModel: LeastSquaresObjective {
  let rows: [[Double]]
  let right: [Double]
  var change: [[Double]]
  let layout: ParameterLayout

  init(rows: Int, columns: Int, seed: UInt64) {
    var stream = RandomStream(seed: seed)
    self.rows = (0..<rows).map { _ in (0..<columns).map { _ in stream.nextNormal() } }
    right = (0..<rows).map { _ in stream.nextNormal() }
    change = (0..<columns).map { i in (0..<columns).map { $0 == i ? 1 : 0 } }
    layout = ParameterLayout(count: columns)
  }

  var residualCount: Int { rows.count }

  private func product(_ x: [Double]) -> [Double] {
    let y = change.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
    return rows.map { row in zip(row, y).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    residuals = Tensor(zip(product(x.elements), right).map(-))
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    let n = layout.count
    let columns = (0..<n).map { j in product((0..<n).map { $0 == j ? 1 : 0 }) }
    jacobian = Tensor(shape: [rows.count, n], (0..<rows.count * n).map { columns[$0 % n][$0 / n] })
  }

  func value(at x: Tensor<Double>) throws -> Double {
    var r = Tensor<Double>.zeros([rows.count])
    try residuals(at: x, into: &r)
    return 0.5 * r.dot(r)
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var (r, j) = (Tensor<Double>.zeros([rows.count]), Tensor<Double>.zeros([rows.count, layout.count]))
    try jacobian(at: x, residuals: &r, jacobian: &j)
    gradient = matmul(r, j)
    return 0.5 * r.dot(r)
  }
}

@Suite("Least-squares methods")
struct LeastSquaresTests {
  @Test(
    "a model linear in its parameters is solved in one step", arguments: LeastSquaresFactorization.allCases,
    [
      (40, 7), (7, 7), (400, 300), (5, 9), (5000, 60), (903, 37),
    ])
  func linear(factorization: LeastSquaresFactorization, size: (Int, Int)) throws {
    let loss = LinearModel(rows: size.0, columns: size.1, seed: 3)
    var method = GaussNewton<Double>(factorization: factorization, threshold: 1e-13)
    var x = Tensor<Double>.zeros([size.1])
    let report = try method.leastSquaresStep(loss, at: &x)
    var g = Tensor<Double>.zeros([size.1])
    let value = try loss.valueAndGradient(at: x, gradient: &g)
    #expect(report.stepLength == 1)
    // The first-order condition of the optimum; without more residuals than parameters, the loss is zero.
    #expect(g.maxMagnitude() < 1e-10)
    if size.0 <= size.1 { #expect(value < 1e-20) }
    if size.0 < size.1 {
      // The shortest step is in the span of the rows: x = Aᵀ (A Aᵀ)⁻¹ b.
      let gram = (0..<5).map { i in (0..<5).map { k in dot(loss.rows[i], loss.rows[k]) } }
      let lambda = solve(gram, loss.right)
      for j in 0..<9 { #expect(abs(x[j] - (0..<5).reduce(0) { $0 + lambda[$1] * loss.rows[$1][j] }) < 1e-10) }
    }
  }

  @Test(
    "damped steps solve (JᵀJ + λ) d = −Jᵀ r, for more and for fewer residuals than parameters",
    arguments: [
      (40, 7), (5, 9), (300, 270), (1500, 45), (2001, 33),
    ])
  func damped(size: (Int, Int)) throws {
    let loss = LinearModel(rows: size.0, columns: size.1, seed: 4)
    var method = GaussNewton<Double>(damping: 0.3)
    var x = Tensor<Double>.zeros([size.1])
    var g = Tensor<Double>.zeros([size.1])
    _ = try loss.valueAndGradient(at: x, gradient: &g)
    let report = try method.leastSquaresStep(loss, at: &x)
    #expect(report.stepLength == 1)
    let n = size.1
    for i in 0..<n {
      let row = (0..<n).reduce(0.0) { sum, j in
        sum + x[j] * (0..<size.0).reduce(0) { $0 + loss.rows[$1][i] * loss.rows[$1][j] }
      }
      #expect(abs(row + 0.3 * x[i] + g[i]) < 1e-10)
    }
  }

  @Test("undamped steps do not depend on the coordinates of the parameters")
  func reparametrised() throws {
    let loss = PoissonNetwork(cells: 8, width: 4)
    let n = loss.layout.count
    var stream = RandomStream(seed: 5)
    let scale = (0..<n).map { _ in exp(stream.nextNormal()) }
    struct Scaled: LeastSquaresObjective {
      let base: PoissonNetwork
      let scale: [Double]
      var layout: ParameterLayout { base.layout }
      var residualCount: Int { base.residualCount }
      // Neighbours are mixed too: x_i = s_i z_i + z_{i+1} / 3.
      func original(_ z: Tensor<Double>) -> Tensor<Double> {
        Tensor(scale.indices.map { scale[$0] * z[$0] + ($0 + 1 < scale.count ? z[$0 + 1] / 3 : 0) })
      }
      func residuals(at z: Tensor<Double>, into r: inout Tensor<Double>) throws {
        try base.residuals(at: original(z), into: &r)
      }
      func value(at z: Tensor<Double>) throws -> Double { try base.value(at: original(z)) }
      func valueAndGradient(at z: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double { .nan }
      func jacobian(at z: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>)
        throws
      {
        try base.jacobian(at: original(z), residuals: &residuals, jacobian: &jacobian)
        let n = scale.count
        jacobian.withUnsafeMutableBufferPointer { j in
          for i in 0..<base.residualCount {
            for k in (0..<n).reversed() {
              j[i * n + k] = j[i * n + k] * scale[k] + (k > 0 ? j[i * n + k - 1] / 3 : 0)
            }
          }
        }
      }
    }
    let scaled = Scaled(base: loss, scale: scale)
    // z by back substitution.
    var z = loss.initial()
    let start = z
    for i in (0..<n).reversed() { z[i] = (start[i] - (i + 1 < n ? z[i + 1] / 3 : 0)) / scale[i] }
    var (x, y) = (Tensor(start), Tensor(z))
    var (first, second) = (GaussNewton<Double>(threshold: 1e-14), GaussNewton<Double>(threshold: 1e-14))
    for step in 1...4 {
      let a = try first.leastSquaresStep(loss, at: &x)
      let b = try second.leastSquaresStep(scaled, at: &y)
      #expect(a.stepLength == b.stepLength)
      #expect((scaled.original(y) - x).maxMagnitude() < 1e-6 * x.maxMagnitude(), "step \(step)")
    }
  }

  @Test(
    "Levenberg-Marquardt on Rosenbrock's function", arguments: LevenbergMarquardt<Double>.Scaling.allCases)
  func levenbergMarquardt(scaling: LevenbergMarquardt<Double>.Scaling) throws {
    var method = LevenbergMarquardt<Double>(scaling: scaling)
    var x = Tensor([-1.2, 1])
    var last = Double.infinity
    var steps = 0
    while steps < 100 {
      let report = try method.leastSquaresStep(Rosenbrock(), at: &x)
      steps += 1
      #expect(report.loss <= last)
      last = report.loss
      if last < 1e-28 || report.status.isEnd { break }
    }
    #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-10)
    #expect(steps < 40)
  }

  @Test("single precision: residuals and Jacobians in Float, the solve in Double")
  func float() throws {
    struct Single: LeastSquaresObjective {
      let layout = ParameterLayout(count: 2)
      let residualCount = 2
      func residuals(at x: Tensor<Float>, into r: inout Tensor<Float>) throws {
        r = Tensor([10 * (x[1] - x[0] * x[0]), 1 - x[0]])
      }
      func jacobian(at x: Tensor<Float>, residuals: inout Tensor<Float>, jacobian: inout Tensor<Float>) throws
      {
        try self.residuals(at: x, into: &residuals)
        jacobian = Tensor(rows: [[-20 * x[0], 10], [-1, 0]])
      }
      func value(at x: Tensor<Float>) throws -> Double {
        let (a, b) = (10 * (x[1] - x[0] * x[0]), 1 - x[0])
        return 0.5 * (Double(a) * Double(a) + Double(b) * Double(b))
      }
      func valueAndGradient(at x: Tensor<Float>, gradient: inout Tensor<Float>) throws -> Double {
        let (bend, gap) = (10 * (x[1] - x[0] * x[0]), 1 - x[0])
        gradient = Tensor([-20 * x[0] * bend - gap, 10 * bend])
        return try value(at: x)
      }
    }
    var (method, x) = (LevenbergMarquardt<Float>(), Tensor<Float>([-1.2, 1]))
    for _ in 0..<60 where !(try method.leastSquaresStep(Single(), at: &x).status.isEnd) {}
    #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-5)
    var (search, y) = (SSBroyden2<Float>(), Tensor<Float>([-1.2, 1]))
    for _ in 0..<100 where !(try search.step(Single(), at: &y).status.isEnd) {}
    #expect(abs(y[0] - 1) + abs(y[1] - 1) < 1e-4)
  }

  @Test("singular Jacobians and walls of NaN: damping grows, nothing breaks")
  func singular() throws {
    struct Wall: LeastSquaresObjective {
      let layout = ParameterLayout(count: 3)
      let residualCount = 2
      // The third parameter has no effect, and the logarithm ends at 0.
      func residuals(at x: Tensor<Double>, into r: inout Tensor<Double>) throws {
        r = Tensor([log(x[0]), x[1] + x[0] - 2])
      }
      func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>)
        throws
      {
        try self.residuals(at: x, into: &residuals)
        jacobian = Tensor(rows: [[1 / x[0], 0, 0], [1, 1, 0]])
      }
      func value(at x: Tensor<Double>) throws -> Double {
        var r = Tensor<Double>.zeros([2])
        try residuals(at: x, into: &r)
        return 0.5 * r.dot(r)
      }
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double { .nan }
    }
    for scaling in LevenbergMarquardt<Double>.Scaling.allCases {
      var (method, x) = (LevenbergMarquardt<Double>(scaling: scaling), Tensor([20.0, 5, 7]))
      for _ in 0..<60 where !(try method.leastSquaresStep(Wall(), at: &x).status.isEnd) {}
      #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-8)
      #expect(x[2] == 7)
    }
    for factorization in LeastSquaresFactorization.allCases {
      var (method, x) = (GaussNewton<Double>(factorization: factorization), Tensor([20.0, 5, 7]))
      for _ in 0..<60 where !(try method.leastSquaresStep(Wall(), at: &x).status.isEnd) {}
      #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-8)
    }
    var (method, x) = (GaussNewton<Double>(), Tensor([-1.0, 0, 0]))
    #expect(throws: OptimizerError.self) { try method.leastSquaresStep(Wall(), at: &x) }
    #expect(x == Tensor([-1, 0, 0]))
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// Gaussian elimination.
  private func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var rows = zip(matrix, right).map { $0 + [$1] }
    let n = rows.count
    for k in 0..<n {
      let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
      rows.swapAt(k, pivot)
      for i in 0..<n where i != k {
        let factor = rows[i][k] / rows[k][k]
        for j in k...n { rows[i][j] -= factor * rows[k][j] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }
}
