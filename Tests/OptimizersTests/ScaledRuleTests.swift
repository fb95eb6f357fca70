import Foundation
import Optimizers
import Tensors
import Testing

/// A loss in other units of its parameters: f(s z).
private struct Rescaled<Base: Objective>: Objective where Base.Scalar == Double {
  let base: Base
  let scale: [Double]
  var layout: ParameterLayout { base.layout }

  func valueAndGradient(at z: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    let value = try base.valueAndGradient(at: Tensor(zip(z.elements, scale).map(*)), gradient: &gradient)
    gradient.withUnsafeMutableBufferPointer { g in
      for i in g.indices { g[i] *= scale[i] }
    }
    return value
  }
}

@Suite("Rules that choose their steps")
struct ScaledRuleTests {
  private let metrics: [SANIA<Double>.Metric] = [
    .sumOfSquares, .meanOfSquares(beta2: 0.9), .meanOfSquares(beta2: 0.999),
  ]

  @Test("SANIA with the curvature of a quadratic ends in its minimum after one full step")
  func saniaNewton() throws {
    let curvature = [1e-3, 0.7, 3, 123, 1e5]
    let loss = Quadratic(diagonal: curvature)
    var method = SANIA<Double>(metric: .curvature(Tensor(curvature)), epsilon: 0)
    var x = Tensor([1.0, -2, 3, 0.1, 7])
    let report = try method.step(loss, at: &x)
    #expect(report.diagnostics["Polyak step"] == 1)
    #expect(x.maxMagnitude() < 1e-14)
  }

  @Test("SANIA's first steps by hand")
  func saniaDefinition() throws {
    let loss = Quadratic(diagonal: [1, 4])
    for metric in metrics {
      var (method, x) = (SANIA<Double>(metric: metric, epsilon: 1e-3), Tensor([1.0, 2]))
      var (w, v) = ([1.0, 2], [0.0, 0])
      for t in 1...20 {
        let g = loss.product(w)
        let f = 0.5 * (w[0] * g[0] + w[1] * g[1])
        var scale = 1.0
        for i in 0..<2 {
          switch metric {
          case .meanOfSquares(let beta2):
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
            scale = 1 / (1 - pow(beta2, Double(t)))
          default: v[i] += g[i] * g[i]
          }
        }
        let s = (0..<2).map { g[$0] / (v[$0] * scale + 1e-3) }
        let q = g[0] * s[0] + g[1] * s[1]
        let step = 2 * f > q ? 1 : 1 - (1 - 2 * f / q).squareRoot()
        for i in 0..<2 { w[i] -= step * s[i] }
        _ = try method.step(loss, at: &x)
        #expect(largestDifference(x.elements, w) < 1e-12)
      }
    }
  }

  @Test("SANIA does not see the units of the parameters")
  func saniaScaleInvariance() throws {
    let loss = Quadratic([[2, 0.3, 0.1], [0.3, 1, 0.2], [0.1, 0.2, 0.5]])
    let start = [1.0, -2, 0.5]
    let units: [([Double], Double)] = [([1e-4, 3, 1e5], 1e-9), ([0.25, 1024, 1 / 65536.0], 0)]
    for (scale, tolerance) in units {
      for metric in metrics {
        var (first, second) = (SANIA(metric: metric, epsilon: 0), SANIA(metric: metric, epsilon: 0))
        var (x, z) = (Tensor(start), Tensor(zip(start, scale).map(/)))
        for _ in 0..<40 {
          let a = try first.step(loss, at: &x)
          let b = try second.step(Rescaled(base: loss, scale: scale), at: &z)
          #expect(abs(a.loss - b.loss) <= tolerance * a.loss)
        }
      }
    }
  }

  @Test("SANIA: a phase of complex gradients turns the path and nothing else")
  func saniaPhase() throws {
    let layout = ParameterLayout().appending("c", shape: [3], isComplex: true)
    var stream = RandomStream(seed: 2)
    let gradients = (0..<8).map { _ in (0..<6).map { _ in stream.nextNormal() } }
    func turned(_ vector: [Double]) -> [Double] {
      (0..<6).map {
        let (re, im) = (vector[$0 / 2 * 2], vector[$0 / 2 * 2 + 1])
        return $0 % 2 == 0 ? cos(0.7) * re - sin(0.7) * im : sin(0.7) * re + cos(0.7) * im
      }
    }
    let start = Array(repeating: 0.0, count: 6)
    for metric in metrics {
      let path = try train(
        GivenGradients(gradients, layout: layout), from: start, steps: 8, with: SANIA(metric: metric))
      let other = try train(
        GivenGradients(gradients.map(turned), layout: layout), from: start, steps: 8,
        with: SANIA(metric: metric))
      for (a, b) in zip(path, other) { #expect(largestDifference(turned(a), b) < 1e-13) }
      #expect(largestDifference(path[7], other[7]) > 1e-3)
    }
  }

  @Test("SMB corrects a step that is too long")
  func smbStep() throws {
    // Worked by hand from the formulas, in a program of its own.
    let loss = Quadratic(diagonal: [1, 10])
    var (method, x) = (SMB<Double>(), Tensor([1.0, 1]))
    let report = try method.step(loss, at: &x)
    #expect(abs(report.loss - 5.5) < 1e-15)
    #expect(report.diagnostics["corrected"] == 1)
    #expect(abs(x[0] - 1 + 0.4715683) < 5e-8 && abs(x[1] - 1 + 0.4549388) < 5e-8)
    #expect(abs(try loss.value(at: x) - 1.6250786) < 5e-8)
  }

  @Test("SMB takes plain steps where they suffice, and arrays by themselves where they do not")
  func smbArrays() throws {
    let loss = Quadratic(diagonal: [1, 10])
    var (short, y) = (SMB<Double>(rate: 0.1), Tensor([1.0, 1]))
    let report = try short.step(loss, at: &y)
    #expect(report.diagnostics["corrected"] == 0 && report.evaluations == 2)
    #expect(largestDifference(y.elements, [0.9, 0]) < 1e-15)
    // In one dimension y = −rate a g, and the formulas give s = −‖s‖² g / 2σ · (…), a multiple of the plain step; each
    // array of one number is one such problem.
    struct Apart: Objective {
      let layout: ParameterLayout
      let base: Quadratic
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        try base.valueAndGradient(at: x, gradient: &gradient)
      }
    }
    let layout = ParameterLayout().appending("a", shape: [1]).appending("b", shape: [1])
    var (apart, z) = (SMB<Double>(), Tensor([1.0, 1]))
    _ = try apart.step(Apart(layout: layout, base: loss), at: &z)
    for (k, curvature) in [1.0, 10].enumerated() {
      let (g, s) = (curvature, -curvature)
      let y = curvature * s
      let sigma = 0.5 * (abs(s) * (abs(y) + abs(g) / 0.99) - y * s)
      let theta = (y * s + 2 * sigma) * (y * s + 2 * sigma) - s * s * y * y
      let cg = -s * s / (2 * sigma)
      let cs = cg / theta * (-(y * s + 2 * sigma) * y * g + y * y * s * g)
      let cy = cg / theta * (-(y * s + 2 * sigma) * s * g + s * s * y * g)
      #expect(abs(z[k] - 1 - (cs * s + cg * g + cy * y)) < 1e-13)
    }
  }

  @Test("SMB's schedule: the rate grows while steps suffice, and falls while they are corrected")
  func smbSchedule() throws {
    let loss = Quadratic(diagonal: [1, 1])
    var (method, x) = (SMB<Double>(rate: 0.1, scheduleInterval: 3), Tensor([1.0, 1]))
    for _ in 0..<3 { _ = try method.step(loss, at: &x) }
    #expect(abs(method.rate - 0.1 / 0.9) < 1e-15)
    var (long, y) = (SMB<Double>(rate: 10, scheduleInterval: 3), Tensor([1.0, 1]))
    for _ in 0..<3 { _ = try long.step(loss, at: &y) }
    #expect(abs(long.rate - 9) < 1e-14)
    // No more than 20.
    let flat = Quadratic(diagonal: [1e-9, 1e-9])
    var (largest, z) = (SMB<Double>(rate: 19, scheduleInterval: 1), Tensor([1.0, 1]))
    for _ in 0..<5 { _ = try largest.step(flat, at: &z) }
    #expect(largest.rate == 19)
  }

  @Test("SMB halves its rate at a wall of NaN and goes on")
  func smbWall() throws {
    struct Wall: Objective {
      let layout = ParameterLayout(count: 1)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        gradient = Tensor([1 - 1 / x[0]])
        return x[0] - log(x[0])
      }
    }
    var (method, x) = (SMB<Double>(rate: 8), Tensor([4.0]))
    for _ in 0..<60 where !(try method.step(Wall(), at: &x).status.isEnd) {}
    #expect(method.rate < 8)
    #expect(abs(x[0] - 1) < 1e-6)
  }

  @Test(
    "OASIS on a diagonal quadratic: half steps after the first, whatever the condition",
    arguments: [1e2, 1e6])
  func oasis(condition: Double) throws {
    let n = 12
    let diagonal = (0..<n).map { pow(condition, Double($0) / Double(n - 1)) }
    let loss = Quadratic(diagonal: diagonal)
    var (method, x) = (OASIS<Double>(), Tensor((0..<n).map { 1 + 0.1 * Double($0) }))
    let first = try loss.value(at: x)
    for k in 1...21 {
      let report = try method.curvatureStep(loss, at: &x)
      if k > 1 { #expect(abs(report.stepLength - 0.5) < 1e-6) }
    }
    #expect(try loss.value(at: x) < 1e-12 * first)
  }

  @Test("OASIS's steps against its definition")
  func oasisDefinition() throws {
    // Signs do not matter for a diagonal Hessian that changes with x: f = Σ xᵢ⁴ / 4 + xᵢ² / 2.
    struct Quartic: CurvatureObjective {
      let layout = ParameterLayout(count: 3)
      func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
        gradient = x * x * x + x
        return x.elements.reduce(0) { $0 + $1 * $1 * $1 * $1 / 4 + $1 * $1 / 2 }
      }
      func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      {
        product = (3 * x * x + 1) * v
      }
      func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
        throws
      {
        try hessianProduct(at: x, v, into: &product)
      }
    }
    var (method, x) = (OASIS<Double>(initialRate: 0.2, beta2: 0.8, floor: 2), Tensor([1.0, -0.3, 2]))
    var (w, old, eta, theta) = (x.elements, [0.0, 0, 0], 0.2, Double.infinity)
    var (d, oldGradient) = ([0.0, 0, 0], [0.0, 0, 0])
    for t in 0..<15 {
      let g = w.map { $0 * $0 * $0 + $0 }
      for i in 0..<3 {
        let curvature = 3 * w[i] * w[i] + 1
        d[i] = t == 0 ? curvature : 0.8 * d[i] + 0.2 * curvature
      }
      let e = d.map { max(abs($0), 2) }
      if t > 0 {
        var (step, change) = (0.0, 0.0)
        for i in 0..<3 {
          step += (w[i] - old[i]) * (w[i] - old[i]) * e[i]
          change += (g[i] - oldGradient[i]) * (g[i] - oldGradient[i]) / e[i]
        }
        let next = min((1 + theta).squareRoot() * eta, (step / change).squareRoot() / 2)
        (theta, eta) = (next / eta, next)
      }
      (old, oldGradient) = (w, g)
      for i in 0..<3 { w[i] -= eta * g[i] / e[i] }
      let report = try method.curvatureStep(Quartic(), at: &x)
      #expect(report.evaluations == 1)
      #expect(abs(report.stepLength - eta) < 1e-10)
      #expect(largestDifference(x.elements, w) < 1e-11)
    }
    // On other samples, the gradient before is evaluated anew.
    method.objectiveChanged()
    #expect(try method.curvatureStep(Quartic(), at: &x).evaluations == 2)
  }
}
