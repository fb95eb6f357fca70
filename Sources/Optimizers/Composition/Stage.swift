import Tensors

/// An optimizer with a condition at which it ends: `Adam(rate: 1e-3).until(.steps(5000))`.
public struct Stage<Base: Optimizer>: OptimizerWrapper {
  public typealias Scalar = Base.Scalar

  /// The method.
  public var base: Base
  /// When the stage ends.
  public let condition: StopCondition
  private var monitor: StopMonitor

  init(base: Base, condition: StopCondition) {
    (self.base, self.condition) = (base, condition)
    monitor = StopMonitor(condition)
  }

  public var name: String { "stage" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try base.prepare(for: layout)
    monitor = StopMonitor(condition)
  }

  public mutating func objectiveChanged() {
    base.objectiveChanged()
    monitor.objectiveChanged()
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: monitor.step)
    for (i, window) in monitor.windows.enumerated() {
      state.numbers["window \(i) best before"] = window.before
      state.numbers["window \(i) best"] = window.now
      state.numbers["window \(i) start"] = Double(window.start)
    }
    state.children["base"] = base.state
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    var monitor = StopMonitor(condition)
    monitor.step = state.step
    for i in monitor.windows.indices {
      monitor.windows[i] = StopMonitor.Window(
        before: try state.number("window \(i) best before"), now: try state.number("window \(i) best"),
        start: try state.whole("window \(i) start"))
    }
    try base.restore(try state.child("base"))
    self.monitor = monitor
  }

  private mutating func ended(_ report: StepReport) -> StepReport {
    var report = report
    let reason = monitor.observe(report, condition)
    if let reason, !report.status.isEnd { report.status = .finished(reason) }
    return report
  }
}

extension Stage: LeastSquaresOptimizer where Base: LeastSquaresOptimizer {
  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    ended(try base.leastSquaresStep(objective, at: &x))
  }
}

extension Stage: CurvatureOptimizer where Base: CurvatureOptimizer {
  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    ended(try base.curvatureStep(objective, at: &x))
  }
}

extension Stage: GradientOptimizer where Base: GradientOptimizer {
  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    ended(try base.step(objective, at: &x))
  }
}

extension Optimizer {
  /// This optimizer, ending at a condition.
  public func until(_ condition: StopCondition) -> Stage<Self> { Stage(base: self, condition: condition) }

  /// This optimizer, ending after a number of steps.
  public func steps(_ count: Int) -> Stage<Self> { until(.steps(count)) }
}
