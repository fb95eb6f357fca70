import Tensors

/// What a stepper keeps from step to step: the method's coefficients, the vectors that they combine, the time, and
/// which N is known already.
///
/// The steppers of Fourier and of bounded boxes differ in how N is evaluated and combinations are formed; this they share.
struct StepMemory {
  private(set) var coefficients: StepCoefficients
  private(set) var vectors: ModeVectors
  /// Numbers per variable. Vectors hold pairs, so that an odd count leaves one number unused.
  let count: Int
  var time: Double
  private(set) var stepIndex: Int
  /// How often N has been evaluated.
  private(set) var evaluations = 0
  /// When the first N is that of the state, the time it belongs to.
  private var firstIsCurrentAt: Double?

  /// Redundant modes drift apart by rounding and, where L grows, would not stay small: every so many steps they are
  /// made equal again.
  private static let realityInterval = 64

  init(
    _ coefficients: StepCoefficients, variables: Int, count: Int, time: Double, stepIndex: Int,
    keepsStage: Bool = true
  ) {
    (self.coefficients, self.count, self.time, self.stepIndex) = (coefficients, count, time, stepIndex)
    vectors = ModeVectors(
      variables: variables, modes: (count + 1) / 2, evaluations: coefficients.nodes.count,
      history: coefficients.history, hasError: coefficients.error != nil, keepsStage: keepsStage)
  }

  // MARK: State

  /// Copies of all variables.
  var state: [[Double]] { values(of: vectors.state) }

  /// Copies of the first N, all variables in one array.
  var firstNonlinear: [Double] { Array(values(of: vectors.nonlinear[0]).joined()) }

  private func values(of buffer: Buffer<Double>) -> [[Double]] {
    (0..<vectors.variables).map {
      Array(UnsafeBufferPointer(start: buffer.pointer + $0 * vectors.stride, count: count))
    }
  }

  private func set(_ buffer: Buffer<Double>, _ values: [Double]) {
    precondition(
      values.count == vectors.variables * count,
      "\(values.count) numbers for \(vectors.variables) variables of \(count) coefficients")
    values.withUnsafeBufferPointer { source in
      for v in 0..<vectors.variables {
        (buffer.pointer + v * vectors.stride).update(from: source.baseAddress! + v * count, count: count)
      }
    }
  }

  mutating func setState(_ state: [[Double]]) {
    precondition(
      state.count == vectors.variables && state.allSatisfy { $0.count == count },
      "\(state.map(\.count)) numbers for \(vectors.variables) variables of \(count) coefficients")
    set(vectors.state, Array(state.joined()))
    forgetFirst()
  }

  /// Earlier steps, newest first.
  var history: [StepHistory] {
    get {
      zip(vectors.previousStates, vectors.previousNonlinear).map {
        StepHistory(state: Array(values(of: $0).joined()), nonlinear: Array(values(of: $1).joined()))
      }
    }
    set {
      precondition(
        newValue.count == coefficients.history,
        "\(newValue.count) steps of history for \(coefficients.history)")
      for (i, past) in newValue.enumerated() {
        set(vectors.previousStates[i], past.state)
        set(vectors.previousNonlinear[i], past.nonlinear)
      }
    }
  }

  /// Changes the step size or method.
  mutating func setCoefficients(_ new: StepCoefficients) {
    precondition(
      new.nodes.count == coefficients.nodes.count && new.history == coefficients.history
        && (new.error == nil) == (coefficients.error == nil),
      "coefficients of another method: \(new.nodes.count) stages and history \(new.history)")
    coefficients = new
  }

  // MARK: Steps

  /// Whether redundant modes are to be made equal before this step. Tied to the step's number, so that a run that goes on
  /// from a saved state repeats it.
  var isDueForReality: Bool { stepIndex % Self.realityInterval == 0 }

  /// Whether the first N of the step is there: methods that end with it, and steps that are tried again, need not
  /// evaluate it.
  var knowsFirst: Bool { firstIsCurrentAt == time && coefficients.nodes.count > 1 }

  mutating func forgetFirst() { firstIsCurrentAt = nil }

  mutating func countEvaluation() { evaluations += 1 }

  /// The time of a stage.
  func time(ofStage stage: Int) -> Double { time + coefficients.nodes[stage] * coefficients.step }

  /// Notes that a step has been tried: where it may be refused, its first N serves the next try.
  mutating func endAttempt() { firstIsCurrentAt = coefficients.error == nil ? nil : time }

  /// Makes the attempted state the state.
  mutating func accept() {
    let lastTime = time(ofStage: coefficients.nodes.count - 1)
    vectors.advance()
    if coefficients.reusesLast { vectors.reuseLast() }
    stepIndex += 1
    time += coefficients.step
    // A state that is about to be made real again has another N.
    firstIsCurrentAt = coefficients.reusesLast && !isDueForReality ? lastTime : nil
  }
}
