import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Newton's method by products")
struct NewtonCGTests {
  @Test("a quadratic is solved in one step without damping", arguments: NewtonCG<Double>.Matrix.allCases)
  func quadratic(matrix: NewtonCG<Double>.Matrix) throws {
    let loss = Quadratic([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
    var (method, x) = (NewtonCG<Double>(matrix: matrix, initialDamping: 0), Tensor([1.0, 2, 3]))
    let report = try method.curvatureStep(loss, at: &x)
    #expect(x.maxMagnitude() < 1e-13)
    // As many iterations as dimensions, and one more where rounding leaves something.
    let iterations = try #require(report.diagnostics["iterations"])
    #expect(report.stepLength == 1 && (3...4).contains(iterations))
  }

  @Test("one damped step solves (A + λ) d = −g")
  func damped() throws {
    let loss = Quadratic([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
    let start = [1.0, -2, 3]
    var (method, x) = (NewtonCG<Double>(initialDamping: 0.7), Tensor(start))
    _ = try method.curvatureStep(loss, at: &x)
    let d = zip(x.elements, start).map(-)
    let (ad, g) = (loss.product(d), loss.product(start))
    for i in 0..<3 { #expect(abs(ad[i] + 0.7 * d[i] + g[i]) < 1e-12) }
  }

  @Test("a valley in twenty dimensions", arguments: NewtonCG<Double>.Matrix.allCases)
  func valley(matrix: NewtonCG<Double>.Matrix) throws {
    let loss = Valley(layout: ParameterLayout(count: 20))
    var (method, x) = (NewtonCG<Double>(matrix: matrix), Tensor<Double>.full([20], -0.5))
    var last = Double.infinity
    for _ in 0..<400 {
      let report = try method.curvatureStep(loss, at: &x)
      #expect(report.loss <= last)
      last = report.loss
      if report.status.isEnd || last < 1e-26 { break }
    }
    #expect((x - 1).maxMagnitude() < 1e-8)
  }

  @Test("a saddle: negative curvature is followed downwards")
  func saddle() throws {
    // ¼ y⁴ − ½ y² + ½ x² has minima at (0, ±1).
    struct Saddle: CurvatureObjective {
      let layout = ParameterLayout(count: 2)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        let y = x[1]
        gradient = Tensor([x[0], y * y * y - y])
        return 0.25 * y * y * y * y - 0.5 * y * y + 0.5 * x[0] * x[0]
      }
      func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      {
        product = Tensor([v[0], (3 * x[1] * x[1] - 1) * v[1]])
      }
      func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      {
        try hessianProduct(at: x, v, into: &product)
      }
    }
    var (method, x) = (NewtonCG<Double>(matrix: .hessian, initialDamping: 0.01), Tensor([0.5, 0.01]))
    for _ in 0..<100 where !(try method.curvatureStep(Saddle(), at: &x).status.isEnd) {}
    #expect(abs(x[0]) + abs(x[1] - 1) < 1e-7)
  }
}
