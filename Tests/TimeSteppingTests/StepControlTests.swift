import Foundation
import Testing
import TimeStepping

/// Step controllers, the ladder of steps, the clock and the Courant limit.
@Suite struct StepControlTests {
  let control = StepControl(relativeTolerance: 1e-6)

  @Test func ladder() {
    for k in -40...40 {
      let rung = exp2(Double(k) / 4)
      let floor = StepLadder.floor(rung * (1 + 1e-12))
      #expect(abs(floor / rung - 1) < 1e-15)
      #expect(StepLadder.floor(floor) == floor)
      #expect(abs(StepLadder.floor(rung * 1.18) / rung - 1) < 1e-15)
      #expect(StepLadder.floor(floor.nextDown) < 0.85 * floor)
    }
    #expect(StepLadder.floor(.leastNonzeroMagnitude) > 0)
    #expect(StepLadder.floor(1) == 1 && StepLadder.floor(0.29) == 0.25)
  }

  /// h · 0.9 · e^{−1/5}, clipped to 0.2 … 10.
  @Test func integralRule() {
    let controller = StepController(control: control, embeddedOrder: 4, quantised: false)
    for (error, factor) in [
      (0.5, 0.9 * pow(2, 0.2)), (1.0, 0.9), (0, 10), (1e-12, 10), (32, 0.45), (1e9, 0.2),
    ] {
      var state = AdaptiveState(step: 0.1)
      let verdict = controller.judge(error: error, taken: 0.1, time: 0, state: &state)
      #expect(verdict == (error <= 1 ? .accepted : .rejected))
      #expect(abs(state.step / (0.1 * factor) - 1) < 1e-14, "error \(error): step \(state.step)")
    }
  }

  /// The exponents of DOPRI5: h · 0.9 · e_n^{−0.17} · e_{n−1}^{0.04}.
  @Test func proportionalIntegralRule() {
    var control = control
    control.rule = .proportionalIntegral
    let controller = StepController(control: control, embeddedOrder: 4, quantised: false)
    var state = AdaptiveState(step: 0.1)
    state.previousError = 0.25
    _ = controller.judge(error: 0.5, taken: 0.1, time: 0, state: &state)
    #expect(abs(state.step - 0.1 * 0.9 * pow(0.5, -0.17) * pow(0.25, 0.04)) < 1e-15)
    #expect(state.previousError == 0.5)
  }

  @Test func rejections() {
    let controller = StepController(control: control, embeddedOrder: 4)
    var state = AdaptiveState(step: 1)
    #expect(controller.judge(error: .nan, taken: 1, time: 0, state: &state) == .rejected)
    #expect(state.step == StepLadder.floor(0.2) && state.followsRejection && state.rejectedSteps == 1)
    // A very good step after a rejection does not grow at once.
    let before = state.step
    #expect(controller.judge(error: 0, taken: state.step, time: 0, state: &state) == .accepted)
    #expect(state.step == before && state.acceptedSteps == 1)
    #expect(controller.judge(error: 0, taken: state.step, time: 0, state: &state) == .accepted)
    #expect(state.step > before)
    // A step cut short to meet a time leaves the plan as it was.
    let planned = state.step
    #expect(controller.judge(error: 0.9, taken: 1e-9 * planned, time: 0, state: &state) == .accepted)
    #expect(state.step == planned)
    state.step = 1e-15
    #expect(controller.judge(error: .infinity, taken: 1e-15, time: 100, state: &state) == .tooSmall)
  }

  @Test func bounds() {
    let control = StepControl(relativeTolerance: 1e-3, maximumStep: 0.6, minimumStep: 0.1)
    let controller = StepController(control: control, embeddedOrder: 4)
    #expect(controller.admissible(5) == StepLadder.floor(0.6))
    var state = AdaptiveState(step: 0.2)
    #expect(controller.judge(error: 1e6, taken: 0.2, time: 0, state: &state) == .tooSmall)
  }

  @Test func errorNorm() {
    let control = StepControl(relativeTolerance: 0.1, absoluteTolerance: 1)
    let norm = [3.0, 4].withUnsafeBufferPointer { error in
      [0, -10.0].withUnsafeBufferPointer { before in
        [20.0, 0].withUnsafeBufferPointer { after in
          control.errorNorm(error: error, before: before, after: after)
        }
      }
    }
    // 3/(1 + 2) and 4/(1 + 1)
    #expect(abs(norm - 2.5.squareRoot()) < 1e-15)
  }

  /// An interrupted run that is resumed from its saved controller takes the same steps.
  @Test func stateSurvivesSaving() throws {
    let controller = StepController(
      control: StepControl(relativeTolerance: 1e-6, rule: .proportionalIntegral), embeddedOrder: 4,
      quantised: false)
    func error(_ n: Int) -> Double { 0.8 + 0.5 * sin(3.7 * Double(n)) }
    var (state, resumed) = (AdaptiveState(step: 0.1), AdaptiveState(step: 0.1))
    for n in 0..<60 {
      _ = controller.judge(error: error(n), taken: state.step, time: 0, state: &state)
      resumed = try JSONDecoder().decode(AdaptiveState.self, from: JSONEncoder().encode(resumed))
      _ = controller.judge(error: error(n), taken: resumed.step, time: 0, state: &resumed)
      #expect(resumed == state)
    }
    #expect(state.rejectedSteps > 5 && state.acceptedSteps > 5)
    #expect(state.rejectedSteps + state.acceptedSteps == 60)
  }

  /// Hairer, Nørsett & Wanner (1993), II.4, by hand.
  @Test func firstStep() {
    let controller = StepController(control: control, embeddedOrder: 4, quantised: false)
    #expect(abs(controller.firstGuess(stateNorm: 2, slopeNorm: 4) - 0.005) < 1e-17)
    #expect(controller.firstGuess(stateNorm: 0, slopeNorm: 4) == 1e-6)
    #expect(
      abs(
        controller.initialStep(guess: 0.005, slopeNorm: 4, curvatureNorm: 320, order: 4)
          - pow(0.01 / 320, 0.2))
        < 1e-15)
    #expect(controller.initialStep(guess: 1e-6, slopeNorm: 4, curvatureNorm: 1, order: 4) == 100 * 1e-6)
    #expect(controller.initialStep(guess: 1e-2, slopeNorm: 0, curvatureNorm: 0, order: 4) == 1e-5)
  }

  @Test func clock() {
    var clock = StepClock(start: 0, end: 1, step: 0.1)
    var steps = 0
    while !clock.isFinished {
      steps += 1
      clock.advance()
    }
    // Ten steps, no sliver after them, and no drift.
    #expect(steps == 10 && clock.time == 1)

    clock = StepClock(start: 0, end: 1, step: 0.1)
    for _ in 0..<3 { clock.advance() }
    #expect(clock.time == 3 * 0.1)
    clock.setStep(0.5)
    clock.advance()
    #expect(clock.time == 3 * 0.1 + 0.5 && clock.nextStep == 1 - clock.time)
    clock.advance()
    #expect(clock.isFinished)

    var back = StepClock(start: 2, end: 1, step: -0.3)
    while !back.isFinished { back.advance() }
    #expect(back.time == 1)
  }

  @Test func courantLimit() {
    let control = CFLControl(number: 0.5, maximumStep: 1, largestGrowth: 2)
    #expect(control.decision(frequency: 4, step: 0.125) == .proceed)
    #expect(control.decision(frequency: 4.1, step: 0.125) == .setStep(StepLadder.floor(0.12)))
    #expect(control.decision(frequency: 400, step: 0.125) == .setStep(StepLadder.floor(0.00125)))
    #expect(control.decision(frequency: 1e-3, step: 0.125) == .setStep(0.25))
    #expect(control.decision(frequency: 0, step: 1) == .proceed)
    guard case .stop = control.decision(frequency: .nan, step: 1) else {
      Issue.record("a velocity that is not finite must end the run")
      return
    }
  }
}
