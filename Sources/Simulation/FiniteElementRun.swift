import Equations
import FiniteElements
import Foundation
import Geometry
import Tensors
import TimeStepping

/// Implicit time stepping with a fixed step, for evolutions on meshes.
public struct ImplicitStepping: Sendable, Hashable {
  /// The scheme.
  public var scheme: ImplicitScheme
  /// The length of steps.
  public var step: Double

  /// Steps of a length by a scheme.
  public init(_ scheme: ImplicitScheme = .bdf2, step: Double) { (self.scheme, self.step) = (scheme, step) }

  /// The scheme's name in statistics and on the command line.
  public var name: String {
    switch scheme {
    case .backwardEuler: "backward-Euler"
    case .midpoint: "midpoint"
    case .bdf2: "BDF2"
    }
  }

  /// The scheme with a name, in any case of letters, or nil.
  public static func named(_ name: String, step: Double) -> ImplicitStepping? {
    ImplicitScheme.allCases.map { ImplicitStepping($0, step: step) }
      .first { $0.name.lowercased() == name.lowercased() }
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
///   - frames: The times to keep, each at the nearest step.
///   - onStep: Called after each step; it may stop the run.
///   - onFrame: Called with each frame as it is kept.
/// - Throws: ``EquationError``, ``FiniteElementError``, ``SolveError`` when the solution blows up.
public func solve(
  _ problem: some Problem, with method: FiniteElementMethod, stepping: ImplicitStepping, until end: Double,
  parameters: ParameterValues = [:], saving frames: FrameSchedule = .count(2),
  onStep: StepCallback<FiniteElementSolution> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> Solution {
  guard end > 0, end.isFinite, stepping.step > 0, stepping.step.isFinite else {
    throw EquationError(
      "a run to t = \(end) in steps of \(stepping.step) makes no sense: give a positive final time and step")
  }
  let start = Date()
  let system = try PDESystem(problem, parameters: parameters, on: method.placement)
  guard system.isEvolution else {
    throw EquationError(
      "\(problem.name) has no time derivative: it is a steady problem, so solve it without time stepping")
  }
  let elements = try method.discretize(system)
  let evolution = try FiniteElementEvolution(elements, scheme: stepping.scheme)
  let count = max(1, Int((end / stepping.step - 1e-9).rounded(.up)))
  let step = end / Double(count)
  var statistics = RunStatistics()
  (statistics.stepper, statistics.step) = (stepping.name, step)
  statistics.unknowns = elements.dofCount
  statistics.threads = WorkerPool.shared.threadCount
  statistics.secondsSetup = Date().timeIntervalSince(start)

  let first = try MeshState(evolution.solution)
  var kept: [Solution.Frame] = []
  func keep(_ time: Double) throws {
    var solution = evolution.solution
    solution = FiniteElementSolution(elements, values: solution.values, rate: solution.rate, time: time)
    kept.append(Solution.Frame(time: time, state: MeshState(solution, like: first)))
    try onFrame(kept[kept.count - 1])
  }
  try keep(0)
  var wanted = Set(frames.times(until: end).map { max(1, min(count, Int(($0 / step).rounded()))) })
  wanted.insert(count)
  let begin = Date()
  for i in 1...count {
    try evolution.advance(by: step)
    // Counted, not summed.
    let time = i == count ? end : Double(i) * step
    statistics.steps = i
    let state = evolution.solution
    guard state.values.allSatisfy(\.isFinite) else {
      throw SolveError.diverged(
        time: time, norm: .nan, step: step,
        advice: "take a smaller step, or a finer mesh where gradients are steep")
    }
    let decision = try onStep(StepContext(index: i, time: time, step: step), state)
    if case .stop(let reason) = decision {
      statistics.stopReason = reason
      try keep(time)
      break
    }
    if wanted.contains(i) { try keep(time) }
  }
  statistics.secondsSolve = Date().timeIntervalSince(begin)
  return Solution(
    problem: problem.name, parameters: problem.values(of: parameters), method: method.name, frames: kept,
    statistics: statistics)
}
