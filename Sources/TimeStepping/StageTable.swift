/// One linear combination of what a step knows: states and values of the nonlinear part.
///
/// A factor that is nil is zero, so that loops can skip the term.
public struct StageRow<Z: LinearSymbol>: Sendable {
  /// The factor of u_n.
  public var state: Z?
  /// The factors of u_{n−1}, u_{n−2}, …; as many as the method's `history`.
  public var previousStates: [Z?]
  /// The factors of h·N_j, for the values N_0 = N(u_n, t_n), N_1, … found so far in this step.
  public var nonlinear: [Z?]
  /// The factors of h·N_{n−1}, h·N_{n−2}, …; as many as the method's `history`.
  public var previousNonlinear: [Z?]

  public init(state: Z?, previousStates: [Z?] = [], nonlinear: [Z?], previousNonlinear: [Z?] = []) {
    self.state = state
    self.previousStates = previousStates
    self.nonlinear = nonlinear
    self.previousNonlinear = previousNonlinear
  }
}

/// A time-stepping method for one z = h·L: every stage, and the new state, as a linear combination.
///
/// One step from t_n to t_n + h is this loop:
///
///     N_0 = N(u_n, t_n)
///     for j in 1..<s { N_j = N(stages[j − 1] applied, t_n + nodes[j]·h) }
///     u_{n+1} = solution applied
public struct StageTable<Z: LinearSymbol>: Sendable {
  /// The stage values U_1 … U_{s−1}; the first is U_0 = u_n and has no row. Row j−1 has j factors of h·N.
  public var stages: [StageRow<Z>]
  /// The new state u_{n+1}, with s factors of h·N.
  public var solution: StageRow<Z>
  /// û_{n+1} − u_{n+1}, the difference to the embedded solution; nil for methods without one.
  public var error: StageRow<Z>?

  public init(stages: [StageRow<Z>], solution: StageRow<Z>, error: StageRow<Z>? = nil) {
    self.stages = stages
    self.solution = solution
    self.error = error
  }
}

/// Linear combinations of rows, for methods that are derived from tables of numbers.
extension StageRow {
  /// A row without any term, with room for `stages` values of N and `history` previous pairs.
  init(stages: Int, history: Int) {
    self.init(
      state: nil, previousStates: [Z?](repeating: nil, count: history),
      nonlinear: [Z?](repeating: nil, count: stages), previousNonlinear: [Z?](repeating: nil, count: history))
  }

  /// This row with every factor multiplied by z.
  func multiplied(by z: Z) -> StageRow {
    StageRow(
      state: state.map { z * $0 }, previousStates: previousStates.map { $0.map { z * $0 } },
      nonlinear: nonlinear.map { $0.map { z * $0 } },
      previousNonlinear: previousNonlinear.map { $0.map { z * $0 } })
  }

  /// Adds a multiple of another row, which may have fewer values of N but not more.
  mutating func add(_ factor: Double, _ row: StageRow) {
    if factor == 0 { return }
    func accumulate(_ sum: inout Z?, _ term: Z?) {
      guard let term else { return }
      let product = factor * term
      sum = sum.map { $0 + product } ?? product
    }
    accumulate(&state, row.state)
    for i in row.previousStates.indices { accumulate(&previousStates[i], row.previousStates[i]) }
    for i in row.nonlinear.indices { accumulate(&nonlinear[i], row.nonlinear[i]) }
    for i in row.previousNonlinear.indices { accumulate(&previousNonlinear[i], row.previousNonlinear[i]) }
  }
}
