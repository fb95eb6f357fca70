extension FiniteElementEvolution {
  /// Where the derivative in use was taken. It is kept over steps (chord method), so that the bits of later steps depend
  /// on it.
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
    /// Those of earlier steps, newest first, as far as the scheme uses them.
    public var history: [[Double]]
    /// Where the derivative in use was taken; nil where the next step takes a new one.
    public var linearization: Linearization?

    /// A checkpoint.
    public init(
      time: Double, steps: Int, step: Double, state: [Double], history: [[Double]],
      linearization: Linearization?
    ) {
      (self.time, self.steps, self.step) = (time, steps, step)
      (self.state, self.history, self.linearization) = (state, history, linearization)
    }
  }

  /// What to save in order to go on later.
  public var checkpoint: Checkpoint {
    Checkpoint(
      time: time, steps: steps, step: lastStep, state: state, history: earlier.map { [$0] } ?? [],
      linearization: linearization)
  }

  /// An evolution that goes on from a saved one of the same system and scheme.
  ///
  /// - Precondition: All arrays are of the system's size.
  /// - Throws: What the factorisation throws.
  public convenience init(
    _ system: FiniteElementSystem, scheme: ImplicitScheme, from checkpoint: Checkpoint,
    newton: NewtonOptions = NewtonOptions()
  ) throws {
    try self.init(system, scheme: scheme, initial: checkpoint.state, time: checkpoint.time, newton: newton)
    (steps, lastStep, earlier) = (checkpoint.steps, checkpoint.step, checkpoint.history.first)
    if let place = checkpoint.linearization { try factorize(place) }
  }
}
