import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Hessian-free optimization")
struct HessianFreeTests {
  /// Conjugate gradients for (A + λ) d = −g from zero: all iterates, written out.
  private func iterates(_ loss: Quadratic, _ g: [Double], damping: Double, count: Int) -> [[Double]] {
    var d = [Double](repeating: 0, count: g.count)
    var r = g.map { -$0 }
    var p = r
    return (0..<count).map { _ in
      let q = zip(loss.product(p), p).map { $0 + damping * $1 }
      let square = zip(r, r).reduce(0) { $0 + $1.0 * $1.1 }
      let alpha = square / zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
      for i in d.indices {
        d[i] += alpha * p[i]
        r[i] -= alpha * q[i]
      }
      let beta = zip(r, r).reduce(0) { $0 + $1.0 * $1.1 } / square
      for i in p.indices { p[i] = r[i] + beta * p[i] }
      return d
    }
  }

  /// A quadratic of n dimensions with a dense matrix whose eigenvalues are spread evenly in the logarithm.
  private func spread(_ n: Int, condition: Double) -> Quadratic {
    // A reflection at a vector turns the diagonal matrix.
    let v = (0..<n).map { 1 + sin(1.3 * Double($0)) }
    let square = v.reduce(0) { $0 + $1 * $1 }
    let q = (0..<n).map { i in (0..<n).map { j in (i == j ? 1 : 0) - 2 * v[i] * v[j] / square } }
    let values = (0..<n).map { pow(condition, -Double($0) / Double(n - 1)) }
    return Quadratic(
      (0..<n).map { i in
        (0..<n).map { j in (0..<n).reduce(0) { $0 + q[i][$1] * values[$1] * q[j][$1] } }
      })
  }

  @Test("a quadratic is solved in one step without damping", arguments: NewtonCG<Double>.Matrix.allCases)
  func quadratic(matrix: NewtonCG<Double>.Matrix) throws {
    let loss = Quadratic([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
    var (method, x) = (HessianFree<Double>(matrix: matrix, initialDamping: 0), Tensor([1.0, 2, 3]))
    let report = try method.curvatureStep(loss, at: &x)
    #expect(x.maxMagnitude() < 1e-13)
    #expect(report.stepLength == 1)
    #expect(abs(try #require(report.diagnostics["ratio"]) - 1) < 1e-12)
  }

  @Test("a damped step solves (A + λ) d = −g, its ratio is 1, and λ falls by a third")
  func damped() throws {
    let loss = Quadratic([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
    var (method, x) = (HessianFree<Double>(initialDamping: 0.7), Tensor([1.0, -2, 3]))
    var lambda = 0.7
    for _ in 0..<4 {
      let start = x.elements
      let report = try method.curvatureStep(loss, at: &x)
      #expect(abs(try #require(report.diagnostics["damping"]) - lambda) < 1e-15)
      #expect(abs(try #require(report.diagnostics["ratio"]) - 1) < 1e-9)
      let d = zip(x.elements, start).map(-)
      let (ad, g) = (loss.product(d), loss.product(start))
      let scale = report.gradientNorm
      for i in 0..<3 { #expect(abs(ad[i] + lambda * d[i] + g[i]) < 1e-12 * (1 + scale)) }
      lambda *= 2 / 3.0
    }
  }

  @Test("with the whole of the step before as a start, the same system again ends at once")
  func warmStart() throws {
    // A loss with one gradient g everywhere and the curvature of a quadratic: every step has the same system.
    struct Plane: CurvatureObjective {
      let quadratic: Quadratic
      let g: [Double]
      var layout: ParameterLayout { quadratic.layout }
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        gradient = Tensor(g)
        return zip(g, x.elements).reduce(0) { $0 + $1.0 * $1.1 }
      }
      func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { product = Tensor(quadratic.product(v.elements)) }
      func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { product = Tensor(quadratic.product(v.elements)) }
    }
    let loss = Plane(quadratic: spread(60, condition: 1000), g: (0..<60).map { cos(Double($0)) })
    var (method, x) = (HessianFree<Double>(initialDamping: 0, decay: 1), Tensor<Double>.zeros([60]))
    let first = try method.curvatureStep(loss, at: &x)
    let second = try method.curvatureStep(loss, at: &x)
    // Whether the model still falls is seen after eleven iterations.
    #expect(try #require(first.diagnostics["iterations"]) > 22)
    #expect(try #require(second.diagnostics["iterations"]) <= 11)
  }

  @Test("the diagonal preconditioner solves a diagonal quadratic of condition 10⁶ in one iteration")
  func preconditioner() throws {
    let loss = Quadratic(diagonal: (0..<40).map { pow(10, -6 * Double($0) / 39) })
    let start = Tensor((0..<40).map { 1 + sin(Double($0)) })
    func iterations(_ preconditioner: HessianFree<Double>.Preconditioner) throws -> (Double, Double) {
      var (method, x) = (HessianFree<Double>(initialDamping: 0, preconditioner: preconditioner), start)
      let report = try method.curvatureStep(loss, at: &x)
      return (try #require(report.diagnostics["iterations"]), x.maxMagnitude())
    }
    let (plain, _) = try iterations(.none)
    let (exact, rest) = try iterations(.diagonal(samples: 2, exponent: 1))
    #expect(exact == 1 && rest < 1e-9)
    // With the exponent ¾, 10⁶ has become 10^1.5.
    let (damped, _) = try iterations(.diagonal)
    #expect(damped < plain)
  }

  @Test("where the last iterates go too far, an earlier one is taken")
  func backtracking() throws {
    // The gradient and curvature at the start are those of the quadratic; beyond a ball there is a wall.
    struct Walled: CurvatureObjective {
      let quadratic: Quadratic
      let start: [Double]
      let radius: Double
      var layout: ParameterLayout { quadratic.layout }
      func value(at x: Tensor<Double>) throws -> Double {
        let length = zip(x.elements, start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        let over = max(0, length - radius)
        var g = x
        return try quadratic.valueAndGradient(at: x, gradient: &g) + 1e6 * over * over
      }
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        _ = try quadratic.valueAndGradient(at: x, gradient: &gradient)
        return try value(at: x)
      }
      func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { try quadratic.hessianProduct(at: x, v, into: &product) }
      func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { try quadratic.hessianProduct(at: x, v, into: &product) }
    }
    let quadratic = spread(24, condition: 1000)
    let start = (0..<24).map { cos(Double($0)) }
    let all = iterates(quadratic, quadratic.product(start), damping: 0, count: 24)
    let lengths = all.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    // ⌈1.3ʲ⌉ = 1, 2, 3, 4, 5, 7, 9, 11, …: the wall is between iterates 5 and 7.
    let loss = Walled(quadratic: quadratic, start: start, radius: 0.5 * (lengths[4] + lengths[6]))
    var (method, x) = (HessianFree<Double>(initialDamping: 0), Tensor(start))
    let report = try method.curvatureStep(loss, at: &x)
    #expect(report.stepLength == 1)
    let d = zip(x.elements, start).map(-)
    #expect(largestDifference(d, all[4]) < 1e-10)
    // The ratio is that of the last iterate, which was bad: λ grows from its smallest value.
    #expect(try #require(report.diagnostics["ratio"]) < 0.25)
    #expect(method.state.numbers["damping"] == 1e-12)
  }

  @Test("a valley in twenty dimensions", arguments: NewtonCG<Double>.Matrix.allCases, [false, true])
  func valley(matrix: NewtonCG<Double>.Matrix, isPreconditioned: Bool) throws {
    let loss = Valley(layout: ParameterLayout(count: 20))
    var method = HessianFree<Double>(matrix: matrix, preconditioner: isPreconditioned ? .diagonal : .none)
    var x = Tensor<Double>.full([20], -0.5)
    var last = Double.infinity
    for _ in 0..<400 {
      let report = try method.curvatureStep(loss, at: &x)
      #expect(report.loss <= last)
      last = report.loss
      if report.status.isEnd || last < 1e-26 { break }
    }
    #expect((x - 1).maxMagnitude() < 1e-8)
  }

  @Test("a gradient that is not finite is refused, and nothing moves")
  func notFinite() throws {
    struct Broken: CurvatureObjective {
      let layout = ParameterLayout(count: 2)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        gradient = Tensor([.nan, 1])
        return 1
      }
      func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { product = v }
      func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      { product = v }
    }
    var x = Tensor([1.0, 2])
    var (free, nystrom) = (HessianFree<Double>(), NystromNewtonCG<Double>())
    #expect(throws: OptimizerError.self) { _ = try free.curvatureStep(Broken(), at: &x) }
    #expect(throws: OptimizerError.self) { _ = try nystrom.curvatureStep(Broken(), at: &x) }
    #expect(x.elements == [1, 2])
  }
}
