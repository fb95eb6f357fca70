import Equations
import Foundation
import Geometry
import Spectral
import Tensors
import TimeStepping

/// Solves an evolution equation.
///
/// ```swift
/// let solution = try solve(
///   Burgers(viscosity: 0.02), with: Fourier(points: [1024]), stepping: ETDRK4(step: 1e-3), until: 1)
/// let u = try solution.field("u")
/// ```
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The discretisation in space.
///   - stepper: The discretisation in time, with its step or tolerances.
///   - end: The final time; the initial one is 0.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields are drawn from.
///   - frames: The times to keep; by default the initial and the final one.
///   - onStep: Called after each step with where the run stands; it may stop the run or change the step, as
///     ``TimeStepping/CFLControl/callback(velocity:every:)`` does.
/// - Throws: ``EquationError`` when the problem or the method is wrong, ``SolveError`` when the solution blows up.
public func solve(
  _ problem: some Problem, with method: some EvolutionMethod, stepping stepper: any SemilinearMethod,
  until end: Double, parameters: ParameterValues = [:], seed: UInt64 = 0,
  saving frames: FrameSchedule = .count(2),
  onStep: StepCallback<EvolutionRun> = { _, _ in .proceed }
) throws -> Solution {
  guard end > 0, end.isFinite else {
    throw EquationError("the final time is \(end), but must be later than the initial time 0")
  }
  let start = Date()
  let evolution = try Evolution(problem, with: method, parameters: parameters, seed: seed)
  let run = EvolutionRun(
    evolution.system, state: evolution.initialState,
    plan: .init(method: stepper, until: end, frames: frames))
  var statistics = RunStatistics()
  statistics.secondsSetup = Date().timeIntervalSince(start)
  var kept = [evolution.frame(evolution.initialState, time: 0)]
  let ending = try run.run(onStep: onStep) { kept.append(evolution.frame($0.state, time: $0.time)) }
  if case .stopped(let reason) = ending {
    statistics.stopReason = reason
    if run.time > kept[kept.count - 1].time { kept.append(evolution.frame(run.state, time: run.time)) }
  }
  statistics.record(run)
  return Solution(
    problem: problem.name, parameters: evolution.parameters, method: method.name, frames: kept,
    statistics: statistics)
}

/// An evolution problem, discretised, with its initial state.
public struct Evolution: Sendable {
  public let system: any SpectralSystem
  public let initialState: [[Double]]
  /// The values of all parameters.
  public let parameters: [String: Double]

  /// Lowers and discretises a problem.
  ///
  /// - Throws: ``EquationError``.
  public init(
    _ problem: some Problem, with method: some EvolutionMethod, parameters: ParameterValues = [:],
    seed: UInt64 = 0
  ) throws {
    let lowered = try PDESystem(problem, parameters: parameters)
    guard lowered.isEvolution else {
      throw EquationError(
        "\(problem.name) has no time derivative: it is a steady problem, so solve it without a time stepper and final time"
      )
    }
    system = try method.discretize(lowered, seed: seed)
    initialState = try system.initialState(seed: seed)
    self.parameters = problem.values(of: parameters)
  }

  /// A state as a frame of a solution.
  public func frame(_ state: [[Double]], time: Double) -> Solution.Frame {
    Solution.Frame(time: time, state: EvolutionState(spectral: system, coefficients: state, time: time))
  }
}

extension SpectralSystem {
  /// The state of the problem's initial conditions.
  ///
  /// - Throws: ``EquationError`` when one is missing or does not suit the discretisation.
  func initialState(seed: UInt64) throws -> [[Double]] {
    let axes = Axis.allCases.prefix(system.dimension)
    let points = grid.points
    let coordinates = axes.map { axis in points.map { $0[axis.rawValue] } }
    let fields = try variables.map { v -> [Double] in
      guard let formula = system.initial[v] else {
        let name = system.unknowns[v].source.name
        throw EquationError("\(system.name) has no initial condition for \(name): add .initial(\(name) == …)")
      }
      var random: [RandomField] = []
      formula.visit { if case .random(let field) = $0, !random.contains(field) { random.append(field) } }
      let drawn = random.enumerated().map { i, field in
        RandomFields(seed: seed, stream: UInt64(16 * v + i)).values(
          of: field, box: system.box, points: grid.shape)
      }
      let program = try PointwiseProgram(
        [formula], inputs: axes.map { .coordinate($0) } + random.map { .random($0) })
      let values = program.values(coordinates + drawn, count: points.count, time: 0)[0]
      guard values.allSatisfy(\.isFinite) else {
        throw EquationError(
          "the initial value of \(system.unknowns[v].name) is not finite somewhere: check its formula on the domain"
        )
      }
      return values
    }
    return try state(of: fields, time: 0)
  }
}

extension RunStatistics {
  /// Takes over what a run has counted.
  public mutating func record(_ run: EvolutionRun) {
    stepper = run.plan.method.name
    step = run.step
    steps = run.stepIndex
    rejectedSteps = run.rejectedSteps
    secondsSolve += run.secondsStepping
    transformsPerEvaluation = (run.system as? FourierSystem)?.plan.cost
    threads = WorkerPool.shared.threadCount
  }
}
