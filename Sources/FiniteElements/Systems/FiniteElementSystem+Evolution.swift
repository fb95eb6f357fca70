import Algebra
import Equations
import Geometry

extension FiniteElementSystem {
  /// The degrees of freedom of the problem's initial values; unknowns that constraints determine begin with zero.
  ///
  /// - Throws: ``FiniteElementError`` when an unknown with a time derivative has none.
  public func initialState(time: Double = 0) throws -> [Double] {
    var state = [Double](repeating: 0, count: dofCount)
    let moving = Set(forms.flatMap { $0.mass.keys.map(\.trial) })
    for (u, unknown) in system.unknowns.enumerated() {
      guard let value = system.initial[u] else {
        guard !moving.contains(u) else {
          throw FiniteElementError(
            "\(unknown.name) has no initial value: add .initial(\(unknown.source.name) == …)")
        }
        continue
      }
      let field = space.fields[u]
      var drawn: [RandomField: GridInterpolant] = [:]
      for (i, random) in value.randomFields.enumerated() {
        drawn[random] = try space.random.interpolant(random, stream: UInt64(16 * u + i))
      }
      for (dof, value) in try field.space.interpolate(value, time: time, random: drawn).enumerated() {
        state[field.index(dof)] = value
      }
    }
    for (dof, value) in zip(essential.dofs, essential.values(at: time)) { state[dof] = value }
    return state
  }

  /// The degrees of freedom of formulas for some unknowns, zero for the others.
  public func interpolate(_ formulas: [String: ScalarField], time: Double = 0) throws -> [Double] {
    var state = [Double](repeating: 0, count: dofCount)
    for (name, formula) in formulas.sorted(by: { $0.key < $1.key }) {
      guard let u = system.unknowns.firstIndex(where: { $0.name == name }) else {
        throw FiniteElementError(
          "there is no unknown '\(name)': choose among " + system.unknowns.map(\.name).joined(separator: ", ")
        )
      }
      let field = space.fields[u]
      for (dof, value) in try field.space.interpolate(system.lowered(formula), time: time).enumerated() {
        state[field.index(dof)] = value
      }
    }
    return state
  }

  /// Whether a coefficient of the linear part changes with time.
  var coefficientsDependOnTime: Bool {
    forms.contains { form in
      (Array(form.jacobian.values) + form.mass.values).joined().joined().contains(where: \.dependsOnTime)
    }
  }
}

extension FunctionSpace {
  /// The values of a formula of the coordinates and time at the nodes.
  ///
  /// - Throws: ``EquationError`` when the formula contains unknowns, ``FiniteElementError`` for random fields.
  public func interpolate(_ formula: Node, time: Double = 0) throws -> [Double] {
    try interpolate(formula, time: time, random: [:])
  }

  func interpolate(_ formula: Node, time: Double, random: [RandomField: GridInterpolant]) throws -> [Double] {
    if let unknown = formula.randomFields.first(where: { random[$0] == nil }) {
      throw FiniteElementError(
        "the random field \(unknown.label) has no values here: make it an initial value or a coefficient of the problem, or give a formula of the coordinates"
      )
    }
    let d = mesh.dimension
    let all = nodeCoordinates
    let points = (0..<dofCount).map { dof in
      (0..<d).reduce(into: SIMD3<Double>.zero) { $0[$1] = all[dof * d + $1] }
    }
    let fields = formula.randomFields
    let arrays =
      (0..<d).map { axis in points.map { $0[axis] } } + fields.map { points.map(random[$0]!.callAsFunction) }
    let inputs = Axis.allCases.prefix(d).map { Node.coordinate($0) } + fields.map { .random($0) }
    return try PointwiseProgram([formula], inputs: inputs).values(arrays, count: dofCount, time: time)[0]
  }
}

extension Node {
  /// The random fields of a formula, each once, in the order in which they stand.
  var randomFields: [RandomField] {
    var fields: [RandomField] = []
    visit { if case .random(let field) = $0, !fields.contains(field) { fields.append(field) } }
    return fields
  }
}
