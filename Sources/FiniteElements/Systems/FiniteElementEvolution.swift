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

/// An evolution of a finite element system in implicit steps.
///
/// Linear problems with fixed coefficients need one factorisation for all steps of a length. Others are solved by an inexact
/// Newton method (Dembo, Eisenstat & Steihaug 1982) from an extrapolation of the last steps, where the factors of an earlier
/// step's matrix precondition the iteration.
public final class FiniteElementEvolution {
  /// The discretised problem.
  public let system: FiniteElementSystem
  /// The scheme.
  public let scheme: ImplicitScheme
  /// The time of the state.
  public internal(set) var time: Double
  /// The degrees of freedom.
  public private(set) var state: [Double]
  /// The time derivative in the equations of the last step, nil before the first one: at the state's time, but for the
  /// midpoint rule, which takes it in the middle of the step.
  public internal(set) var rate: [Double]?
  /// The number of steps so far.
  public internal(set) var steps = 0
  /// The number of factorisations so far.
  public var factorizations: Int { solver.factorizations }
  /// The number of iterations so far with factors of other steps' matrices.
  public var linearIterations: Int { solver.iterations }
  // What later steps depend on is part of `checkpoint`.
  /// States before the present one after steps of the same length, newest first: at most two.
  var past: [[Double]] = []
  var lastStep = 0.0
  private let newton: NewtonOptions
  let solver: StepSolver
  /// The factor of the mass matrix in the last step; nil before the first one.
  var shift: Double?
  private let isDifferential: [Bool]

  /// An evolution from the problem's initial values, or from given degrees of freedom.
  ///
  /// - Parameter newton: Settings of Newton's method; tolerances are relative to the larger of the first residual and
  ///   the inertia M u/τ in a step τ.
  /// - Throws: ``FiniteElementError`` for a steady problem or an unknown without initial values.
  public init(
    _ system: FiniteElementSystem, scheme: ImplicitScheme = .bdf2, initial: [Double]? = nil, time: Double = 0,
    newton: NewtonOptions = .steps
  ) throws {
    guard system.isEvolution else {
      throw FiniteElementError("\(system.system.name) has no time derivative: use solve()")
    }
    (self.system, self.scheme, self.time, self.newton) = (system, scheme, time, newton)
    solver = StepSolver(system)
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
  public var solution: FiniteElementSolution {
    FiniteElementSolution(system, values: state, rate: rate, time: time)
  }

  /// Goes one step forward.
  ///
  /// - Throws: ``FiniteElementError`` when Newton's method does not converge: take a smaller step.
  public func advance(by step: Double) throws {
    precondition(step > 0 && step.isFinite, "a step of \(step)")
    // A two-step formula needs equal steps: another length begins anew.
    if abs(step - lastStep) > 1e-9 * step { past = [] }
    lastStep = step
    let next: [Double]
    switch scheme {
    case .backwardEuler:
      next = try solve(shift: 1 / step, history: state.map { $0 / step }, ahead: 1, at: time + step)
    case .bdf2 where !past.isEmpty:
      let earlier = past[0]
      let history = state.indices.map { (2 * state[$0] - 0.5 * earlier[$0]) / step }
      next = try solve(shift: 1.5 / step, history: history, ahead: 1, at: time + step)
    case .midpoint, .bdf2:
      // Prescribed values go through the mean of both ends, so that the rule ends on them exactly.
      let values = system.essential.values(at: time + step)
      let means = zip(system.essential.dofs, values).map { (state[$0] + $1) / 2 }
      let middle = try solve(
        shift: 2 / step, history: state.map { 2 * $0 / step }, ahead: 0.5, at: time + step / 2,
        prescribed: means)
      // Constrained unknowns have no rate: they keep the value of the middle.
      var end = state.indices.map { isDifferential[$0] ? 2 * middle[$0] - state[$0] : middle[$0] }
      for (dof, value) in zip(system.essential.dofs, values) { end[dof] = value }
      next = end
    }
    past.insert(state, at: 0)
    if past.count > 2 { past.removeLast() }
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

  /// The polynomial through the last states, `ahead` steps beyond the present one.
  private func extrapolation(_ ahead: Double) -> [Double] {
    guard let one = past.first, !system.isLinear else { return state }
    guard past.count > 1 else { return state.indices.map { state[$0] + ahead * (state[$0] - one[$0]) } }
    let two = past[1]
    // Newton's formula in backward differences.
    let second = ahead * (ahead + 1) / 2
    return state.indices.map {
      state[$0] + ahead * (state[$0] - one[$0]) + second * (state[$0] - 2 * one[$0] + two[$0])
    }
  }

  /// The root u of R(u, shift · u − history) = 0.
  private func solve(
    shift: Double, history: [Double], ahead: Double, at time: Double, prescribed: [Double]? = nil
  ) throws -> [Double] {
    if self.shift != shift || (system.isLinear && system.coefficientsDependOnTime) { solver.forget() }
    self.shift = shift
    let rate = { (u: [Double]) in u.indices.map { shift * u[$0] - history[$0] } }
    var u = extrapolation(ahead)
    let values = prescribed ?? system.essential.values(at: time)
    for (dof, value) in zip(system.essential.dofs, values) { u[dof] = value }
    var residual = try system.residual(u, rate: rate(u), time: time)
    var norm = FiniteElementSystem.norm(residual)
    if !norm.isFinite, ahead > 0 {
      // The coefficients may not be defined at an extrapolation.
      u = state
      for (dof, value) in zip(system.essential.dofs, values) { u[dof] = value }
      residual = try system.residual(u, rate: rate(u), time: time)
      norm = FiniteElementSystem.norm(residual)
    }
    let inertia = try system.isLinear ? 0 : inertia(u, shift, residual, time)
    let goal = max(newton.relativeTolerance * max(norm, inertia), newton.absoluteTolerance)
    var count = 0
    while !(norm <= goal) {
      // Linear problems: one step is exact but for rounding, which a second one repairs.
      if system.isLinear, count == 2, norm.isFinite { break }
      guard norm.isFinite, count < newton.maximumSteps else { throw noConvergence(time, norm) }
      let place = Linearization(state: u, rate: rate(u), shift: shift, time: time)
      let opposite = residual.map { -$0 }
      let step: [Double]
      if system.isLinear {
        step = try solver.solveExactly(opposite, at: place)
      } else {
        step = try solver.solve(opposite, at: place, tolerance: max(1e-4, 0.5 * goal / norm))
      }
      count += 1
      let before = norm
      // The longest of the steps 1, 1/2, 1/4, 1/8 that lowers the residual; the last one in any case.
      var length = 1.0
      var candidate = zip(u, step).map { $0 + $1 }
      while true {
        residual = try system.residual(candidate, rate: rate(candidate), time: time)
        norm = FiniteElementSystem.norm(residual)
        if system.isLinear || norm < before || length < 0.2 { break }
        length /= 2
        candidate = zip(u, step).map { $0 + length * $1 }
      }
      u = candidate
    }
    solver.endStep()
    self.rate = rate(u)
    return u
  }

  /// ‖M h‖ for the part h of the time derivative that is known: what residuals are compared with.
  private func inertia(_ u: [Double], _ shift: Double, _ residual: [Double], _ time: Double) throws
    -> Double
  {
    let without = try system.residual(u, rate: u.map { shift * $0 }, time: time)
    return FiniteElementSystem.norm(zip(without, residual).map { $0 - $1 })
  }

  private func noConvergence(_ time: Double, _ norm: Double) -> FiniteElementError {
    FiniteElementError(
      "the step to t = \(time) of \(system.system.name) has not converged (residual \(norm)): take a smaller step"
    )
  }
}
