import Algebra
import Equations
import Geometry

/// Implicit one- and two-step methods for M u̇ + R(u) = 0, constraints included (Hairer & Wanner, Solving Ordinary
/// Differential Equations II, 1996, chapters V and VII).
public enum ImplicitScheme: String, Sendable, Hashable, CaseIterable {
  /// The implicit Euler method, of first order.
  case backwardEuler
  /// The implicit midpoint rule, of second order; for linear problems that of Crank & Nicolson (1947).
  case midpoint
  /// The two-step backward differentiation formula, of second order, begun with a step of the midpoint rule.
  case bdf2

  /// The order of convergence.
  public var order: Int { self == .backwardEuler ? 1 : 2 }
}

/// An evolution of a finite element system in steps: matrices are kept and factorised again only when they have to be.
public final class FiniteElementEvolution {
  /// The discretised problem.
  public let system: FiniteElementSystem
  /// The scheme.
  public let scheme: ImplicitScheme
  /// The time of the state.
  public internal(set) var time: Double
  /// The degrees of freedom.
  public private(set) var state: [Double]
  /// The number of steps so far.
  public internal(set) var steps = 0
  /// The number of factorisations so far.
  public private(set) var factorizations = 0
  // What later steps depend on is part of `checkpoint`.
  var earlier: [Double]?
  var lastStep = 0.0
  private let newton: NewtonOptions
  private var factors: (any SparseFactorization)? {
    didSet { if factors == nil { linearization = nil } }
  }
  private var factorShift = Double.nan
  /// Where the factors in use were made; nil where there are none.
  private(set) var linearization: Linearization?
  private let isDifferential: [Bool]

  /// An evolution from the problem's initial values, or from given degrees of freedom.
  ///
  /// - Throws: ``FiniteElementError`` for a steady problem or an unknown without initial values.
  public init(
    _ system: FiniteElementSystem, scheme: ImplicitScheme = .bdf2, initial: [Double]? = nil, time: Double = 0,
    newton: NewtonOptions = NewtonOptions()
  ) throws {
    guard system.isEvolution else {
      throw FiniteElementError("\(system.system.name) has no time derivative: use solve()")
    }
    (self.system, self.scheme, self.time, self.newton) = (system, scheme, time, newton)
    state = try initial ?? system.initialState(time: time)
    precondition(
      state.count == system.dofCount, "\(state.count) values for \(system.dofCount) degrees of freedom")
    var isDifferential = [Bool](repeating: false, count: system.dofCount)
    let moving = Set(system.forms.flatMap { $0.mass.keys.map(\.trial) })
    for (f, field) in system.space.fields.enumerated() where moving.contains(f) {
      for dof in 0..<field.space.dofCount { isDifferential[field.index(dof)] = true }
    }
    self.isDifferential = isDifferential
  }

  /// The state as fields.
  public var solution: FiniteElementSolution { FiniteElementSolution(system, values: state, time: time) }

  /// Goes one step forward.
  ///
  /// - Throws: ``FiniteElementError`` when Newton's method does not converge: take a smaller step.
  public func advance(by step: Double) throws {
    precondition(step > 0 && step.isFinite, "a step of \(step)")
    // A two-step formula needs equal steps: another length begins anew.
    if abs(step - lastStep) > 1e-9 * step { earlier = nil }
    lastStep = step
    let next: [Double]
    switch scheme {
    case .backwardEuler:
      next = try solve(shift: 1 / step, history: state.map { $0 / step }, guess: guess(), at: time + step)
    case .bdf2 where earlier != nil:
      let past = earlier!
      let history = state.indices.map { (2 * state[$0] - 0.5 * past[$0]) / step }
      next = try solve(shift: 1.5 / step, history: history, guess: guess(), at: time + step)
    case .midpoint, .bdf2:
      // Prescribed values go through the mean of both ends, so that the rule ends on them exactly.
      let values = system.essential.values(at: time + step)
      let means = zip(system.essential.dofs, values).map { (state[$0] + $1) / 2 }
      let middle = try solve(
        shift: 2 / step, history: state.map { 2 * $0 / step }, guess: state, at: time + step / 2,
        prescribed: means)
      // Constrained unknowns have no rate: they keep the value of the middle.
      var end = state.indices.map { isDifferential[$0] ? 2 * middle[$0] - state[$0] : middle[$0] }
      for (dof, value) in zip(system.essential.dofs, values) { end[dof] = value }
      next = end
    }
    earlier = state
    state = next
    time += step
    steps += 1
  }

  /// Goes forward in equal steps that are not longer than asked and end at a time.
  ///
  /// - Parameter observe: Called after every step.
  public func advance(
    until end: Double, step: Double, observe: ((FiniteElementEvolution) throws -> Void)? = nil
  )
    throws
  {
    precondition(end > time && step > 0, "an evolution from \(time) to \(end) in steps of \(step)")
    let count = Int(((end - time) / step - 1e-9).rounded(.up))
    let (begin, length) = (time, (end - time) / Double(max(count, 1)))
    for i in 1...max(count, 1) {
      try advance(by: length)
      // Counted, not summed.
      time = begin + Double(i) * length
      try observe?(self)
    }
  }

  private func guess() -> [Double] {
    guard let earlier, !system.isLinear else { return state }
    return zip(state, earlier).map { 2 * $0 - $1 }
  }

  /// The root u of R(u, shift · u − history) = 0.
  private func solve(
    shift: Double, history: [Double], guess: [Double], at time: Double, prescribed: [Double]? = nil
  ) throws -> [Double] {
    var u = guess
    for (dof, value) in zip(system.essential.dofs, prescribed ?? system.essential.values(at: time)) {
      u[dof] = value
    }
    let rate = { (u: [Double]) in u.indices.map { shift * u[$0] - history[$0] } }
    var residual = try system.residual(u, rate: rate(u), time: time)
    var norm = FiniteElementSystem.norm(residual)
    // At rest the residual is zero from the start; its scale is that of the inertia.
    let goal = max(
      newton.relativeTolerance * max(norm, 1e-3 * FiniteElementSystem.norm(history) / shift),
      newton.absoluteTolerance)
    var count = 0
    if factorShift != shift || (system.isLinear && system.coefficientsDependOnTime) { factors = nil }
    while !(norm <= goal) {
      guard norm.isFinite, count < newton.maximumSteps else {
        throw FiniteElementError(
          "the step to t = \(time) of \(system.system.name) has not converged (residual \(norm)): take a smaller step"
        )
      }
      var isFresh = false
      if factors == nil {
        try factorize(Linearization(state: u, rate: rate(u), shift: shift, time: time))
        isFresh = true
      }
      let step = factors!.solve(residual.map { -$0 })
      let candidate = zip(u, step).map { $0 + $1 }
      let next = try system.residual(candidate, rate: rate(candidate), time: time)
      let size = FiniteElementSystem.norm(next)
      count += 1
      if system.isLinear {
        // One step is exact but for rounding; a second one refines it.
        (u, residual, norm) = (candidate, next, size)
        if count >= 2 || size <= 1e-8 * max(norm, goal) { break }
        continue
      }
      // An old derivative serves as long as it reduces the residual quickly (chord method).
      if size < norm || isFresh { (u, residual) = (candidate, next) }
      if !isFresh, size > 0.2 * norm { factors = nil }
      if size < norm || isFresh { norm = size }
    }
    return u
  }

  /// Makes factors of the derivative at a state.
  func factorize(_ place: Linearization) throws {
    let matrix = try system.jacobian(place.state, rate: place.rate, shift: place.shift, time: place.time)
    factors = try system.factorize(matrix)
    (factorShift, linearization) = (place.shift, place)
    factorizations += 1
  }
}

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

  /// Factors of a matrix, with constants that it leaves free held at their first degree of freedom.
  func factorize(_ matrix: SparseMatrix<Double>) throws -> any SparseFactorization {
    let held = holdingConstants(matrix)
    if isSymmetric, weak.multipliers.isEmpty, let factors = try? CHOLMOD().prepare(held) { return factors }
    return try factorizeLU(held)
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
