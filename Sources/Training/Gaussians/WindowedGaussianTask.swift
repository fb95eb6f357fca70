import Equations
import Foundation
import Optimizers
import Simulation
import Tensors

/// The training of an evolution as sums of Gaussians in windows of time, one after another, each with Gaussians of its own.
///
/// What a window ends with is a sum of Gaussians of the spatial coordinates alone, in closed form; the loss of the next one
/// compares with it where that begins. Its Gaussians begin with the means and widths that the window before ended with, at
/// the same times within the window, or as they are spread afresh. (Windows: Krishnapriyan et al., Adv. Neural Inf. Process.
/// Syst. 34, 2021.)
public final class WindowedGaussianTask: StagedTask {
  public typealias Scalar = Double
  public static var stageName: String { "window" }

  public let system: PointwiseSystem
  public let windows: TimeWindows
  public let settings: TrainingPoints
  public let start: GaussianStart
  public let growth: GaussianGrowth?
  /// When windows begin and end.
  public let times: WindowTimes
  /// The window that is being trained.
  public private(set) var stage = 0
  /// The training of that window, in a time that begins with it.
  public private(set) var current: GaussianTask
  /// The windows that are done with, each in its own time.
  private var finished: [(model: GaussianModel, parameters: Tensor<Double>)] = []
  /// The step before which the window began; nil until its first one.
  private var firstStep: Int? = 0
  private let isHard, trainsShapes: Bool
  private var errors: WindowErrors<Double>

  /// The training of windows.
  ///
  /// - Parameters:
  ///   - start: The Gaussians of the first window, and of the others where these begin afresh.
  ///   - settings: Points of every window, as many as there would be in one; their final time is that of all windows.
  ///   - isHard: Whether conditions that can be are met by construction. The states that later windows begin with are left to
  ///     the loss.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  /// - Throws: `TrainingError` where there is no time to be cut, and what the tasks of windows throw.
  public init(
    _ system: PointwiseSystem, windows: TimeWindows, start: GaussianStart, settings: TrainingPoints,
    growth: GaussianGrowth? = nil, isHard: Bool = false, trainsShapes: Bool = true,
    reference: MeasuredPoints? = nil
  ) throws {
    try TimeWindows.check(system)
    (self.system, self.windows, self.settings, self.start) = (system, windows, settings, start)
    (self.growth, self.isHard, self.trainsShapes) = (growth, isHard, trainsShapes)
    times = WindowTimes(windows, until: settings.until)
    errors = WindowErrors(
      try reference ?? PhysicsValidation<Double>.exact(system, until: settings.until), system,
      bounds: times.bounds)
    var own = settings
    own.until = times.bounds[1]
    var first = system
    first.exact = system.exact.map { _ in nil }
    current = try GaussianTask(
      first, start: start, settings: own, growth: growth, isHard: isHard, trainsShapes: trainsShapes)
  }

  // MARK: - Stages

  public var stageCount: Int { windows.ends.count }
  public var stageRule: StageRule { windows.rule }

  public func beginNextStage(after best: Tensor<Double>) throws {
    precondition(stagesLeft > 0, "there is no window after the last")
    current.apply(best)
    let model = current.model
    errors.finish(stage) { model($0) }
    let length = times.length(of: stage)
    finished.append((model, best))
    stage += 1

    var next = system.beginning(at: times.bounds[stage])
    next.exact = next.exact.map { _ in nil }
    next.conditions.removeAll { $0.place == .initial }
    for (unknown, orders) in InitialState.orders(system).enumerated() {
      for order in 0..<orders {
        let state = try model.formula(
          of: unknown, dimension: system.dimension, at: length, timeOrder: order)
        next.conditions.append(
          PointwiseSystem.Residual(
            place: .initial,
            text:
              "\(system.unknowns[unknown].name) as the window before ended\(order == 1 ? ", its rate" : "")",
            node: .jet(Jet(unknown, timeOrder: order)) - state))
      }
    }
    var own = settings
    own.until = times.length(of: stage)
    current = try GaussianTask(
      next, start: start, settings: own, growth: growth,
      shapes: windows.start == .previous ? shapes(of: model, scaledBy: own.until / length) : nil,
      isHard: isHard, trainsShapes: trainsShapes)
    firstStep = nil
  }

  /// Means and logarithms of widths of a model, with times that are scaled.
  private func shapes(of model: GaussianModel, scaledBy factor: Double) -> Tensor<Double> {
    let (count, axes) = (model.count, system.dimension + 1)
    var means = model.sum.means.elements
    var widths = model.sum.logWidths.elements
    for k in 0..<count {
      means[(axes - 1) * count + k] *= factor
      widths[(axes - 1) * count + k] += Foundation.log(factor)
    }
    return Tensor(means + widths)
  }

  // MARK: - Of the present window

  public func prepare(step: Int, at x: Tensor<Double>) throws -> ObjectiveChange {
    if firstStep == nil { firstStep = step }
    return try current.prepare(step: step - firstStep!, at: x)
  }

  public func nextChange(from step: Int) -> Int? {
    let first = firstStep ?? step
    return current.nextChange(from: step - first).map { $0 + first }
  }

  /// The loss of the present window at other points, and errors from the beginning to the end of it.
  public func validate(at x: Tensor<Double>) throws -> [(name: String, value: Double)] {
    let measures = try current.validate(at: x)
    let model = current.model
    return measures + errors.errors(upTo: stage) { model($0) }
  }

  // MARK: - Checkpoints

  public var state: [String: Tensor<Double>] {
    var state = current.state
    state[Self.stageName] = Tensor([Double(stage), Double(firstStep ?? -1)])
    for (k, part) in finished.enumerated() { state["window/\(k)"] = part.parameters }
    return state
  }

  public func restore(_ state: [String: Tensor<Double>]) throws {
    let (number, others) = try stage(of: state)
    guard let first = others.first else {
      throw TrainingError(
        "the checkpoint does not say when its window began: give the settings of the training that was begun")
    }
    let perGaussian = system.unknowns.count + 2 * (system.dimension + 1)
    for k in 0..<number {
      guard let x = state["window/\(k)"], x.rank == 1, x.count > 0, x.count % perGaussian == 0 else {
        throw TrainingError("the checkpoint lacks the Gaussians of window \(k + 1): it is damaged")
      }
      try beginNextStage(after: x)
    }
    firstStep = first < 0 ? nil : Int(first)
    try current.restore(state)
  }

  public func modelTensors(at x: Tensor<Double>) -> [(name: String, tensor: Tensor<Double>)] {
    let earlier = finished.enumerated().flatMap { k, part in
      part.model.namedParameters.map { ("windows.\(k).\($0.name)", $0.parameter.wrappedValue) }
    }
    return earlier + current.modelTensors(at: x).map { ("windows.\(stage).\($0.name)", $0.tensor) }
  }

  // MARK: - Fields

  /// The windows' sums as one solution, up to the end of the one that was trained last.
  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    let counts = finished.map(\.parameters.count) + [objective.layout.count]
    return try LearnedSolution(
      system: system, found: [], until: times.bounds[stage + 1],
      solver: "sums of Gaussians in \(windows.ends.count) windows of time", method: "pig",
      unknowns: counts.reduce(0, +), steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Double>(system: $0, time: $1, grid: $2, pointwise: system, model: model(at: $1))
    }
  }

  /// The unknowns at points [points, coordinates and time of the problem] of the window of a time.
  private func model(at time: Double) -> (Tensor<Double>) -> Tensor<Double> {
    let k = times.window(of: time, upTo: stage)
    let model = k < stage ? finished[k].model : current.model
    return times.inProblemTime(k) { model($0) }
  }

  public var remarks: [String] { times.remarks(trained: stage + 1) }
}
