import Equations
import FiniteElements
import Foundation
import Geometry
import Tensors
import TimeStepping

/// One evolution on a mesh from its initial state to a final time: makes equal steps, keeps the times of frames, stops when
/// the state blows up, and can be saved and continued bit by bit.
///
/// With a step h and a final time T the run takes ⌈T/h⌉ equal steps, so that it ends at T exactly; frames are kept at the
/// nearest step.
public final class FiniteElementRun {
  /// What to do and how.
  public struct Plan: Sendable {
    public var stepping: ImplicitStepping
    public var until: Double
    public var frames: FrameSchedule

    /// - Precondition: the final time is positive.
    public init(stepping: ImplicitStepping, until: Double, frames: FrameSchedule) {
      precondition(until > 0 && until.isFinite, "the final time \(until) is not after the initial time 0")
      (self.stepping, self.until, self.frames) = (stepping, until, frames)
    }
  }

  public let system: FiniteElementSystem
  public let plan: Plan
  /// The steps of the whole run, and their length.
  public let stepCount: Int
  public let step: Double
  /// Seconds spent in steps by this run (not by the one it continues).
  public private(set) var secondsStepping = 0.0

  private let evolution: FiniteElementEvolution
  /// The steps after which frames are kept, ascending.
  private let frameSteps: [Int]
  /// Holds the grid for pictures and what finds cells, which all frames share.
  private let sampled: MeshState

  /// A run at its initial time 0.
  ///
  /// - Throws: ``FiniteElementError`` for unknowns without initial values.
  public convenience init(_ system: FiniteElementSystem, plan: Plan) throws {
    try self.init(system, plan, FiniteElementEvolution(system, scheme: plan.stepping.scheme))
  }

  /// A run that goes on from a saved one of the same system and plan.
  ///
  /// - Throws: What the factorisation of the saved derivative throws.
  public convenience init(
    _ system: FiniteElementSystem, from checkpoint: FiniteElementEvolution.Checkpoint, plan: Plan
  ) throws {
    try self.init(
      system, plan, FiniteElementEvolution(system, scheme: plan.stepping.scheme, from: checkpoint))
  }

  private init(_ system: FiniteElementSystem, _ plan: Plan, _ evolution: FiniteElementEvolution) throws {
    (self.system, self.plan, self.evolution) = (system, plan, evolution)
    let count = Self.stepCount(plan)
    (stepCount, step) = (count, plan.until / Double(count))
    let length = step
    let wanted = plan.frames.times(until: plan.until).map {
      max(1, min(count, Int(($0 / length).rounded())))
    }
    frameSteps = Set(wanted).union([count]).sorted()
    sampled = try MeshState(evolution.solution)
  }

  private static func stepCount(_ plan: Plan) -> Int {
    max(1, Int((plan.until / plan.stepping.step - 1e-9).rounded(.up)))
  }

  /// The time reached: counted, not summed.
  public var time: Double { stepIndex == stepCount ? plan.until : Double(stepIndex) * step }
  /// Steps made since the initial time, those of continued runs included.
  public var stepIndex: Int { evolution.steps }
  /// The state reached.
  public var solution: FiniteElementSolution {
    FiniteElementSolution(system, values: evolution.state, rate: evolution.rate, time: time)
  }
  /// The fields of the state reached.
  public var frame: Solution.Frame {
    Solution.Frame(time: time, state: MeshState(solution, like: sampled))
  }
  /// How many frames after the initial one have been kept.
  public var keptFrames: Int { frameSteps.prefix { $0 <= stepIndex }.count }
  /// Frames after the initial one that the whole run keeps.
  public var frameCount: Int { frameSteps.count }
  public var isFinished: Bool { stepIndex >= stepCount }
  /// What to save in order to go on later.
  public var checkpoint: FiniteElementEvolution.Checkpoint { evolution.checkpoint }

  /// Makes steps until the final time or until a callback stops the run.
  ///
  /// - Parameters:
  ///   - onStep: Called after each step; it may stop the run. Steps keep their length: one that is asked for is refused.
  ///   - onFrame: Called when a frame's time is reached.
  /// - Throws: ``SolveError``, ``EquationError`` when a callback asks for another step, and what the callbacks throw.
  @discardableResult
  public func run(
    onStep: StepCallback<FiniteElementSolution> = { _, _ in .proceed },
    onFrame: (FiniteElementRun) throws -> Void = { _ in }
  ) throws -> EvolutionRun.Ending {
    while !isFinished {
      let start = DispatchTime.now().uptimeNanoseconds
      try makeStep()
      secondsStepping += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      if frameSteps.contains(stepIndex) { try onFrame(self) }
      switch try onStep(StepContext(index: stepIndex, time: time, step: step), solution) {
      case .proceed: break
      case .stop(let reason): return .stopped(reason: reason)
      case .setStep:
        throw EquationError("runs on meshes keep the length of their steps: leave it as it is")
      }
    }
    return .completed
  }

  private func makeStep() throws {
    do {
      try evolution.advance(by: step)
    } catch {
      throw SolveError.stepFailed(time: time + step, step: step, reason: "\(error)")
    }
    guard evolution.state.allSatisfy(\.isFinite) else {
      throw SolveError.diverged(
        time: time, norm: .nan, step: step,
        advice: "take a smaller step, or a finer mesh where gradients are steep")
    }
  }
}

/// Solves an evolution equation by finite elements with implicit steps.
///
/// ```swift
/// let solution = try solve(
///   HeatAnnulus(), with: FiniteElementMethod(order: 2), stepping: ImplicitStepping(.bdf2, step: 1e-3), until: 0.2)
/// ```
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The elements and the mesh.
///   - stepping: The scheme and its step; steps are shortened a little so that the last one ends at `end`.
///   - end: The final time; the initial one is 0.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields are drawn from.
///   - frames: The times to keep, each at the nearest step.
///   - onStep: Called after each step; it may stop the run.
///   - onFrame: Called with each frame as it is kept.
/// - Throws: ``EquationError``, ``FiniteElementError``, ``SolveError`` when the solution blows up.
public func solve(
  _ problem: some Problem, with method: FiniteElementMethod, stepping: ImplicitStepping, until end: Double,
  parameters: ParameterValues = [:], seed: UInt64 = 0, saving frames: FrameSchedule = .count(2),
  onStep: StepCallback<FiniteElementSolution> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> Solution {
  let start = Date()
  let system = try method.evolution(of: problem, parameters, stepping, until: end, seed: seed)
  let run = try FiniteElementRun(system, plan: .init(stepping: stepping, until: end, frames: frames))
  var statistics = RunStatistics()
  statistics.secondsSetup = Date().timeIntervalSince(start)
  var kept = [run.frame]
  try onFrame(kept[0])
  let ending = try run.run(onStep: onStep) {
    kept.append($0.frame)
    try onFrame($0.frame)
  }
  if case .stopped(let reason) = ending {
    statistics.stopReason = reason
    if run.time > kept[kept.count - 1].time {
      kept.append(run.frame)
      try onFrame(run.frame)
    }
  }
  statistics.record(run)
  return Solution(
    problem: problem.name, parameters: problem.values(of: parameters), method: method.name, frames: kept,
    statistics: statistics)
}

extension FiniteElementMethod {
  /// A discretised evolution, with times that make sense.
  func evolution(
    of problem: some Problem, _ parameters: ParameterValues, _ stepping: ImplicitStepping, until end: Double,
    seed: UInt64
  ) throws -> FiniteElementSystem {
    guard end > 0, end.isFinite, stepping.step > 0, stepping.step.isFinite, end / stepping.step < 1e12 else {
      throw EquationError(
        "a run to t = \(end) in steps of \(stepping.step) makes no sense: give a positive final time and step"
      )
    }
    let system = try PDESystem(problem, parameters: parameters, on: placement)
    guard system.isEvolution else {
      throw EquationError(
        "\(problem.name) has no time derivative: it is a steady problem, so solve it without time stepping")
    }
    return try discretize(system, seed: seed)
  }
}

extension RunStatistics {
  /// Takes over what a run has counted.
  public mutating func record(_ run: FiniteElementRun) {
    stepper = run.plan.stepping.name
    step = run.step
    steps = run.stepIndex
    secondsSolve += run.secondsStepping
    unknowns = run.system.dofCount
    threads = WorkerPool.shared.threadCount
  }
}
