import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Gradient-normalized Newton")
struct GradientNormalizedNewtonTests {
  @Test("on a convex quadratic γ doubles in every step, and convergence is superlinear")
  func quadratic() throws {
    let loss = Quadratic([[40, 1, 0], [1, 3, 0.2], [0, 0.2, 0.5]])
    var (method, x) = (GradientNormalizedNewton<Double>(), Tensor([1.0, 2, 3]))
    var (smoothness, ratio) = (1.0, 1.0)
    var norms: [Double] = []
    for _ in 0..<9 {
      let start = x.elements
      let report = try method.curvatureStep(loss, at: &x)
      norms.append(report.gradientNorm)
      #expect(report.diagnostics["smoothness"] == smoothness)
      #expect(report.evaluations == 2)
      // (A + λ) d = −g.
      let d = zip(x.elements, start).map(-)
      let (ad, g) = (loss.product(d), loss.product(start))
      let lambda = report.gradientNorm / smoothness
      for i in 0..<3 { #expect(abs(ad[i] + lambda * d[i] + g[i]) < 1e-12) }
      smoothness *= 2
    }
    // λ / (μ + λ) for the smallest eigenvalue μ in the end, so that each ratio is below half of the one before.
    for k in 1..<norms.count {
      #expect(norms[k] / norms[k - 1] < (k < 5 ? 1 : 0.5) * ratio)
      ratio = norms[k] / norms[k - 1]
    }
    #expect(ratio < 1e-6)
  }

  @Test(
    "accepted steps decrease the loss as much as is asked for", arguments: NewtonCG<Double>.Matrix.allCases)
  func decrease(matrix: NewtonCG<Double>.Matrix) throws {
    let loss = Valley(layout: ParameterLayout(count: 12))
    var (method, x) = (GradientNormalizedNewton<Double>(matrix: matrix), Tensor<Double>.full([12], -0.5))
    var (before, g) = (try loss.value(at: x), Tensor<Double>.zeros([12]))
    var rejected = 0
    for _ in 0..<300 where before > 1e-24 {
      let report = try method.curvatureStep(loss, at: &x)
      if report.status.isEnd { break }
      let after = try loss.valueAndGradient(at: x, gradient: &g)
      let lambda = try #require(report.diagnostics["damping"])
      #expect(before - after >= g.dot(g) / (8 * lambda) * (1 - 1e-12))
      rejected += report.evaluations - 2
      before = after
    }
    #expect(rejected > 0)
    #expect((x - 1).maxMagnitude() < 1e-8)
  }

  @Test("where the Hessian is not positive definite it is shifted until it is")
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
    var (method, x) = (GradientNormalizedNewton<Double>(), Tensor([0.5, 0.01]))
    var last = Double.infinity
    for _ in 0..<100 {
      let report = try method.curvatureStep(Saddle(), at: &x)
      #expect(report.loss <= last)
      last = report.loss
      if report.status.isEnd { break }
    }
    #expect(abs(x[0]) + abs(x[1] - 1) < 1e-7)
  }
}
