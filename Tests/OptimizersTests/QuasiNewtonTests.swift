import Foundation
import Optimizers
import Tensors
import Testing

/// The quasi-Newton methods, with a search and a tolerance of the gradient.
private func methods(_ search: StrongWolfe, tolerance: Double = 0) -> [String: any GradientOptimizer<Double>]
{
  [
    "BFGS": BFGS(search: search, gradientTolerance: tolerance),
    "SSBFGS": SSBFGS(search: search, gradientTolerance: tolerance),
    "SSBroyden1": SSBroyden1(search: search, gradientTolerance: tolerance),
    "SSBroyden2": SSBroyden2(search: search, gradientTolerance: tolerance),
    "L-BFGS": LBFGS(memory: 20, search: search, gradientTolerance: tolerance),
    "L-BFGS, one pair": LBFGS(memory: 1, search: search, gradientTolerance: tolerance),
    "L-BFGS, unscaled": LBFGS(memory: 20, search: search, gradientTolerance: tolerance, isScaled: false),
  ]
}

private let names = methods(StrongWolfe()).keys.sorted()

/// A matrix of order 10 with eigenvalues 1, 112, …, 1000 in the basis of the discrete cosine transform.
private func matrix() -> [[Double]] {
  let n = 10
  let eigenvalues = (0..<n).map { 1 + 111 * Double($0) }
  return (0..<n).map { i in
    (0..<n).map { j in (0..<n).reduce(0) { $0 + basis(i, $1) * eigenvalues[$1] * basis(j, $1) } }
  }
}

private func basis(_ i: Int, _ k: Int) -> Double {
  (k == 0 ? 0.1 : 0.2).squareRoot() * cos(.pi * (Double(i) + 0.5) * Double(k) / 10)
}

/// A point with the same part of every eigenvector.
private let start = (0..<10).map { i in (0..<10).reduce(0.0) { $0 + basis(i, $1) } }

/// A search so narrow that it ends at the minimum along the line.
private let exact = StrongWolfe(sufficientDecrease: 1e-14, curvature: 1e-11, evaluationLimit: 200)

@Suite("Quasi-Newton methods")
struct QuasiNewtonTests {
  @Test("with exact searches on a quadratic they give the iterates of conjugate gradients", arguments: names)
  func conjugateGradients(name: String) throws {
    let loss = Quadratic(matrix())
    let method = try #require(methods(exact)[name])
    let path = try trainAny(loss, from: start, steps: 8, with: method)
    // Hestenes and Stiefel (1952), with directions conjugate to all earlier ones in spite of rounding.
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var x = start
    var earlier: [(p: [Double], ap: [Double])] = []
    for k in 0..<8 {
      let r = loss.product(x).map { -$0 }
      var p = r
      for _ in 0..<2 {
        for (q, aq) in earlier {
          let part = dot(p, aq) / dot(q, aq)
          for i in 0..<10 { p[i] -= part * q[i] }
        }
      }
      let ap = loss.product(p)
      let alpha = dot(r, p) / dot(p, ap)
      for i in 0..<10 { x[i] += alpha * p[i] }
      earlier.append((p, ap))
      #expect(largestDifference(path[k], x) < 1e-10, "step \(k + 1)")
    }
  }

  @Test("BFGS and SSBFGS end with the inverse Hessian, the Broyden methods do not")
  func inverseHessian() throws {
    let loss = Quadratic(matrix())
    // From the identity, which is not below the inverse Hessian, so that SSBFGS need not scale.
    func deviation<Update: BroydenUpdate>(_ type: DenseQuasiNewton<Double, Update>.Type) throws -> Double {
      var method = DenseQuasiNewton<Double, Update>(search: exact, isScaled: false)
      var x = Tensor(start)
      for _ in 0..<10 { _ = try method.step(loss, at: &x) }
      let h = method.inverseHessian
      var worst = 0.0
      for i in 0..<10 {
        let row = loss.product((0..<10).map { h[i, $0] })
        for j in 0..<10 {
          worst = max(worst, abs(row[j] - (i == j ? 1 : 0)))
          #expect(h[i, j] == h[j, i])
        }
      }
      return worst
    }
    #expect(try deviation(BFGS<Double>.self) < 1e-8)
    #expect(try deviation(SSBFGS<Double>.self) < 1e-8)
    #expect(try deviation(SSBroyden1<Double>.self) > 1e-3)
    #expect(try deviation(SSBroyden2<Double>.self) > 1e-3)
  }

  @Test(
    "Rosenbrock's function, with both Wolfe conditions at every step",
    arguments: [
      ("BFGS", 34), ("SSBFGS", 37), ("SSBroyden1", 34), ("SSBroyden2", 39), ("L-BFGS", 37),
    ])
  func rosenbrock(name: String, reference: Int) throws {
    // Counts of an independent program with another search: ± 30 %.
    let method = try #require(methods(StrongWolfe(), tolerance: 1e-8)[name])
    let (iterations, x) = try wolfeSteps(Rosenbrock(), [-1.2, 1], method)
    #expect(abs(x[0] - 1) + abs(x[1] - 1) < 1e-7)
    #expect(iterations <= reference * 13 / 10 && iterations >= reference * 7 / 10, "\(iterations) steps")
  }

  private func wolfeSteps(
    _ loss: some Objective<Double>, _ start: [Double], _ method: any GradientOptimizer<Double>
  ) throws -> (Int, [Double]) {
    func opened<Method: GradientOptimizer<Double>>(_ method: Method) throws -> (Int, [Double]) {
      var (method, x) = (method, Tensor(start))
      var (g0, g1) = (Tensor<Double>.zeros([2]), Tensor<Double>.zeros([2]))
      for step in 1...200 {
        let before = x
        let report = try method.step(loss, at: &x)
        let f0 = try loss.valueAndGradient(at: before, gradient: &g0)
        let f1 = try loss.valueAndGradient(at: x, gradient: &g1)
        let move = x - before
        let (slope0, slope1) = (g0.dot(move), g1.dot(move))
        #expect(f1 <= f0 + 1e-4 * slope0, "step \(step)")
        #expect(abs(slope1) <= 0.9 * abs(slope0) * (1 + 1e-9), "step \(step)")
        #expect(report.loss == f1)
        if report.status.isEnd { return (step, x.elements) }
      }
      return (200, x.elements)
    }
    return try opened(method)
  }

  @Test(
    "losses of 10⁻⁸ and below end nothing: the path does not depend on the scale of the loss",
    arguments: names)
  func relativeTolerances(name: String) throws {
    struct Scaled: Objective {
      let layout = ParameterLayout(count: 2)
      let factor: Double
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        let value = try Rosenbrock().valueAndGradient(at: x, gradient: &gradient)
        gradient.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] *= factor } }
        return factor * value
      }
    }
    let method = try #require(methods(StrongWolfe())[name])
    let path = try trainAny(Scaled(factor: 1e-12), from: [-1.2, 1], steps: 60, with: method)
    let end = try #require(path.last)
    #expect(abs(end[0] - 1) + abs(end[1] - 1) < (name == "L-BFGS, one pair" ? 1e-2 : 1e-5))
  }

  @Test("a wall of NaN is a bound of the search", arguments: names)
  func wall(name: String) throws {
    // x − log x has its minimum at 1, and no value below 0.
    struct Wall: Objective {
      let layout = ParameterLayout(count: 1)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        let x = x.scalar
        gradient[0] = x > 0 ? 1 - 1 / x : .nan
        return x > 0 ? x - log(x) : .nan
      }
    }
    let method = try #require(methods(StrongWolfe())[name])
    let path = try trainAny(Wall(), from: [30], steps: 40, with: method)
    #expect(abs(try #require(path.last)[0] - 1) < 1e-7)
  }

  @Test("a minimum to rounding is noticed", arguments: names)
  func rounding(name: String) throws {
    func opened<Method: GradientOptimizer<Double>>(_ method: Method) throws -> Bool {
      var (method, x) = (method, Tensor([-1.2, 1]))
      for _ in 0..<2000 where try method.step(Rosenbrock(), at: &x).status.isEnd { return true }
      return false
    }
    let method = try #require(methods(StrongWolfe())[name])
    let ended = try opened(method)
    #expect(ended)
  }

  @Test("a changed objective keeps H if it is positive definite")
  func objectiveChanged() throws {
    var method = BFGS<Double>()
    var x = Tensor([-1.2, 1.0])
    for _ in 0..<20 { _ = try method.step(Rosenbrock(), at: &x) }
    let kept = method.inverseHessian
    method.objectiveChanged()
    #expect(method.inverseHessian == kept)
    // The next step is along −H g of the new objective.
    let loss = Quadratic(diagonal: [3, 5])
    let before = x
    let report = try method.step(loss, at: &x)
    let g = loss.product(before.elements)
    for i in 0..<2 {
      let direction = -(kept[i, 0] * g[0] + kept[i, 1] * g[1])
      #expect(abs(x[i] - before[i] - report.stepLength * direction) < 1e-14)
    }
    // An H that is not positive definite is given up.
    var state = method.state
    state.doubles["inverse Hessian"] = Tensor(rows: [[1, 2], [2, 1]])
    try method.restore(state)
    method.objectiveChanged()
    #expect(method.inverseHessian == .identity(2))
  }
}
