import Equations
import Tensors

/// How a time is cut into windows that are trained one after another.
public struct TimeWindows: Hashable, Sendable, Codable {
  /// What a network begins with in a later window.
  public enum Start: String, Hashable, Sendable, Codable, CaseIterable {
    /// The parameters of the window before.
    case previous
    /// Parameters that are drawn.
    case fresh
  }

  /// Where windows end, relative to the whole: increasing, the last 1.
  public var ends: [Double]
  public var start: Start
  /// When a window is done with, besides when its optimizer is.
  public var rule: StageRule

  /// Windows of equal length.
  public init(_ count: Int, start: Start = .previous, rule: StageRule = StageRule()) {
    precondition(count > 0, "\(count) windows")
    self.init(ends: (1...count).map { Double($0) / Double(count) }, start: start, rule: rule)
  }

  /// Windows that end at parts of the whole.
  public init(ends: [Double], start: Start = .previous, rule: StageRule = StageRule()) {
    precondition(
      ends.last == 1 && ends[0] > 0 && zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 },
      "windows that end at the parts \(ends) of the time")
    (self.ends, self.start, self.rule) = (ends, start, rule)
  }
}

extension TimeWindows {
  /// Whether windows suit a problem.
  ///
  /// - Throws: `TrainingError` with the reason why not.
  static func check(_ system: PointwiseSystem) throws {
    try system.requireBox(for: "a series of windows in time")
    guard system.isEvolution, let order = InitialState.orders(system).max(), order > 0 else {
      throw TrainingError(
        "\(system.name) has no derivative in time, so that there are no windows of time to be trained one after another: "
          + "leave windows out")
    }
    guard order <= 2 else {
      throw TrainingError(
        "\(system.name) is of order \(order) in time, and windows take orders 1 and 2: write it as a system of lower order"
      )
    }
    guard system.free.isEmpty else {
      throw TrainingError(
        "parameters are found from all measurements together, and windows of time are trained one after another: leave "
          + "windows out, or give \(system.free.map(\.name).joined(separator: ", "))")
    }
  }
}

/// When windows begin and end.
public struct WindowTimes: Hashable, Sendable {
  /// Times between windows, with the beginning and the end of all.
  public let bounds: [Double]

  init(_ windows: TimeWindows, until: Double) {
    bounds = [0] + windows.ends.map { $0 * until }
  }

  /// How long a window takes.
  func length(of window: Int) -> Double { bounds[window + 1] - bounds[window] }

  /// The window of a time; of a border, the one that ends there; after the last one that was trained, that one.
  func window(of time: Double, upTo last: Int) -> Int {
    min(bounds.dropFirst().firstIndex { time <= $0 }.map { $0 - 1 } ?? last, last)
  }

  /// A model of points [points, coordinates and time] in a window's own time, as one in the time of the problem.
  func inProblemTime<Scalar: Real>(
    _ window: Int, _ model: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) -> (Tensor<Scalar>) -> Tensor<Scalar> {
    let start = Scalar(bounds[window])
    return { points in
      let columns = points.shape[1]
      return model(
        points
          - Tensor(shape: [1, columns], (0..<columns).map { $0 == columns - 1 ? start : 0 }))
    }
  }

  /// What a reader of the fields has to know where windows are missing.
  func remarks(trained count: Int) -> [String] {
    let all = bounds.count - 1
    guard count < all else { return [] }
    return [
      "\(count) of \(all) windows of time were trained, up to t = \(bounds[count]); go on with --resume and more steps or "
        + "seconds"
    ]
  }
}

extension PointwiseSystem {
  /// The same problem with a time that counts from a later moment on.
  func beginning(at start: Double) -> PointwiseSystem {
    guard start != 0 else { return self }
    func shifted(_ node: Node) -> Node {
      node.replacingTerminals { $0 == .time ? .time + .constant(start) : nil }
    }
    func shifted(_ residual: Residual) -> Residual {
      Residual(
        place: residual.place, text: residual.text, node: shifted(residual.node),
        assignment: residual.assignment.map { ($0.unknown, $0.timeOrder, shifted($0.value)) })
    }
    var system = self
    system.equations = equations.map { shifted($0) }
    system.conditions = conditions.map { shifted($0) }
    system.exact = exact.map { $0.map { shifted($0) } }
    return system
  }
}
