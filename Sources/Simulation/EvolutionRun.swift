import Equations
import Foundation
import Spectral
import Tensors
import TimeStepping

/// One evolution from its initial state to a final time: makes steps, keeps the times of frames, stops when the state
/// blows up, and can be saved and continued bit by bit.
///
/// With a fixed step h and a final time T the run takes ⌈T/h⌉ equal steps, so that it ends at T exactly. With step
/// control, steps are shortened to meet frames.
public final class EvolutionRun {
  /// What to do and how.
  public struct Plan: Sendable {
    public var method: any SemilinearMethod
    public var until: Double
    public var frames: FrameSchedule

    /// - Precondition: the final time is positive.
    public init(method: any SemilinearMethod, until: Double, frames: FrameSchedule) {
      precondition(until > 0 && until.isFinite, "the final time \(until) is not after the initial time 0")
      (self.method, self.until, self.frames) = (method, until, frames)
    }
  }

  /// How a run ended.
  public enum Ending: Equatable, Sendable {
    case completed
    /// A callback asked to stop.
    case stopped(reason: String)
  }

  public let system: any SpectralSystem
  public let plan: Plan
  /// Seconds spent in steps by this run (not by the one it continues).
  public private(set) var secondsStepping = 0.0

  private let pool: WorkerPool
  private let frameTimes: [Double]
  private let controller: StepController?
  private var stepper: any SpectralStepper
  private var clock: Checkpoint.Clock
  private var framesKept: Int
  private var adaptive: AdaptiveState?
  private var starting: [StepHistory]?
  private let initialNorm: Double
  private var knownCoefficients: [(method: String, coefficients: StepCoefficients)] = []

  /// A run at its initial time 0.
  public convenience init(
    _ system: any SpectralSystem, state: [[Double]], plan: Plan, pool: WorkerPool = .shared
  ) {
    let checkpoint = Checkpoint(
      time: 0, clock: Self.initialClock(plan), framesKept: 0, adaptive: nil, stepperIndex: 0,
      starting: plan.method.history > 0 ? [] : nil, state: state, history: [], initialNorm: .nan)
    self.init(system, from: checkpoint, plan: plan, pool: pool)
  }

  /// A run that goes on from a saved one of the same system and plan.
  public init(
    _ system: any SpectralSystem, from checkpoint: Checkpoint, plan: Plan, pool: WorkerPool = .shared
  ) {
    self.system = system
    self.plan = plan
    self.pool = pool
    frameTimes = plan.frames.times(until: plan.until)
    clock = checkpoint.clock
    framesKept = checkpoint.framesKept
    adaptive = checkpoint.adaptive
    starting = checkpoint.starting
    if case .adaptive(let control) = plan.method.stepSize, let method = plan.method as? any EmbeddedMethod {
      controller = StepController(control: control, embeddedOrder: method.embeddedOrder)
    } else {
      controller = nil
    }
    // A stepper of any step can say how the state changes, which chooses the first step.
    let method = starting == nil ? plan.method : plan.method.startingMethod!
    let step = controller == nil ? clock.step : checkpoint.adaptive?.step ?? 1
    let coefficients = StepCoefficients(
      method, step: starting == nil ? step : step / Double(plan.method.startingSubsteps), system: system)
    knownCoefficients = [(method.name, coefficients)]
    stepper = system.makeStepper(
      coefficients, state: checkpoint.state, time: checkpoint.time, stepIndex: checkpoint.stepperIndex,
      pool: pool)
    if starting == nil && plan.method.history > 0 { stepper.history = checkpoint.history }
    initialNorm =
      checkpoint.initialNorm.isNaN ? Self.rootMeanSquare(stepper) : checkpoint.initialNorm
    if let controller, adaptive == nil {
      adaptive = AdaptiveState(step: controller.firstStep(stepper, system, order: plan.method.order))
      clock.step = adaptive!.step
    }
  }

  private static func initialClock(_ plan: Plan) -> Checkpoint.Clock {
    guard case .fixed(let asked) = plan.method.stepSize else {
      return Checkpoint.Clock(step: 1, isUniform: false)
    }
    let count = max(1, (plan.until / asked - 1e-9).rounded(.up))
    return Checkpoint.Clock(step: plan.until / count, isUniform: true)
  }

  /// The time reached.
  public var time: Double { stepper.time }
  /// Steps made since the initial time, those of continued runs included.
  public var stepIndex: Int { clock.index }
  /// Steps that error control refused.
  public var rejectedSteps: Int { adaptive?.rejectedSteps ?? 0 }
  /// The current step.
  public var step: Double { clock.step }
  /// Copies of the coefficients of all variables.
  public var state: [[Double]] { stepper.state }
  /// The fields of the state reached.
  public var frame: Solution.Frame {
    Solution.Frame(time: time, state: EvolutionState(spectral: system, coefficients: state, time: time))
  }
  /// How many frames after the initial one have been kept.
  public var keptFrames: Int { framesKept }
  /// Frames after the initial one that the whole run keeps.
  public var frameCount: Int { frameTimes.count }
  /// The part of the run that is done, from 0 to 1.
  public var progress: Double { min(1, time / plan.until) }
  public var isFinished: Bool { framesKept == frameTimes.count }

  /// What to save in order to go on later.
  public var checkpoint: Checkpoint {
    Checkpoint(
      time: time, clock: clock, framesKept: framesKept, adaptive: adaptive, stepperIndex: stepper.stepIndex,
      starting: starting, state: stepper.state, history: starting == nil ? stepper.history : [],
      initialNorm: initialNorm)
  }

  // MARK: - Running

  /// Makes steps until the final time or until a callback stops the run.
  ///
  /// - Parameters:
  ///   - onStep: Called after each step; it may stop the run or change the step.
  ///   - onFrame: Called when a frame's time is reached.
  /// - Throws: ``SolveError``, and what the callbacks throw.
  @discardableResult
  public func run(
    onStep: StepCallback<EvolutionRun> = { _, _ in .proceed },
    onFrame: (EvolutionRun) throws -> Void = { _ in }
  ) throws -> Ending {
    while !isFinished {
      let start = DispatchTime.now().uptimeNanoseconds
      try makeStep()
      secondsStepping += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      let reachesFrame = isAtFrame
      if reachesFrame || clock.index % 16 == 0 { try checkGrowth() }
      while isAtFrame && !isFinished {
        framesKept += 1
        // Frames closer than a step share one state.
        if !isAtFrame || isFinished { try onFrame(self) }
      }
      switch try onStep(StepContext(index: clock.index, time: time, step: clock.step), self) {
      case .proceed: break
      case .stop(let reason): return .stopped(reason: reason)
      case .setStep(let step): changeStep(to: step)
      }
    }
    return .completed
  }

  private var isAtFrame: Bool {
    guard framesKept < frameTimes.count else { return false }
    let target = frameTimes[framesKept]
    if clock.isUniform { return clock.index >= Int((target / clock.step).rounded()) }
    if plan.method.history > 0 { return time >= target - 0.5 * clock.step }
    return time >= target - 1e-12 * max(1, abs(target))
  }

  private func makeStep() throws {
    if controller != nil { return try makeControlledStep() }
    // After a change of step, steps are cut to meet frames.
    let length = clock.isUniform ? clock.step : lengthWithinFrame(clock.step)
    if length != clock.step || !clock.isUniform { useStep(length) }
    if starting != nil {
      makeStartingStep()
    } else {
      stepper.advance()
    }
    clock.index += 1
    stepper.time = clock.isUniform ? clock.time : stepper.time
    if starting?.count == plan.method.history { finishStarting() }
  }

  private func makeStartingStep() {
    let start = stepper.time
    starting!.insert(
      StepHistory(state: Array(stepper.state.joined()), nonlinear: stepper.nonlinear()), at: 0)
    let substeps = plan.method.startingSubsteps
    for i in 1...substeps {
      stepper.advance()
      stepper.time = start + clock.step * Double(i) / Double(substeps)
    }
  }

  private func finishStarting() {
    let history = starting!
    starting = nil
    stepper = system.makeStepper(
      coefficients(plan.method, clock.step), state: stepper.state, time: stepper.time, stepIndex: clock.index,
      pool: pool)
    stepper.history = history
  }

  private func makeControlledStep() throws {
    guard let controller else { return }
    while true {
      let length = lengthWithinFrame(adaptive!.step)
      useStep(length)
      stepper.attempt()
      let error = stepper.errorNorm(
        absolute: controller.control.absoluteTolerance, relative: controller.control.relativeTolerance)
      switch controller.judge(error: error, taken: length, time: time, state: &adaptive!) {
      case .accepted:
        stepper.accept()
        clock.index += 1
        clock.step = length
        return
      case .rejected: continue
      case .tooSmall: throw SolveError.stepTooSmall(time: time, step: adaptive!.step)
      }
    }
  }

  private func lengthWithinFrame(_ step: Double) -> Double {
    // A multistep method would have to start anew: its frames are at the nearest step.
    if plan.method.history > 0 { return step }
    let left = frameTimes[framesKept] - time
    return left <= step * (1 + 1e-9) ? left : step
  }

  private func changeStep(to step: Double) {
    precondition(step > 0 && step.isFinite, "a time step is positive and finite, not \(step)")
    if step == clock.step && clock.isUniform { return }
    clock.isUniform = false
    clock.originTime = time
    clock.originIndex = clock.index
    clock.step = step
    if plan.method.history > 0 {
      let left = plan.until - time
      clock.step = left / max(1, (left / step - 1e-9).rounded(.up))
      restart()
    }
  }

  /// A multistep method starts anew after a change of step.
  private func restart() {
    starting = []
    stepper = system.makeStepper(
      coefficients(plan.method.startingMethod!, clock.step / Double(plan.method.startingSubsteps)),
      state: stepper.state, time: stepper.time, stepIndex: 0, pool: pool)
  }

  private func useStep(_ length: Double) {
    let isStarting = starting != nil
    let own = isStarting ? length / Double(plan.method.startingSubsteps) : length
    if stepper.step == own { return }
    stepper.setCoefficients(coefficients(isStarting ? plan.method.startingMethod! : plan.method, own))
  }

  /// The coefficients of a step, computed once for the last few steps in use.
  private func coefficients(_ method: any SemilinearMethod, _ step: Double) -> StepCoefficients {
    if let i = knownCoefficients.firstIndex(where: {
      $0.method == method.name && $0.coefficients.step == step
    }) {
      let entry = knownCoefficients.remove(at: i)
      knownCoefficients.append(entry)
      return entry.coefficients
    }
    let new = StepCoefficients(method, step: step, system: system)
    knownCoefficients.append((method.name, new))
    if knownCoefficients.count > 4 { knownCoefficients.removeFirst() }
    return new
  }

  // MARK: - Growth

  private static func rootMeanSquare(_ stepper: any SpectralStepper) -> Double {
    (stepper.meanSquares.reduce(0, +) as Double).squareRoot()
  }

  private func checkGrowth() throws {
    let norm = Self.rootMeanSquare(stepper)
    if norm <= 1e8 * max(1, initialNorm) { return }
    throw SolveError.diverged(time: time, norm: norm, step: clock.step, advice: advice)
  }

  private var advice: String {
    if controller != nil {
      return
        "the tolerance is met, so the equation itself seems to have no bounded solution here: stop earlier"
    }
    let half = number(clock.step / 2)
    if plan.method.treatsLinearPartExplicitly {
      return
        "\(plan.method.name) treats the linear part explicitly, so use ETDRK4, which does not limit the step by it, "
        + "or a step of \(half) or less"
    }
    return
      "use a step of \(half) or less; if that does not help, the equation itself has no bounded solution here"
  }
}

extension StepController {
  /// The first step of a controlled run (Hairer, Nørsett & Wanner, 1993, section II.4).
  fileprivate func firstStep(_ stepper: any SpectralStepper, _ system: any SpectralSystem, order: Int)
    -> Double
  {
    if let step = control.initialStep { return admissible(step) }
    let (state, time) = (stepper.state, stepper.time)
    let slope = system.slope(stepper)
    let guess = firstGuess(stateNorm: norm(state, state), slopeNorm: norm(slope, state))
    stepper.setState(zip(state, slope).map { zip($0, $1).map { $0 + guess * $1 } })
    stepper.time = time + guess
    let curvature = zip(system.slope(stepper), slope).map { zip($0, $1).map { ($0 - $1) / guess } }
    stepper.setState(state)
    stepper.time = time
    return initialStep(
      guess: guess, slopeNorm: norm(slope, state), curvatureNorm: norm(curvature, state), order: order)
  }

  private func norm(_ vector: [[Double]], _ state: [[Double]]) -> Double {
    var total = 0.0
    for (v, s) in zip(vector, state) {
      let size = s.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let ratio =
        v.reduce(0) { $0 + $1 * $1 }.squareRoot()
        / (control.absoluteTolerance + control.relativeTolerance * size)
      total += ratio * ratio
    }
    return (total / Double(max(1, vector.count))).squareRoot()
  }
}

extension SpectralSystem {
  /// L v + N(v, t) of a stepper's state.
  func slope(_ stepper: any SpectralStepper) -> [[Double]] {
    let (state, nonlinear) = (stepper.state, stepper.nonlinear())
    let isComplex = coefficientCount == 2 * modeCount
    return variables.indices.map { v in
      var result = Array(nonlinear[v * coefficientCount..<(v + 1) * coefficientCount])
      for m in 0..<modeCount {
        let L = linearPart(m)
        for w in variables.indices {
          if isComplex {
            let value = L[v, w] * Complex(state[w][2 * m], state[w][2 * m + 1])
            result[2 * m] += value.real
            result[2 * m + 1] += value.imaginary
          } else {
            result[m] += L[v, w].real * state[w][m]
          }
        }
      }
      return result
    }
  }
}

extension StepCoefficients {
  /// A method's coefficients for a discretised problem.
  public init(_ method: any SemilinearMethod, step: Double, system: any SpectralSystem) {
    self.init(
      method, step: step, modes: system.modeCount, variables: system.variables.count,
      coupled: system.isCoupled
    ) { system.linearPart($0) }
  }
}
