import FiniteElements

extension FiniteElementEvolution.Checkpoint: SavedState {
  /// What is not an array.
  private struct Numbers: Codable {
    var time: Double
    var steps: Int
    var step: Double
    var history: Int
    var hasRate: Bool
    var shift: Double?
    /// Where the derivative in use was taken.
    var linearizationShift: Double?
    var linearizedAt: Double?
    /// What decides when a new derivative is taken.
    var account: FiniteElementEvolution.FactorAccount
  }

  var numbers: any Encodable {
    Numbers(
      time: time, steps: steps, step: step, history: history.count, hasRate: rate != nil, shift: shift,
      linearizationShift: linearization?.shift, linearizedAt: linearization?.time, account: account)
  }

  var arrays: [String: [Double]] {
    var result = ["state": state]
    for (i, earlier) in history.enumerated() { result["history.\(i)"] = earlier }
    result["rate"] = rate
    result["linearization.state"] = linearization?.state
    result["linearization.rate"] = linearization?.rate
    return result
  }

  /// The state in a file, for a system whose sizes it must have.
  ///
  /// - Throws: ``RunFolderError``.
  init(_ file: RunCheckpoint, for system: FiniteElementSystem) throws {
    let numbers = try file.numbers(as: Numbers.self)
    let count = system.dofCount
    var place: FiniteElementEvolution.Linearization?
    if let shift = numbers.linearizationShift, let time = numbers.linearizedAt {
      place = .init(
        state: try file.array("linearization.state", count: count),
        rate: try file.array("linearization.rate", count: count), shift: shift, time: time)
    }
    self.init(
      time: numbers.time, steps: numbers.steps, step: numbers.step,
      state: try file.array("state", count: count),
      history: try (0..<max(0, numbers.history)).map { try file.array("history.\($0)", count: count) },
      rate: numbers.hasRate ? try file.array("rate", count: count) : nil, shift: numbers.shift,
      linearization: place, account: numbers.account)
  }
}
