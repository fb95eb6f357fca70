extension FiniteElementEvolution {
  /// Where the derivative was taken whose factors precondition the steps that follow, so that their bits depend on it.
  public struct Linearization: Sendable, Equatable {
    /// The degrees of freedom.
    public var state: [Double]
    /// Their rates.
    public var rate: [Double]
    /// The factor of the mass matrix.
    public var shift: Double
    /// The time.
    public var time: Double

    /// A place of linearisation.
    public init(state: [Double], rate: [Double], shift: Double, time: Double) {
      (self.state, self.rate, self.shift, self.time) = (state, rate, shift, time)
    }
  }

  /// What the iterations with one factorisation have cost, by which the next one is made.
  public struct FactorAccount: Sendable, Equatable, Codable {
    /// Whether the factors are those of the matrix that is solved with, which does not change.
    public var isExact = false
    /// Iterations of the cheapest step since the factorisation.
    public var fewest: Int?
    /// Iterations of the other steps beyond those.
    public var excess = 0
    /// Iterations beyond the one per system that factors of its own matrix take.
    public var beyondFresh = 0
    /// Steps since the factorisation.
    public var age: Int?

    /// The account before the first factorisation.
    public init() {}
  }

  /// All that an evolution needs to go on bit by bit where it stood.
  public struct Checkpoint: Sendable, Equatable {
    /// The time of the state.
    public var time: Double
    /// Steps made.
    public var steps: Int
    /// The length of the last step.
    public var step: Double
    /// The degrees of freedom of all unknowns.
    public var state: [Double]
    /// Those of earlier steps, newest first, as far as later steps use them.
    public var history: [[Double]]
    /// The time derivative in the equations of the last step; nil before the first one.
    public var rate: [Double]?
    /// The factor of the mass matrix in the last step; nil before the first one.
    public var shift: Double?
    /// Where the derivative in use was taken; nil where the next step takes a new one.
    public var linearization: Linearization?
    /// What decides when a new one is taken.
    public var account: FactorAccount

    /// A checkpoint.
    public init(
      time: Double, steps: Int, step: Double, state: [Double], history: [[Double]], rate: [Double]?,
      shift: Double?, linearization: Linearization?, account: FactorAccount
    ) {
      (self.time, self.steps, self.step, self.state) = (time, steps, step, state)
      (self.history, self.rate, self.shift) = (history, rate, shift)
      (self.linearization, self.account) = (linearization, account)
    }
  }

  /// What to save in order to go on later.
  public var checkpoint: Checkpoint {
    Checkpoint(
      time: time, steps: steps, step: lastStep, state: state, history: past, rate: rate, shift: shift,
      linearization: solver.linearization, account: solver.account)
  }

  /// An evolution that goes on from a saved one of the same system and scheme.
  ///
  /// - Precondition: All arrays are of the system's size.
  /// - Throws: What the factorisation throws.
  public convenience init(
    _ system: FiniteElementSystem, scheme: ImplicitScheme, from checkpoint: Checkpoint,
    newton: NewtonOptions = .steps
  ) throws {
    try self.init(system, scheme: scheme, initial: checkpoint.state, time: checkpoint.time, newton: newton)
    (steps, lastStep, past) = (checkpoint.steps, checkpoint.step, checkpoint.history)
    (rate, shift) = (checkpoint.rate, checkpoint.shift)
    try solver.restore(checkpoint.linearization, checkpoint.account)
  }
}
