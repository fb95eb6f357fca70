/// One integration in progress, in storage that the caller owns.
struct ExplicitRun {
  private let tableau: ButcherTableau
  private let order: Int
  private let stepSize: StepSize
  private let controller: StepController?
  private let size: Int
  private let storage: UnsafeMutableBufferPointer<Double>
  private(set) var time = 0.0
  var statistics = SteppingStatistics()

  init(integrator: ExplicitIntegrator, storage: UnsafeMutableBufferPointer<Double>, size: Int) {
    tableau = integrator.tableau
    order = integrator.order
    stepSize = integrator.stepSize
    controller = integrator.controller
    self.storage = storage
    self.size = size
  }

  var state: UnsafeBufferPointer<Double> { UnsafeBufferPointer(block(0)) }
  private var trial: UnsafeMutableBufferPointer<Double> { block(1) }
  private var error: UnsafeMutableBufferPointer<Double> { block(2) }
  private func slope(_ j: Int) -> UnsafeMutableBufferPointer<Double> { block(3 + j) }
  private func block(_ i: Int) -> UnsafeMutableBufferPointer<Double> {
    UnsafeMutableBufferPointer(rebasing: storage[i * size..<(i + 1) * size])
  }

  mutating func integrate(
    from start: Double, to end: Double, maximumSteps: Int,
    callback: (StepContext, UnsafeBufferPointer<Double>) -> StepDecision,
    rightHandSide: ExplicitIntegrator.RightHandSide
  ) -> IntegrationStatus {
    time = start
    if start == end { return .completed }
    let direction = end > start ? 1.0 : -1.0
    evaluate(rightHandSide, state, time, slope(0))
    var adaptive = AdaptiveState(step: firstStep(until: end, direction, rightHandSide))
    var clock = StepClock(start: start, end: end, step: direction * adaptive.step)
    var decision = callback(StepContext(index: 0, time: time, step: clock.nextStep), state)

    while true {
      switch decision {
      case .proceed: break
      case .stop(let reason): return .stopped(reason)
      case .setStep(let step):
        precondition(step > 0 && step.isFinite, "a time step is positive and finite, not \(step)")
        adaptive.step = step
        clock.setStep(direction * step)
      }
      if clock.isFinished { return .completed }
      if statistics.steps + statistics.rejectedSteps >= maximumSteps {
        return .failed(.tooManySteps(maximumSteps, time: time))
      }
      let step = clock.nextStep
      makeStep(step, rightHandSide)
      if let controller {
        let verdict = controller.judge(
          error: errorNorm(step, controller.control), taken: abs(step), time: time, state: &adaptive)
        if verdict != .accepted {
          statistics.rejectedSteps += 1
          if verdict == .tooSmall { return .failed(.stepTooSmall(time: time, step: adaptive.step)) }
          clock.setStep(direction * adaptive.step)
          decision = .proceed
          continue
        }
      } else if !Self.isFinite(trial) {
        return .failed(.notFinite(time: time, step: step))
      }
      clock.advance()
      time = clock.time
      if controller != nil { clock.setStep(direction * adaptive.step) }
      accept(rightHandSide)
      decision = callback(StepContext(index: statistics.steps, time: time, step: abs(step)), state)
    }
  }

  /// Leaves y_n + h Σ b_j k_j in `trial` and the slopes in place; slope 0 is known.
  private mutating func makeStep(_ h: Double, _ rightHandSide: ExplicitIntegrator.RightHandSide) {
    for i in 1..<max(tableau.stages, 1) {
      combine(h, tableau.matrix[i])
      evaluate(rightHandSide, UnsafeBufferPointer(trial), time + tableau.nodes[i] * h, slope(i))
    }
    // When the last stage is the new state, it stands in `trial` already.
    if !tableau.isFirstSameAsLast { combine(h, tableau.weights) }
  }

  private mutating func accept(_ rightHandSide: ExplicitIntegrator.RightHandSide) {
    Self.copy(trial, to: block(0))
    statistics.steps += 1
    if tableau.isFirstSameAsLast {
      Self.copy(slope(tableau.stages - 1), to: slope(0))
    } else {
      evaluate(rightHandSide, state, time, slope(0))
    }
  }

  private mutating func evaluate(
    _ rightHandSide: ExplicitIntegrator.RightHandSide, _ y: UnsafeBufferPointer<Double>, _ t: Double,
    _ result: UnsafeMutableBufferPointer<Double>
  ) {
    rightHandSide(y, t, result)
    statistics.evaluations += 1
  }

  /// trial = y_n + h Σ_j factors_j k_j.
  private func combine(_ h: Double, _ factors: [Double]) {
    let trial = self.trial
    Self.copy(block(0), to: trial)
    for (j, factor) in factors.enumerated() where factor != 0 { Self.add(h * factor, slope(j), to: trial) }
  }

  private func errorNorm(_ h: Double, _ control: StepControl) -> Double {
    let error = self.error
    error.update(repeating: 0)
    for (j, factor) in (tableau.errorWeights ?? []).enumerated() where factor != 0 {
      Self.add(h * factor, slope(j), to: error)
    }
    return control.errorNorm(
      error: UnsafeBufferPointer(error), before: state, after: UnsafeBufferPointer(trial))
  }

  private typealias Block = UnsafeMutableBufferPointer<Double>

  private static func add(_ factor: Double, _ x: Block, to y: Block) {
    let (x, y, n) = (x.baseAddress!, y.baseAddress!, y.count)
    for i in 0..<n { y[i] += factor * x[i] }
  }

  private static func copy(_ x: Block, to y: Block) {
    y.baseAddress!.update(from: x.baseAddress!, count: y.count)
  }

  private static func isFinite(_ x: Block) -> Bool {
    var zero = 0.0
    for value in x { zero += 0 * value }
    return zero == 0
  }

  /// The fixed step, the one asked for, or that of Hairer, Nørsett & Wanner (1993), section II.4.
  private mutating func firstStep(
    until end: Double, _ direction: Double, _ rightHandSide: ExplicitIntegrator.RightHandSide
  ) -> Double {
    guard let controller else {
      guard case .fixed(let step) = stepSize else { preconditionFailure("an adaptive step has a controller") }
      return step
    }
    let control = controller.control
    if let step = control.initialStep { return controller.admissible(step) }
    let slopeNorm = norm(UnsafeBufferPointer(slope(0)), control)
    let guess = min(
      controller.firstGuess(stateNorm: norm(state, control), slopeNorm: slopeNorm), abs(end - time))
    combine(direction * guess, [1])
    let error = self.error
    evaluate(rightHandSide, UnsafeBufferPointer(trial), time + direction * guess, error)
    for i in 0..<size { error[i] = (error[i] - slope(0)[i]) / guess }
    return controller.initialStep(
      guess: guess, slopeNorm: slopeNorm, curvatureNorm: norm(UnsafeBufferPointer(error), control),
      order: order)
  }

  private func norm(_ values: UnsafeBufferPointer<Double>, _ control: StepControl) -> Double {
    control.errorNorm(error: values, before: state, after: state)
  }
}
