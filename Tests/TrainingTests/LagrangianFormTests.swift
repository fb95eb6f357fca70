import Ansatz
import Foundation
import Testing

/// Equations given as text on a box, with initial values and a condition on all sides that have one.
struct CarriedProblem: Problem {
  let equations: [Equation]
  let domain: Domain
  let conditions: [Condition]

  init(
    _ text: String, _ domain: Domain = .interval(-.pi, .pi, periodic: true), initial: String = "u = sin(x)",
    sides: String? = nil
  ) throws {
    func equations(_ text: String) throws -> [Equation] {
      try text.split(separator: ";").map { try FormulaText.equation(String($0)) }
    }
    self.equations = try equations(text)
    self.domain = domain
    conditions =
      try equations(initial).map { .initial($0) }
      + (sides.map { try equations($0).map { .dirichlet($0) } } ?? [])
  }
}

/// Unknowns and displacements in closed form, times a parameter that is 1.
private struct ExactLabels: Layer {
  typealias Scalar = Double
  let dimension: Int
  let formulas: [Node]
  @Parameter var factor: Tensor<Double> = .ones([1])

  init(_ dimension: Int, _ formulas: [ScalarField]) {
    (self.dimension, self.formulas) = (dimension, formulas.map(\.node))
  }

  func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
    let formula = PointFormula(points: x, dimension: dimension) { _ in Tensor(0) }
    let columns = formulas.enumerated().map { i, node -> Tensor<Double> in
      let value = try! formula(node)
      return (i == 0 ? value * factor.reshaped([]) : value).broadcast(to: [x.shape[0], 1])
    }
    return .concatenated(columns, axis: 1)
  }
}

@Suite("Convection-diffusion in labels")
struct LagrangianFormTests {
  /// The loss of closed forms at random labels.
  private func loss(
    _ problem: some Problem, _ formulas: [ScalarField], derivatives: LagrangianDerivatives = .positions
  ) throws -> Double {
    let system = try PointwiseSystem(problem)
    let lagrangian = try LagrangianSystem(
      system, until: 0.5, derivatives: derivatives, motion: .material, removesDrift: false)
    let points: Tensor<Double> = CollocationSampler(inside: 60, boundary: 0, seed: 3).points(
      .inside, of: lagrangian.labels, until: 0.5, count: 60)
    let objective = try PhysicsObjective(
      lagrangian.labels, model: ExactLabels(system.dimension, formulas), points: PointSet([.inside: points]),
      conditions: [])
    return try objective.value(at: objective.parameterVector)
  }

  /// ẋ = sin x carries a to 2 atan(eᵗ tan ½a).
  private var stretched: ScalarField { 2 * atan(exp(.t) * sin(0.5 * .x) / cos(0.5 * .x)) }

  @Test(
    "derivatives in space of every order follow from the label Jacobian in one dimension",
    arguments: [
      ("u_x", "-cos(x-t)"), ("0.3*u_xx", "0.3*sin(x-t)"), ("0.2*u_xxx", "0.2*cos(x-t)"),
      ("0.1*u_xxxx - u^2 + x*t", "-0.1*sin(x-t) + sin(x-t)^2 - x*t"),
      ("u_x^2 + u*u_xx", "-cos(x-t)^2 + sin(x-t)^2"),
    ])
  func derivatives(right: String, source: String) throws {
    // u = sin(x − t) solves u_t + sin(x) u_x = right + f with f = −cos(x − t) + sin(x) cos(x − t) − right(u).
    let problem = try CarriedProblem(
      "u_t + sin(x)*u_x = \(right == "u_x" ? "0" : right) - cos(x-t) + sin(x)*cos(x-t) + \(right == "u_x" ? "0" : source)"
    )
    let exact = [sin(stretched - .t), stretched - .x]
    #expect(try loss(problem, exact) < 1e-18)
    if right != "u_x" { #expect(try loss(problem, exact, derivatives: .labels) > 1e-4) }
    // A state that is not carried along is none.
    #expect(try loss(problem, [sin(.x - .t), stretched - .x]) > 1e-3)
    #expect(try loss(problem, [exact[0], exact[1] + 0.1 * .t]) > 1e-4)
  }

  @Test("conservative forms, variable coefficients and factors of the time derivative are the same equation")
  func forms() throws {
    // u = sin(x − t) again, carried by sin x.
    struct Stated: Problem {
      let equations: [Equation]
      var domain: Domain { .interval(-.pi, .pi, periodic: true) }
      var conditions: [Condition] { [.initial(ScalarField.unknown("u") == sin(x))] }
    }
    let (u, x, t) = (ScalarField.unknown("u"), ScalarField.x, ScalarField.t)
    let source = sin(x) * cos(x - t) - cos(x - t)
    let spread = 1.5 + cos(x)
    for equation in [
      dt(u) + dx(sin(x) * u) == cos(x) * u + source,
      (2 + t) * dt(u) + (2 + t) * sin(x) * dx(u) == (2 + t) * source,
      dt(u) + sin(x) * dx(u) == dx(spread * dx(u)) + source + sin(x) * cos(x - t) + spread * sin(x - t),
    ] {
      let exact = [sin(stretched - .t), stretched - .x]
      #expect(try loss(Stated(equations: [equation]), exact) < 1e-18, "\(equation)")
    }
    // Of (u²/2)_x = u u_x the velocity is u; of sin(u)_x it is cos u.
    for (equation, velocity) in [
      (dt(u) + dx(0.5 * u * u) == 0.1 * dx(dx(u)), "u"), (dt(u) + dx(sin(u)) == 0, "cos(u)"),
    ] {
      let form = try ConvectionForm(PointwiseSystem(Stated(equations: [equation])))
      let named = form.velocity[0].replacingTerminals { node in
        if case .jet = node { Node.unknown(Unknown(name: "u", kind: .scalar)) } else { nil }
      }
      #expect("\(ScalarField(named))" == velocity)
    }
    // ∇D·∇u of a diffusion in divergence form is no transport.
    let diffusive = try ConvectionForm(
      PointwiseSystem(Stated(equations: [dt(u) + 2 * dx(u) == dx(spread * dx(u))])))
    #expect(diffusive.order == 2)
    #expect(try abs(diffusive.velocity[0].value(at: [0.7]) - 2) < 1e-14)
    #expect(try abs(diffusive.diffusion[0][0].value(at: [0.7]) - 1.5 - Foundation.cos(0.7)) < 1e-14)
  }

  @Test("a velocity without the period of its axis is that of the position in the box")
  func wrapping() throws {
    let lagrangian = try LagrangianSystem(
      PointwiseSystem(CarriedProblem("u_t + x^2*u_x = 0")), removesDrift: false)
    func residual(_ displacement: Double) throws -> Double {
      try lagrangian.labels.equations[1].node.replacingTerminals { node in
        guard case .jet(let jet) = node else { return nil }
        return .constant(jet == Jet(1) ? displacement : 0)
      }.value(at: [0.5], time: 0)
    }
    for d in [0.3, -2, 2.2] {
      let here = try residual(d)
      // ∂ₜX − x² over the length of the state, 1.
      #expect(abs(here + (0.5 + d) * (0.5 + d)) < 1e-10)
      #expect(try abs(residual(d + 2 * .pi) - here) < 1e-10)
      #expect(try abs(residual(d - 6 * .pi) - here) < 1e-10)
    }
  }

  @Test("the inverse label Jacobian in the plane: shear, strain, mixed derivatives")
  func plane() throws {
    let torus = Domain.torus(-.pi, .pi, dimension: 2)
    func problem(_ velocity: (String, String), _ right: String, _ source: String) throws -> CarriedProblem {
      // u = cos(x + 2 y − t): u_t = s, u_x = −s, u_y = −2 s with s = sin(x + 2 y − t).
      try CarriedProblem(
        "u_t + (\(velocity.0))*u_x + (\(velocity.1))*u_y = \(right) + sin(x+2*y-t)*(1 - (\(velocity.0)) - 2*(\(velocity.1))) - (\(source))",
        torus, initial: "u = cos(x+2*y)")
    }
    let c = "cos(x+2*y-t)"
    let sheared: [ScalarField] = [
      cos(.x + .t * sin(.y) + 2 * .y - .t), .t * sin(.y), 0 * .x,
    ]
    for (right, source) in [
      ("0", "0"), ("0.1*laplacian(u)", "-0.5*\(c)"), ("0.2*u_xy + u_yy", "-4.4*\(c)"),
      ("0.05*u_xxy", "0.1*sin(x+2*y-t)"), ("u_x*u_y - u", "2*sin(x+2*y-t)^2 - \(c)"),
    ] {
      let own = try problem(("sin(y)", "0"), right, source)
      #expect(try loss(own, sheared) < 1e-18, "\(right)")
      if right.contains("yy") || right.contains("laplacian") {
        #expect(try loss(own, sheared, derivatives: .labels) > 1e-4)
      }
    }
    // Both axes stretched, each by its own ẋ = sin x.
    let second = 2 * atan(exp(.t) * sin(0.5 * .y) / cos(0.5 * .y))
    let own = try problem(("sin(x)", "sin(y)"), "0.1*laplacian(u)", "-0.5*\(c)")
    #expect(try loss(own, [cos(stretched + 2 * second - .t), stretched - .x, second - .y]) < 1e-18)
  }

  @Test("labels that diffuse like the unknown")
  func diffusingLabels() throws {
    // a = x + A e^{−νt} sin(x − ct) solves a_t + c a_x − ν a_xx = c; so the label less ct is carried by c, diffuses, and X is its
    // inverse. Along it u = x-derivative-free data follow the equation: u = 2 + e^{−νt} cos(x − ct).
    let (c, nu, amplitude, until) = (1.7, 0.3, 0.4, 0.8)
    let problem = try CarriedProblem("u_t + \(c)*u_x = \(nu)*u_xx", initial: "u = 2 + cos(x)")
    let lagrangian = try LagrangianSystem(PointwiseSystem(problem), until: until)
    #expect(lagrangian.drift == [c] || abs(lagrangian.drift[0] - c) < 1e-12)
    // X in the moving frame, by Newton's method, and its derivatives by those of its inverse.
    let formulas = lagrangian.labels.equations.map(\.node)
    for (a, t) in [(0.3, 0.2), (-2.1, 0.8), (2.9, 0.5)] {
      let e = amplitude * Foundation.exp(-nu * t)
      // Labels are positions in the beginning only where A is 0: the residuals do not ask for that.
      var y = a
      for _ in 0..<60 { y -= (y + e * Foundation.sin(y) - a) / (1 + e * Foundation.cos(y)) }
      let (s, k) = (Foundation.sin(y), Foundation.cos(y))
      let slope = 1 / (1 + e * k)
      let bend = e * s * slope * slope * slope
      let motion = nu * e * s * slope
      let w = Foundation.exp(-nu * t)
      // u = 2 + w cos y(a, t).
      let values: [Jet: Double] = [
        Jet(0): 2 + w * k, Jet(0, timeOrder: 1): -nu * w * k - w * s * motion,
        Jet(0, MultiIndex(1)): -w * s * slope,
        Jet(0, MultiIndex(2)): -w * k * slope * slope - w * s * bend,
        Jet(1): y - a, Jet(1, timeOrder: 1): motion, Jet(1, MultiIndex(1)): slope - 1,
        Jet(1, MultiIndex(2)): bend,
      ]
      for formula in formulas {
        let number = formula.replacingTerminals { node in
          if case .jet(let jet) = node { return values[jet].map { .constant($0) } }
          return nil
        }
        #expect(abs(try number.value(at: [a], time: t)) < 1e-12)
      }
    }
    // Material labels are no solution of these, nor the other way round.
    let material = try LagrangianSystem(PointwiseSystem(problem), until: until, motion: .material)
    #expect(material.labels.equations[1].node != formulas[1])
    let inviscid = try CarriedProblem("u_t + u*u_x = 0")
    let (one, two) = (
      try LagrangianSystem(PointwiseSystem(inviscid), motion: .material),
      try LagrangianSystem(PointwiseSystem(inviscid), motion: .diffusive)
    )
    #expect(one.labels.equations.map(\.node) == two.labels.equations.map(\.node))
  }

  @Test("gradients, Jacobians and losses of a network in labels agree")
  func gradients() throws {
    let problem = try CarriedProblem(
      "u_t + (u+2)*u_x + sin(x)*u_y = 0.05*laplacian(u)", .torus(-.pi, .pi, dimension: 2),
      initial: "u = sin(x)")
    let lagrangian = try LagrangianSystem(PointwiseSystem(problem))
    #expect(abs(lagrangian.drift[0] - 2) < 1e-2 && abs(lagrangian.drift[1]) < 1e-2)
    let conditions = try HardConditions(lagrangian.labels)
    #expect(conditions.remaining.isEmpty)
    var stream = RandomStream(seed: 4)
    let network = lagrangian.network(
      conditions: conditions, state: { MLP<Double>([$0, 6, 1], from: &stream) },
      position: { MLP<Double>([$0, 5, 2], from: &stream) })
    let points: Tensor<Double> = CollocationSampler(inside: 40, boundary: 0, seed: 3).points(
      .inside, of: lagrangian.labels, count: 40)
    let objective = try PhysicsObjective(
      lagrangian.labels, model: network, points: PointSet([.inside: points]), conditions: [])
    let x = objective.parameterVector
    #expect(objective.terms.count == 3 && x.count == network.parameterCount)
    let direction = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
    var gradient = Tensor<Double>.zeros(x.shape)
    let loss = try objective.valueAndGradient(at: x, gradient: &gradient)
    func at(_ h: Double) throws -> Double { try objective.value(at: x + direction * h) }
    let h = 1e-4
    let expected = (8 * (try at(h) - at(-h)) - (try at(2 * h) - at(-2 * h))) / (12 * h)
    #expect(abs(gradient.dot(direction) - expected) <= 1e-7 * (1 + abs(expected)))
    var residuals = Tensor<Double>.zeros([objective.residualCount])
    var jacobian = Tensor<Double>.zeros([objective.residualCount, x.count])
    try objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
    #expect(abs(0.5 * residuals.dot(residuals) - loss) <= 1e-12 * loss)
    #expect((matmul(residuals, jacobian) - gradient).maxMagnitude() <= 1e-11 * (1 + gradient.maxMagnitude()))
  }

  @Test("initial states, periods and walls hold for any network")
  func exactConditions() throws {
    func network(_ problem: some Problem, _ seed: UInt64) throws -> (
      LagrangianSystem, (Tensor<Double>) -> Tensor<Double>
    ) {
      let lagrangian = try LagrangianSystem(PointwiseSystem(problem), until: 2)
      let conditions = try HardConditions(lagrangian.labels, until: 2)
      #expect(conditions.remaining.isEmpty)
      var stream = RandomStream(seed: seed)
      let outputs = lagrangian.system.unknowns.count
      let network = lagrangian.network(
        waves: 2, conditions: conditions, state: { MLP<Double>([$0, 7, outputs], from: &stream) },
        position: { MLP<Double>([$0, 7, lagrangian.system.dimension], from: &stream) })
      return (lagrangian, { network($0) })
    }
    func row(_ values: Double...) -> Tensor<Double> { Tensor(shape: [1, values.count], values) }
    let (periodic, u) = try network(CarriedProblem("u_t + (u+7)*u_x = 0.1*u_xx"), 3)
    #expect(abs(periodic.drift[0] - 7) < 1e-2)
    #expect(u(row(0.3, 0)).elements == [Foundation.sin(0.3), 0])
    let (here, there) = (u(row(-Double.pi, 1.4)), u(row(Double.pi, 1.4)))
    #expect((here - there).maxMagnitude() < 1e-14 && here.elements[1] != 0)
    // Between walls, on which the velocity is 0.
    let (walls, w) = try network(
      CarriedProblem("u_t + u*u_x = 0.1*u_xx", .interval(0, 2), initial: "u = x*(2-x)", sides: "u = 0"), 4)
    #expect(walls.drift == [0])
    #expect(w(row(0, 1.1)).maxMagnitude() < 1e-15 && w(row(2, 1.1)).maxMagnitude() < 1e-15)
    #expect(w(row(0.5, 0)).elements == [0.75, 0] && w(row(0.5, 1)).elements[1] != 0)
  }

  @Test(
    "what the model cannot take is refused with the reason and the model to use instead",
    arguments: [
      ("u_t = 0.1*u_xx", "no transport term"), ("u_t = (2+cos(x))*u_xx - sin(x)*u_x", "no transport term"),
      ("u_t + u_x^2 = 0.1*u_xx", "no transport term"), ("u_tt + u*u_x = u_xx", "first time derivative"),
      ("u*u_t + u_x = 0", "first time derivative"), ("u_xx + u_x = sin(x)", "time derivative"),
      ("u_t + v_t + u_x = 0; v_t + v_x = 0", "one each"),
      ("u_t + u_x = v; u_x + v = 0", "no time derivative"),
    ])
  func refusals(text: String, reason: String) throws {
    let problem = try CarriedProblem(text, initial: text.contains("v") ? "u = sin(x); v = 0" : "u = sin(x)")
    let error = #expect(throws: EquationError.self) { try LagrangianSystem(PointwiseSystem(problem)) }
    let sentence = error?.description ?? ""
    #expect(sentence.contains(reason) && sentence.contains("model pinn"), "\(sentence)")
  }

  @Test("boxes that characteristics cross, and missing conditions, are refused in words")
  func boundaries() throws {
    func sentence(_ problem: some Problem, free: [String] = []) -> String {
      let error = #expect(throws: EquationError.self) {
        try LagrangianSystem(PointwiseSystem(problem, free: free))
      }
      return error?.description ?? ""
    }
    let line = Domain.interval(0, 1)
    #expect(
      sentence(try CarriedProblem("u_t + 3*u_x = 0", line, sides: "u = 0")).contains(
        "cross the left side, and the condition"))
    #expect(sentence(try CarriedProblem("u_t + 3*u_x = 0", line)).contains("u has no value on the left side"))
    #expect(
      sentence(try CarriedProblem("u_t + 3*u_x = u_xx", line, sides: "u = 0")).contains("cross the left side")
    )
    // What comes in is the initial state, continued.
    let open = try LagrangianSystem(
      PointwiseSystem(CarriedProblem("u_t + 3*u_x = -u", line, sides: "u = sin(x-3*t)*exp(-t)")), until: 0.5)
    #expect(abs(open.labels.box.intervals[0].lower + 1.51) < 1e-3 && open.labels.box.intervals[0].upper == 1)
    #expect(sentence(try CarriedProblem("u_t + u*u_x = 0", line)).contains("cross the left side"))
    #expect(
      sentence(try CarriedProblem("u_t + u*u_x = 0.1*u_xx", line, sides: "u = 1")).contains("model pinn"))
    #expect(
      sentence(try CarriedProblem("u_t + sin(3.141592653589793*x)*u_x = u_xx", line)).contains("no condition")
    )
    #expect(
      sentence(try CarriedProblem("u_t + v*u_x = 0; v_t + v*v_x = 0", initial: "u = sin(x)")).contains(
        "no initial value of v"))
    #expect(sentence(Convection(), free: ["speed"]).contains("'speed' is to be found"))
    struct Space: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .torus(0, 1, dimension: 3) }
      var equations: [Equation] { [dt(u) + dx(u) == 0] }
      var conditions: [Condition] { [.initial(u == 0)] }
    }
    #expect(sentence(Space()).contains("three dimensions"))
  }
}
