import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Variants of Levenberg-Marquardt")
struct GeodesicTests {
  /// r_i = c_i·x + ½ (b_i·x)² − y_i, so that second differences are exact.
  private struct Quadratics: LeastSquaresObjective {
    let layout: ParameterLayout
    let residualCount: Int
    /// Units of the parameters: what is given is x / units.
    var units: [Double]

    init(residuals: Int, parameters: Int, units: [Double]? = nil) {
      (layout, residualCount) = (ParameterLayout(count: parameters), residuals)
      self.units = units ?? Array(repeating: 1, count: parameters)
    }

    func linear(_ i: Int, _ j: Int) -> Double { units[j] * ((i == j ? 3 : 0) + cos(Double(3 * i + 5 * j))) }
    func bent(_ i: Int, _ j: Int) -> Double { units[j] * 0.6 * sin(Double(2 * i + 7 * j + 1)) }

    func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
      let n = layout.count
      residuals = Tensor(
        (0..<residualCount).map { i -> Double in
          var (first, second) = (0.0, 0.0)
          for j in 0..<n {
            first += linear(i, j) * x[j]
            second += bent(i, j) * x[j]
          }
          return first + 0.5 * second * second - 1
        })
    }

    func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>)
      throws
    {
      try self.residuals(at: x, into: &residuals)
      let n = layout.count
      var rows: [[Double]] = []
      for i in 0..<residualCount {
        var second = 0.0
        for j in 0..<n { second += bent(i, j) * x[j] }
        rows.append((0..<n).map { linear(i, $0) + second * bent(i, $0) })
      }
      jacobian = Tensor(rows: rows)
    }

    func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
      var (r, j) = (
        Tensor<Double>.zeros([residualCount]), Tensor<Double>.zeros([residualCount, layout.count])
      )
      try jacobian(at: x, residuals: &r, jacobian: &j)
      gradient = matmul(r, j)
      return 0.5 * r.dot(r)
    }
  }

  @Test("an accelerated step is d − ½ (JᵀJ + λ)⁻¹ Jᵀ r″", arguments: [(7, 4), (4, 4), (3, 5)])
  func step(residuals: Int, parameters: Int) throws {
    let loss = Quadratics(residuals: residuals, parameters: parameters)
    let start = Tensor((0..<parameters).map { 0.3 * sin(Double($0) + 1) })
    var (r, j) = (Tensor<Double>.zeros([residuals]), Tensor<Double>.zeros([residuals, parameters]))
    try loss.jacobian(at: start, residuals: &r, jacobian: &j)
    let a = Matrix(j)
    let lengths = (0..<parameters).map { k in a.column(k).reduce(0) { $0 + $1 * $1 } }
    let lambda = 1e-2 * lengths.max()!
    let system = try Cholesky(a.transposed * a + lambda * Matrix.identity(parameters))
    let d = system.solve((a.transposed * r.elements).map { -$0 })
    let bend = (0..<residuals).map { i -> Double in
      let along = (0..<parameters).reduce(0.0) { $0 + loss.bent(i, $1) * d[$1] }
      return along * along
    }
    let correction = system.solve(a.transposed * bend).map { -0.5 * $0 }
    var method = LevenbergMarquardt<Double>(initialDamping: 1e-2, trialLimit: 1, acceleration: 100)
    var x = start
    let report = try method.leastSquaresStep(loss, at: &x)
    #expect(report.evaluations == 3 && !report.status.isEnd)
    for k in 0..<parameters { #expect(abs(x[k] - start[k] - d[k] - correction[k]) < 1e-11) }
    // A correction that is long against the step is refused.
    var (strict, y) = (
      LevenbergMarquardt<Double>(initialDamping: 1e-2, trialLimit: 1, acceleration: 1e-6), start
    )
    #expect(try strict.leastSquaresStep(loss, at: &y).status.isEnd)
    #expect(y == start)
  }

  @Test(
    "acceleration takes no more steps along Rosenbrock's valley",
    arguments: LevenbergMarquardt<Double>.Scaling.allCases)
  func rosenbrock(scaling: LevenbergMarquardt<Double>.Scaling) throws {
    func steps(_ acceleration: Double?) throws -> Int {
      var method = LevenbergMarquardt<Double>(scaling: scaling, acceleration: acceleration)
      var (x, last) = (Tensor([-1.2, 1]), Double.infinity)
      for step in 1...200 {
        let report = try method.leastSquaresStep(Rosenbrock(), at: &x)
        #expect(report.loss <= last)
        last = report.loss
        if last < 1e-26 || report.status.isEnd {
          #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-9)
          return step
        }
      }
      return 200
    }
    let (plain, accelerated) = (try steps(nil), try steps(0.75))
    #expect(accelerated <= plain, "\(accelerated) against \(plain)")
  }

  @Test(
    "with D of the columns' lengths, units do not matter",
    arguments: [LevenbergMarquardt<Double>.Scaling.columns, .diagonal], [nil, 0.75])
  func units(scaling: LevenbergMarquardt<Double>.Scaling, acceleration: Double?) throws {
    let units = [1.0, 1e3, 1e-4, 30]
    let (plain, scaled) = (
      Quadratics(residuals: 6, parameters: 4), Quadratics(residuals: 6, parameters: 4, units: units)
    )
    let start = [0.3, -0.2, 0.5, 0.1]
    var (first, second) = (
      LevenbergMarquardt<Double>(scaling: scaling, acceleration: acceleration),
      LevenbergMarquardt<Double>(scaling: scaling, acceleration: acceleration)
    )
    var (x, y) = (Tensor(start), Tensor(zip(start, units).map { $0 / $1 }))
    for _ in 0..<6 {
      let (a, b) = (try first.leastSquaresStep(plain, at: &x), try second.leastSquaresStep(scaled, at: &y))
      #expect(abs(a.loss - b.loss) < 1e-10)
      for k in 0..<4 { #expect(abs(x[k] - units[k] * y[k]) < 1e-8) }
    }
  }
}
