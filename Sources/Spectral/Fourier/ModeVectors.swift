import Tensors

/// The vectors of a time step over modes: state, stage value, and the nonlinear terms that combinations refer to.
///
/// Buffers keep their addresses; a step that moves history on exchanges their roles.
struct ModeVectors {
  let variables: Int
  /// Doubles per variable: two per mode.
  let stride: Int
  private(set) var state: Buffer<Double>
  private(set) var next: Buffer<Double>
  let stage: Buffer<Double>
  let error: Buffer<Double>?
  private(set) var nonlinear: [Buffer<Double>]
  private(set) var previousStates: [Buffer<Double>]
  private(set) var previousNonlinear: [Buffer<Double>]

  /// - Parameter keepsStage: Whether stage values are kept whole, and not block by block by whoever forms them.
  init(
    variables: Int, modes: Int, evaluations: Int, history: Int, hasError: Bool, keepsStage: Bool = true
  ) {
    self.variables = variables
    stride = 2 * modes
    let size = variables * stride
    let make = { Buffer<Double>(count: max(size, 1)) }
    state = make()
    next = make()
    stage = keepsStage ? make() : Buffer(count: 1)
    error = hasError ? make() : nil
    nonlinear = (0..<evaluations).map { _ in make() }
    previousStates = (0..<history).map { _ in make() }
    previousNonlinear = (0..<history).map { _ in make() }
  }

  /// The first double of an operand's variable.
  func pointer(_ operand: StepOperand, variable: Int) -> UnsafeMutablePointer<Double> {
    let buffer =
      switch operand {
      case .state: state
      case .previousState(let q): previousStates[q]
      case .nonlinear(let j): nonlinear[j]
      case .previousNonlinear(let q): previousNonlinear[q]
      }
    return buffer.pointer + variable * stride
  }

  /// Makes the last N of a step the first of the next.
  mutating func reuseLast() { nonlinear.swapAt(0, nonlinear.count - 1) }

  /// Makes the new state the state, and the old one history.
  mutating func advance() {
    if previousStates.isEmpty {
      swap(&state, &next)
      return
    }
    // The oldest buffers become free for the new values.
    let oldestState = previousStates.removeLast()
    previousStates.insert(state, at: 0)
    state = next
    next = oldestState
    let oldest = previousNonlinear.removeLast()
    previousNonlinear.insert(nonlinear[0], at: 0)
    nonlinear[0] = oldest
  }
}
