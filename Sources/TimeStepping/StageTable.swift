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
