/// What an adaptive method aims at, and the bounds of its steps.
public struct StepControl: Hashable, Codable, Sendable {
  /// How the next step follows from the estimated errors.
  public enum Rule: String, Hashable, Codable, Sendable, CaseIterable {
    /// From the last error alone.
    case integral
    /// From the last two errors (Gustafsson 1991): fewer rejected steps where stability limits the step.
    case proportionalIntegral
  }

  /// The admitted error relative to the state.
  public var relativeTolerance: Double
  /// The admitted error, in the unit of the state, where the state is small.
  public var absoluteTolerance: Double
  /// The first step to try; chosen from the derivatives at the start when nil.
  public var initialStep: Double?
  /// The longest step; unlimited when nil.
  public var maximumStep: Double?
  /// The shortest step, below which the integration fails; when nil, what the rounding of the time allows.
  public var minimumStep: Double?
  public var rule: Rule

  /// - Parameter absoluteTolerance: by default the relative tolerance, which suits states of size 1.
  /// - Precondition: tolerances not negative and not both zero, bounds positive.
  public init(
    relativeTolerance: Double, absoluteTolerance: Double? = nil, initialStep: Double? = nil,
    maximumStep: Double? = nil, minimumStep: Double? = nil, rule: Rule = .integral
  ) {
    let absolute = absoluteTolerance ?? relativeTolerance
    precondition(
      relativeTolerance >= 0 && absolute >= 0 && relativeTolerance + absolute > 0,
      "tolerances are not negative and not both zero: relative \(relativeTolerance), absolute \(absolute)")
    for bound in [initialStep, maximumStep, minimumStep].compactMap(\.self) {
      precondition(bound > 0 && bound.isFinite, "a time step is positive and finite, not \(bound)")
    }
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absolute
    self.initialStep = initialStep
    self.maximumStep = maximumStep
    self.minimumStep = minimumStep
    self.rule = rule
  }

  /// Σ_i (e_i / (atol + rtol · max(|u_i|, |v_i|)))² in order of i, for one block of a state.
  ///
  /// Engines add the sums of their blocks in a fixed order and take the root of the mean; `errorNorm` does so for one.
  /// - Parameters:
  ///   - error: û − u at the end of the step.
  ///   - before: the state at the start of the step.
  ///   - after: the state at its end.
  public func weightedSquares(
    error: UnsafeBufferPointer<Double>, before: UnsafeBufferPointer<Double>,
    after: UnsafeBufferPointer<Double>
  ) -> Double {
    precondition(
      error.count == before.count && error.count == after.count,
      "blocks of \(error.count), \(before.count) and \(after.count) values are not of one state")
    var sum = 0.0
    for i in error.indices {
      let ratio =
        error[i] / (absoluteTolerance + relativeTolerance * Swift.max(abs(before[i]), abs(after[i])))
      sum += ratio * ratio
    }
    return sum
  }

  /// The root mean square of the error relative to the tolerances: the step is good when it is at most 1.
  public func errorNorm(
    error: UnsafeBufferPointer<Double>, before: UnsafeBufferPointer<Double>,
    after: UnsafeBufferPointer<Double>
  ) -> Double {
    error.isEmpty
      ? 0 : (weightedSquares(error: error, before: before, after: after) / Double(error.count)).squareRoot()
  }
}
