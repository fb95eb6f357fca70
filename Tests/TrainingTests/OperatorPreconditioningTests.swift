import Ansatz
import Foundation
import Testing

private struct Line: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-.pi, .pi) }
  var equations: [Equation] { [-dx(dx(u)) == sin(x) + 0.2 * cos(3 * x)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

private struct Transport: Problem {
  var speed: Double
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] { [dt(u) + speed * dx(u) == 0] }
  var conditions: [Condition] { [.initial(u == sin(x))] }
}

private struct Plate: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] { [laplacian(laplacian(u)) + 3 * dx(u) - 2 * u == cos(2 * .pi * x)] }
}

private struct Front: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) + u * dx(u) + pow(dx(u), 2) == 0.1 * dx(dx(u)) + u - pow(u, 3)] }
  var conditions: [Condition] { [.initial(u == 0)] }
}

@Suite("Preconditioning by the operator")
struct OperatorPreconditioningTests {
  private func series(_ modes: Int) throws -> (
    FourierSeries<Double>, PhysicsObjective<Double>, Tensor<Double>
  ) {
    let system = try PointwiseSystem(Line())
    let model = FourierSeries<Double>((1...modes).map { [Double($0)] })
    // Midpoints integrate the products of waves exactly.
    let count = 4 * modes
    let inside = (0..<count).map { -Double.pi + (Double($0) + 0.5) * 2 * Double.pi / Double(count) }
    let objective = try PhysicsObjective(
      system, model: model,
      points: PointSet([
        .inside: Tensor(shape: [count, 1], inside),
        .side(Side(.x, upper: false)): Tensor(shape: [1, 1], [-Double.pi]),
        .side(Side(.x, upper: true)): Tensor(shape: [1, 1], [Double.pi]),
      ]))
    return (model, objective, objective.parameterVector)
  }

  /// λ of ⟨u″, v″⟩ + λ(uv at −π + uv at π) as the weight beside a mean over the interval.
  private func setWeight(_ lambda: Double, _ objective: PhysicsObjective<Double>) {
    objective.setWeights(objective.terms.map { $0.place == .inside ? 1 : lambda / (2 * Double.pi) })
  }

  /// The basis 1/√2, cos kx, sin kx.
  private func normalized(_ objective: PhysicsObjective<Double>) -> Tensor<Double> {
    let bias = objective.layout["output.bias"]!.range
    return Tensor((0..<objective.layout.count).map { bias.contains($0) ? 0.5.squareRoot() : 1 })
  }

  // De Ryck et al., ICLR 2024, Poisson's equation: the best weight of the boundary leaves a condition of order K⁴.
  @Test("the condition of Poisson's equation in waves", arguments: [(4, 870.0), (64, 5.2e7)])
  func poisson(modes: Int, expected: Double) throws {
    let (_, objective, x) = try series(modes)
    let scale = normalized(objective)
    var best = Double.infinity
    for step in 0...60 {
      setWeight(Foundation.pow(10, -2 + 0.1 * Double(step)), objective)
      best = min(best, try OperatorConditioning(objective, at: x, scale: scale).condition)
    }
    #expect(abs(best - expected) <= 0.05 * expected, "κ = \(best)")
  }

  @Test("preconditioned, it is near 1 whatever the number of waves", arguments: [4, 16, 64])
  func preconditioned(modes: Int) throws {
    let (model, objective, x) = try series(modes)
    let lambda = 0.01
    setWeight(lambda, objective)
    var scale = try OperatorPreconditioner(PointwiseSystem(Line())).scale(
      objective.layout, rowsOf: "output.weight", features: model.features, isEvolution: false
    ).elements
    let bias = objective.layout["output.bias"]!.range.lowerBound
    // γ² = π/λ for the constant 1/√2.
    scale[bias] = (Double.pi / lambda).squareRoot() * 0.5.squareRoot()
    let spectrum = try OperatorConditioning(objective, at: x, scale: Tensor(scale))
    #expect(abs(spectrum.condition - 1.18) <= 0.05 * 1.18, "κ = \(spectrum.condition)")

    // Gradient descent at the best rate: tens of steps against more than can be waited for.
    var plain = SGD<Double>(rate: .constant(try OperatorConditioning(objective, at: x).bestRate), momentum: 0)
    var better = SGD<Double>(rate: .constant(spectrum.bestRate), momentum: 0).reparametrized(
      by: Tensor(scale))
    var (a, b) = (x + 0, x + 0)
    let first = try objective.value(at: x)
    for _ in 0..<50 { _ = try better.step(objective, at: &b) }
    #expect(try objective.value(at: b) <= 1e-8 * first)
    guard modes >= 16 else { return }
    for _ in 0..<2000 { _ = try plain.step(objective, at: &a) }
    #expect(try objective.value(at: a) >= 1e-4 * first)
  }

  @Test("the symbol of transport", arguments: [(1.0, 576.0), (10, 9216), (50, 173_056), (100, 665_856)])
  func transport(speed: Double, expected: Double) throws {
    let symbol = try OperatorSymbol(PointwiseSystem(Transport(speed: speed)))
    var sizes: [Double] = []
    for frequency in -16...16 {
      for wave in -8...8 {
        let size = symbol.magnitude([Double(wave)], frequency: Double(frequency))
        #expect(abs(size - abs(Double(frequency) + speed * Double(wave))) < 1e-12)
        if size > 1e-9 { sizes.append(size) }
      }
    }
    let ratio = sizes.max()! / sizes.min()!
    #expect(abs(ratio * ratio - expected) <= 1e-9 * expected)
  }

  @Test("symbols of any operator with constant coefficients")
  func symbols() throws {
    let plate = try OperatorSymbol(PointwiseSystem(Plate()))
    let p = plate([1.5, -0.5])
    #expect(abs(p.real - (2.5 * 2.5 - 2)) < 1e-13 && abs(p.imaginary - 4.5) < 1e-13)
    #expect(throws: EquationError.self) { try OperatorSymbol(PointwiseSystem(Front())) }
    // About u = ½: u_t + ½ u_x − 0.1 u_xx − u + ¾ u.
    let front = try OperatorSymbol(PointwiseSystem(Front()), about: 0.5)
    let q = front([2], frequency: 3)
    #expect(abs(q.real - (0.4 - 0.25)) < 1e-13 && abs(q.imaginary - 4) < 1e-13)
    #expect(throws: EquationError.self) { try OperatorSymbol(PointwiseSystem(GrayScott())) }
  }

  @Test("a scale of ones changes nothing, and Gauss-Newton does not see the scale")
  func composition() throws {
    let (_, objective, x) = try series(4)
    setWeight(1, objective)
    func run(_ optimizer: some LeastSquaresOptimizer<Double>, _ steps: Int) throws -> Tensor<Double> {
      var (optimizer, x) = (optimizer, x + 0.1)
      for _ in 0..<steps { _ = try optimizer.leastSquaresStep(objective, at: &x) }
      return x
    }
    let ones = Tensor<Double>.ones(x.shape)
    #expect(
      try run(Adam<Double>(rate: 1e-2), 20) == run(Adam<Double>(rate: 1e-2).reparametrized(by: ones), 20))
    #expect(try run(LBFGS<Double>(), 20) == run(LBFGS<Double>().reparametrized(by: ones), 20))
    let scale = Tensor((0..<x.count).map { 0.5 + Double($0 % 5) })
    let (a, b) = (
      try run(GaussNewton<Double>(), 1), try run(GaussNewton<Double>().reparametrized(by: scale), 1)
    )
    #expect((a - b).maxMagnitude() < 1e-10)
    // One step of descent is θ − η P² g.
    var gradient = Tensor<Double>.zeros(x.shape)
    _ = try objective.valueAndGradient(at: x + 0.1, gradient: &gradient)
    let c = try run(SGD<Double>(rate: 1e-3, momentum: 0).reparametrized(by: scale), 1)
    #expect((c - (x + 0.1 - gradient * scale * scale * 1e-3)).maxMagnitude() < 1e-12)
  }

  @Test("the analysis of a problem finds the same numbers by itself")
  func analysis() throws {
    let line = try OperatorAnalysis(PointwiseSystem(Line()), waves: 4, until: 1)
    #expect(line.parameters == 9)
    #expect(abs(line.plain.condition - 870) <= 0.05 * 870, "\(line.plain.condition)")
    #expect(line.preconditioned.condition < 2, "\(line.preconditioned.condition)")
    #expect(line.preconditioned.steps(lowering: 1e-8) <= 50)
    let fast = try OperatorAnalysis(PointwiseSystem(Transport(speed: 50)), waves: 4, until: 2 * .pi)
    #expect(fast.plain.condition > 1e3 * fast.preconditioned.condition)
    #expect(throws: TrainingError.self) {
      try OperatorAnalysis(PointwiseSystem(Transport(speed: 50)), waves: 40, until: 1)
    }
  }

  @Test(
    "what descent leaves of the loss is what the spectrum says, plain and scaled by the symbol and the conditions"
  )
  func lossLeft() throws {
    let (model, objective, x) = try series(6)
    setWeight(0.01, objective)
    let scale = try OperatorPreconditioner(PointwiseSystem(Line())).scale(
      objective, rowsOf: "output.weight", features: model.features)
    let analysis = try NetworkAnalysis(objective, at: x, scale: scale)
    #expect(analysis.parameters == 13 && analysis.residuals == 26)
    let first = try objective.value(at: x)
    func left(_ steps: Int, _ spectrum: NetworkAnalysis.Spectrum, _ scale: Tensor<Double>) throws -> Double {
      var method = SGD<Double>(rate: .constant(1 / spectrum.eigenvalues[0]), momentum: 0).reparametrized(
        by: scale)
      var point = x + 0
      for _ in 0..<steps { _ = try method.leastSquaresStep(objective, at: &point) }
      return try objective.value(at: point) / first
    }
    for steps in [1, 7, 60] {
      let plain = analysis.plain.lossLeft(afterSteps: Double(steps))
      #expect(abs(try left(steps, analysis.plain, .ones(x.shape)) - plain) < 1e-9, "\(steps) steps")
      let own = try #require(analysis.preconditioned)
      #expect(abs(try left(steps, own, scale) - own.lossLeft(afterSteps: Double(steps))) < 1e-9)
    }
    // Near 1, as of scales by hand.
    let condition = try #require(analysis.preconditioned).condition
    #expect(condition < 2, "κ = \(condition)")
    #expect(analysis.plain.lossLeft(afterSteps: 60) > 0.1)
    #expect(try #require(analysis.preconditioned).lossLeft(afterSteps: 60) < 1e-12)
  }
}
