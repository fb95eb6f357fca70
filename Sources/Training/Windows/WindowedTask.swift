import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of an evolution in windows of time, one after another, each with a network of its own.
///
/// Where a window begins, the unknowns (and their time derivatives, as far as the equations determine them by what they begin
/// with) are those that the window before ended with, exactly: its network at that time becomes a series on the box, from
/// which the next one departs by u = U₀(x) + (t − t₀) d N. So a network has only as much to learn as happens in one window,
/// and what comes later cannot be traded for what comes first. (Windows: Krishnapriyan et al., Adv. Neural Inf. Process. Syst.
/// 34, 2021, there with the state in the loss; Wight and Zhao, Commun. Comput. Phys. 29, 2021.)
public final class WindowedTask<Core: Layer>: StagedTask where Core.Scalar: OptimizerScalar {
  public typealias Scalar = Core.Scalar
  public static var stageName: String { "window" }

  public let system: PointwiseSystem
  public let windows: TimeWindows
  public let settings: TrainingPoints
  /// When windows begin and end.
  public let times: WindowTimes
  /// The window that is being trained.
  public private(set) var stage = 0
  /// The training of that window, in a time that begins with it.
  public private(set) var current: PhysicsTask<Core>
  /// The networks of the windows that are done with, each in the time of its window.
  public private(set) var finished: [PhysicsNetwork<Core>] = []
  /// How much the series leave out of the states at the beginnings of windows, relative to the largest term.
  public private(set) var remainders: [Double] = []

  private let isHard: Bool
  private let waves: Int
  private let frequencies: DataFrequencies?
  private let cores: [Core]
  private var errors: WindowErrors<Scalar>

  /// The training of windows.
  ///
  /// - Parameters:
  ///   - settings: Points of every window, as many as there would be in one; their final time is that of all windows.
  ///   - waves: How many multiples of the base frequency a periodic coordinate is turned into.
  ///   - frequencies: Of coordinates that are not periodic, frequencies that become features besides.
  ///   - isHard: Whether conditions that can be are met by construction, or left to the loss. States at the beginnings of the
  ///     second and later windows are always met.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  ///   - core: Makes the core of a window for a number of features.
  /// - Throws: `TrainingError` where there is no time to be cut, and what the tasks of windows throw.
  public init(
    _ system: PointwiseSystem, windows: TimeWindows, settings: TrainingPoints, waves: Int = 1,
    frequencies: DataFrequencies? = nil, isHard: Bool = true, reference: MeasuredPoints? = nil,
    core: (_ features: Int) -> Core
  ) throws {
    try TimeWindows.check(system)
    (self.system, self.windows, self.settings) = (system, windows, settings)
    (self.isHard, self.waves, self.frequencies) = (isHard, waves, frequencies)
    times = WindowTimes(windows, until: settings.until)
    let features = CoordinateFeatures(system, until: settings.until, waves: waves, frequencies: frequencies)
      .count
    let cores = windows.ends.map { _ in core(features) }
    self.cores = cores
    errors = WindowErrors(
      try reference ?? PhysicsValidation<Scalar>.exact(system, until: settings.until), system,
      bounds: times.bounds)
    current = try Self.task(
      system, from: 0, to: times.bounds[1], state: nil, settings, waves: waves, frequencies: frequencies,
      isHard: isHard, core: cores[0])
  }

  /// The training of one window.
  private static func task(
    _ system: PointwiseSystem, from start: Double, to end: Double, state: InitialState?,
    _ settings: TrainingPoints, waves: Int, frequencies: DataFrequencies?, isHard: Bool, core: Core
  ) throws -> PhysicsTask<Core> {
    var own = system.beginning(at: start)
    // Errors are those of all windows together.
    own.exact = own.exact.map { _ in nil }
    let until = end - start
    let conditions =
      state != nil || isHard
      ? try HardConditions(own, until: until, startingFrom: state, meetsSides: isHard) : nil
    let network = PhysicsNetwork(
      own, until: until, waves: waves, frequencies: frequencies, conditions: conditions
    ) { _ in core }
    var points = settings
    points.until = until
    return try PhysicsTask(
      own, network: network, settings: points, conditions: conditions?.remaining ?? own.conditions)
  }

  // MARK: - Stages

  public var stageCount: Int { windows.ends.count }
  public var stageRule: StageRule { windows.rule }

  public func beginNextStage(after best: Tensor<Scalar>) throws {
    precondition(stagesLeft > 0, "there is no window after the last")
    current.apply(best)
    let network = current.network
    errors.finish(stage) { network($0) }
    let state = try InitialState(
      of: { network($0) }, current.system, at: times.length(of: stage))
    if windows.start == .previous {
      for (old, new) in zip(cores[stage].namedParameters, cores[stage + 1].namedParameters) {
        new.parameter.wrappedValue = old.parameter.wrappedValue
      }
    }
    finished.append(network)
    remainders.append(state.series.remainder)
    stage += 1
    current = try Self.task(
      system, from: times.bounds[stage], to: times.bounds[stage + 1], state: state, settings, waves: waves,
      frequencies: frequencies,
      isHard: isHard, core: cores[stage])
  }

  /// The loss of the present window at other points, and errors from the beginning to the end of it.
  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let measures = try current.validate(at: x)
    let network = current.network
    return measures + errors.errors(upTo: stage) { network($0) }
  }

  // MARK: - Checkpoints

  public var state: [String: Tensor<Scalar>] {
    var state = current.state
    state[Self.stageName] = Tensor([Scalar(stage)])
    for (k, network) in finished.enumerated() {
      state["window/\(k)"] = Parameter.vector(of: network.trainableParameters.map(\.parameter))
    }
    return state
  }

  public func restore(_ state: [String: Tensor<Scalar>]) throws {
    for k in 0..<(try stage(of: state).number) {
      guard let x = state["window/\(k)"], x.shape == [objective.layout.count] else {
        throw TrainingError(
          "the checkpoint lacks the \(objective.layout.count) parameters of window \(k + 1): give the settings of the "
            + "training that was begun")
      }
      try beginNextStage(after: x)
    }
    try current.restore(state)
  }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    let earlier = finished.enumerated().flatMap { k, network in
      network.namedParameters.map { ("windows.\(k).\($0.name)", $0.parameter.wrappedValue) }
    }
    return earlier + current.modelTensors(at: x).map { ("windows.\(stage).\($0.name)", $0.tensor) }
  }

  // MARK: - Fields

  /// The unknowns at points [points, coordinates and time], as [points, unknowns], at the parameters that were applied last.
  public func unknowns(at points: Tensor<Scalar>) -> Tensor<Scalar> {
    let columns = system.dimension + 1
    precondition(
      points.rank == 2 && points.shape[1] == columns,
      "points of shape \(points.shape) for a problem with \(columns) coordinates")
    let moments = points.slice(axis: 1, columns - 1..<columns).elements
    let rows = Dictionary(grouping: moments.indices) { times.window(of: Double(moments[$0]), upTo: stage) }
    let order = rows.keys.sorted()
    let values = order.map { k in model(of: k)(points.gathering(rows[k]!)) }
    var place = Array(repeating: 0, count: moments.count)
    for (i, row) in order.flatMap({ rows[$0]! }).enumerated() { place[row] = i }
    return values.isEmpty
      ? .zeros([0, system.unknowns.count]) : Tensor.concatenated(values).gathering(place)
  }

  /// The unknowns of a window, for points in the time of the problem.
  private func model(of k: Int) -> (Tensor<Scalar>) -> Tensor<Scalar> {
    let network = k < stage ? finished[k] : current.network
    return times.inProblemTime(k) { network($0) }
  }

  /// The windows' networks as one solution, up to the end of the one that was trained last.
  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: [], until: times.bounds[stage + 1],
      solver: "physics-informed networks in \(windows.ends.count) windows of time", method: "pinn",
      unknowns: objective.layout.count * (stage + 1), steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Scalar>(
        system: $0, time: $1, grid: $2, pointwise: system, model: model(of: times.window(of: $1, upTo: stage))
      )
    }
  }

  public var remarks: [String] {
    var remarks = times.remarks(trained: stage + 1)
    let tolerance = Scalar.self == Double.self ? 1e-10 : 1e-5
    if let worst = remainders.max(), worst > tolerance {
      let k = remainders.firstIndex(of: worst)!
      remarks.append(
        "the state at t = \(times.bounds[k + 1]) has structure of all scales that its series resolves, and what it leaves out is "
          + "\(worst) of its largest term: a smoother network would hand it on better")
    }
    return remarks
  }
}
