import Foundation
import Optimizers
import Tensors
import Testing

@Suite("KFAC")
struct KFACTests {
  private typealias Factors = (inputs: [[Double]], outputs: [[Double]])

  /// A problem of one map with a bias, 5 × 5 with 6 rows of numbers, and a few numbers beside it.
  private func problem(
    groups count: Int, alike: Bool = false, seed: UInt32 = 3
  ) -> (loss: GivenFactors, groups: [[Factors]]) {
    var generator = LinearCongruential(seed: seed)
    let layout = ParameterLayout().appending("free", shape: [3]).appending("weight", shape: [5, 5])
      .appending("bias", shape: [5])
    let layer = AffineLayer(name: "weight", inputs: 5, outputs: 5, weight: 3..<28, bias: 28..<33)
    let shared = positiveMatrix(6, from: &generator)
    let groups = (0..<count).map { k in
      [
        Factors(
          alike && k > 0 ? shared : positiveMatrix(6, from: &generator), positiveMatrix(5, from: &generator))
      ]
    }
    let rows = 40
    let matrix = Tensor<Double>(
      shape: [rows, layout.count], (0..<rows * layout.count).map { _ in generator.uniform(1) })
    let loss = GivenFactors(
      layout, layers: [layer], groups: groups, others: [(0..<3, [2, 0.5, 4])], matrix: matrix,
      target: (0..<rows).map { _ in generator.uniform(1) })
    return (loss, groups)
  }

  /// Σ A ⊗ B of factors with λ on their diagonals, as one matrix of 30 rows, solved with Gauss' elimination.
  private func solve(_ groups: [Factors], damping: Double, _ right: [Double]) -> [Double] {
    let (m, n) = (groups[0].inputs.count, groups[0].outputs.count)
    var a = [[Double]](repeating: [Double](repeating: 0, count: m * n + 1), count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for k in 0..<m {
          for l in 0..<n {
            for (inputs, outputs) in groups {
              a[i * n + j][k * n + l] +=
                (inputs[i][k] + (i == k ? damping : 0)) * (outputs[j][l] + (j == l ? damping : 0))
            }
          }
        }
        a[i * n + j][m * n] = right[i * n + j]
      }
    }
    for k in 0..<m * n {
      let pivot = (k..<m * n).max { abs(a[$0][k]) < abs(a[$1][k]) }!
      a.swapAt(k, pivot)
      for row in 0..<m * n where row != k {
        let factor = a[row][k] / a[k][k]
        for column in k...m * n { a[row][column] -= factor * a[k][column] }
      }
    }
    return (0..<m * n).map { a[$0][m * n] / a[$0][$0] }
  }

  /// The direction of a first step with factors that forget identities at once, from the grid's full step or the automatic
  /// one: its length is free.
  private func direction(_ loss: GivenFactors, damping: Double) throws -> (step: [Double], gradient: [Double])
  {
    var kfac = KFAC<Double>(damping: damping, decay: 0)
    var x = Tensor<Double>.zeros([loss.layout.count])
    let report = try kfac.layerwiseStep(loss, at: &x)
    var gradient = Tensor<Double>.zeros(x.shape)
    _ = loss.valueAndGradient(at: .zeros(x.shape), gradient: &gradient)
    return (x.elements.map { $0 / report.stepLength }, gradient.elements)
  }

  @Test(
    "the inverse of a sum of Kronecker products is that of a dense solve",
    arguments: [(1, 0.1), (2, 0.1), (2, 1e-10)])
  func inverse(groups: Int, damping: Double) throws {
    let (loss, factors) = problem(groups: groups)
    let (step, gradient) = try direction(loss, damping: damping)
    let expected = solve(factors.map { $0[0] }, damping: damping, Array(gradient[3...])).map { -$0 }
    let scale = expected.map(abs).max()!
    #expect(largestDifference(Array(step[3...]), expected) <= 1e-9 * scale)
    let diagonal = zip(gradient, [2, 0.5, 4]).map { -$0 / ($1 + damping) }
    #expect(largestDifference(Array(step[..<3]), diagonal) <= 1e-12 * diagonal.map(abs).max()!)
  }

  @Test("more than two groups are the sum itself where inputs are alike, and keep its trace")
  func merged() throws {
    let (loss, factors) = problem(groups: 4, alike: true)
    let (step, gradient) = try direction(loss, damping: 1e-12)
    let expected = solve(factors.map { $0[0] }, damping: 1e-12, Array(gradient[3...])).map { -$0 }
    #expect(largestDifference(Array(step[3...]), expected) <= 1e-9 * expected.map(abs).max()!)

    func trace(_ a: [[Double]]) -> Double { a.indices.reduce(0) { $0 + a[$1][$1] } }
    let (unlike, groups) = problem(groups: 3)
    var kfac = KFAC<Double>(decay: 0)
    var x = Tensor<Double>.zeros([unlike.layout.count])
    _ = try kfac.layerwiseStep(unlike, at: &x)
    // Groups of 36 and 25 numbers, of which the second is the joined one.
    let kept = kfac.state.doubles["factors"]!.elements
    let a = (0..<6).reduce(0) { $0 + kept[61 + 7 * $1] }
    let b = (0..<5).reduce(0) { $0 + kept[97 + 6 * $1] }
    let whole = groups[1...].reduce(0) { $0 + trace($1[0].inputs) * trace($1[0].outputs) }
    #expect(abs(a * b - whole) <= 1e-12 * whole)
  }

  @Test("averages begin with identities and forget them by the decay")
  func averages() throws {
    let (loss, _) = problem(groups: 2)
    var kfac = KFAC<Double>(decay: 0.75)
    var x = Tensor<Double>.zeros([loss.layout.count])
    for k in 1...3 {
      _ = try kfac.layerwiseStep(loss, at: &x)
      let kept = kfac.state.doubles["factors"]!.elements
      let old = pow(0.75, Double(k))
      for i in 0..<6 {
        for j in 0..<6 {
          let expected = old * (i == j ? 1 : 0) + (1 - old) * loss.factors[i * 6 + j]
          #expect(abs(kept[i * 6 + j] - expected) <= 1e-14)
        }
      }
    }
  }

  @Test("a step is the exact minimum on the span of the direction and the step before")
  func span() throws {
    let (loss, _) = problem(groups: 2)
    var kfac = KFAC<Double>(damping: 1e-14)
    var (x, before) = (Tensor<Double>.zeros([loss.layout.count]), Tensor<Double>.zeros([loss.layout.count]))
    var last = [Double]()
    for k in 0..<6 {
      before = x + 0
      let report = try kfac.layerwiseStep(loss, at: &x)
      let step = (x - before).elements
      var (gradient, old) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros(x.shape))
      _ = loss.valueAndGradient(at: x, gradient: &gradient)
      _ = loss.valueAndGradient(at: before, gradient: &old)
      func cosine(_ v: [Double]) -> Double {
        let product = zip(gradient.elements, v).reduce(0) { $0 + $1.0 * $1.1 }
        return product / (old.norm() * Tensor(v).norm())
      }
      #expect(abs(cosine(step)) <= 1e-9)
      if k > 0 {
        // The slope along the step before vanishes too: Δ is what the step is beside it.
        let mu = report.diagnostics["momentum"]!
        let fresh = zip(step, last).map { $0 - mu * $1 }
        #expect(abs(cosine(last)) <= 1e-9 && abs(cosine(fresh)) <= 1e-9 && mu != 0)
      }
      last = step
    }
  }

  /// r = (Z ⊗ I) w − y: the Gauss-Newton matrix of w, 4 × 3, is Zᵀ Z ⊗ I.
  private func linearMap() -> GivenFactors {
    var generator = LinearCongruential(seed: 9)
    let (rows, inputs, outputs) = (20, 4, 3)
    let z = (0..<rows).map { _ in (0..<inputs).map { _ in generator.uniform(1) } }
    let layout = ParameterLayout().appending("weight", shape: [inputs, outputs])
    var matrix = [Double](repeating: 0, count: rows * outputs * inputs * outputs)
    for i in 0..<rows {
      for j in 0..<outputs {
        for k in 0..<inputs { matrix[((i * outputs + j) * inputs + k) * outputs + j] = z[i][k] }
      }
    }
    let gram = (0..<inputs).map { k in
      (0..<inputs).map { l in (0..<rows).reduce(0) { $0 + z[$1][k] * z[$1][l] } }
    }
    let unit = (0..<outputs).map { i in (0..<outputs).map { $0 == i ? 1.0 : 0 } }
    return GivenFactors(
      layout, layers: [AffineLayer(name: "weight", inputs: 4, outputs: 3, weight: 0..<12, bias: nil)],
      groups: [[(gram, unit)]], matrix: Tensor(shape: [rows * outputs, 12], matrix),
      target: (0..<rows * outputs).map { _ in generator.uniform(1) })
  }

  @Test("with the exact factors of a linear map one step is enough")
  func exact() throws {
    let loss = linearMap()
    for step in [KFACStep.automatic, .gridSearch()] {
      var kfac = KFAC<Double>(step: step, damping: 1e-14, decay: 0)
      var x = Tensor<Double>.zeros([12])
      let report = try kfac.layerwiseStep(loss, at: &x)
      var gradient = Tensor<Double>.zeros([12])
      _ = loss.valueAndGradient(at: x, gradient: &gradient)
      #expect(abs(report.stepLength - 1) <= 1e-10 && gradient.norm() <= 1e-10 * report.gradientNorm)
    }
  }

  @Test("a search that finds nothing loses its momentum, and ends in the next step")
  func stalls() throws {
    let loss = linearMap()
    var kfac = KFAC<Double>(step: .gridSearch(momentum: 0.9), damping: 1e-10)
    var x = Tensor<Double>.zeros([12])
    let first = try kfac.layerwiseStep(loss, at: &x)
    #expect(first.stepLength > 0 && first.status == .continued)
    // From here on, no step lowers the loss.
    loss.isFlat = true
    let kept = x.elements
    let second = try kfac.layerwiseStep(loss, at: &x)
    #expect(second.stepLength == 0 && second.status == .continued)
    let third = try kfac.layerwiseStep(loss, at: &x)
    #expect(third.stepLength == 0 && third.status.isEnd && x.elements == kept)
  }

  @Test("a gradient that is not finite leaves the parameters alone; a state of other factors is refused")
  func badInput() throws {
    let (loss, groups) = problem(groups: 2)
    let broken = GivenFactors(
      loss.layout, layers: loss.factorLayout.layers, groups: groups, others: [(0..<3, [2, 0.5, 4])],
      matrix: loss.matrix, target: loss.target.map { _ in .nan })
    let poisoned = GivenFactors(
      loss.layout, layers: loss.factorLayout.layers, groups: groups, others: [(0..<3, [2, .nan, 4])],
      matrix: loss.matrix, target: loss.target)
    var kfac = KFAC<Double>()
    var x = Tensor<Double>.zeros([loss.layout.count])
    _ = try kfac.layerwiseStep(loss, at: &x)
    let (kept, state) = (x.elements, kfac.state)
    for bad in [broken, poisoned] {
      #expect(throws: OptimizerError.self) { _ = try kfac.layerwiseStep(bad, at: &x) }
      #expect(x.elements == kept && kfac.state == state)
    }
    let other = GivenFactors(
      loss.layout, layers: loss.factorLayout.layers, groups: [groups[0]],
      others: [(0..<3, [2, 0.5, 4])], matrix: loss.matrix, target: loss.target)
    let error = #expect(throws: OptimizerError.self) { _ = try kfac.layerwiseStep(other, at: &x) }
    #expect(error?.description.contains("factors") == true && x.elements == kept)
  }

  @Test("the same bits with one thread and with all, and bases kept between renewals")
  func threads() throws {
    let valley = Valley(
      layout: ParameterLayout().appending("a", shape: [70, 90]).appending("b", shape: [90])
        .appending("c", shape: [90, 40]).appending("d", shape: [40]).appending("e", shape: [7]))
    func path() throws -> [Double] {
      var kfac = KFAC<Double>(refreshInterval: 2)
      var x = Tensor((0..<valley.layout.count).map { 0.1 * sin(Double($0)) })
      for _ in 0..<5 { _ = try kfac.layerwiseStep(valley, at: &x) }
      return x.elements
    }
    let (parallel, serial) = (try path(), try serially { try path() })
    #expect(parallel == serial && parallel.allSatisfy(\.isFinite))
  }
}
