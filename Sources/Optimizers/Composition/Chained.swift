import Tensors

precedencegroup OptimizerChainPrecedence {
  associativity: left
  higherThan: AssignmentPrecedence
  lowerThan: TernaryPrecedence
}

infix operator → : OptimizerChainPrecedence

/// One optimizer until it ends, then another: `Adam(rate: 1e-3).steps(5000) → SSBroyden2().until(.stalled)`.
///
/// The chain needs of an objective what the more demanding part needs. The second begins in the step after the one with
/// which the first ended (because it converged or stalled, or by its condition), at the point that the first would have
/// evaluated.
public struct Chained<First: Optimizer, Second: Optimizer>: Optimizer where First.Scalar == Second.Scalar {
  public typealias Scalar = First.Scalar

  /// The optimizer of the first steps.
  public var first: First
  /// The optimizer of the others.
  public var second: Second
  /// Whether the first has ended.
  public private(set) var isSecond = false

  init(first: First, second: Second) { (self.first, self.second) = (first, second) }

  public var name: String { "chain" }
  public var layout: ParameterLayout? { isSecond ? second.layout : first.layout }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    isSecond = false
    try first.prepare(for: layout)
  }

  public mutating func objectiveChanged() {
    if isSecond { second.objectiveChanged() } else { first.objectiveChanged() }
  }

  public mutating func samplesChanged() {
    if isSecond { second.samplesChanged() } else { first.samplesChanged() }
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    if isSecond {
      second.copyEvaluationPoint(of: x, into: &point)
    } else {
      first.copyEvaluationPoint(of: x, into: &point)
    }
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout)
    state.numbers["part"] = isSecond ? 2 : 1
    // A part that has ended, or has not begun, has nothing to be kept.
    state.children[isSecond ? "second" : "first"] = isSecond ? second.state : first.state
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    let isSecond = try state.whole("part") == 2
    if isSecond {
      try second.restore(try state.child("second"))
    } else {
      try first.restore(try state.child("first"))
    }
    self.isSecond = isSecond
  }

  private mutating func ended(_ report: StepReport, _ x: inout Tensor<Scalar>) throws(OptimizerError)
    -> StepReport
  {
    var report = report
    report.diagnostics["part"] = isSecond ? 2 : 1
    guard !isSecond, report.status.isEnd, let layout = first.layout else { return report }
    try second.prepare(for: layout)
    x = first.evaluationPoint(of: x)
    isSecond = true
    report.status = .continued
    return report
  }
}

extension Chained: LeastSquaresOptimizer where First: LeastSquaresOptimizer, Second: LeastSquaresOptimizer {
  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try ended(
      isSecond ? second.leastSquaresStep(objective, at: &x) : first.leastSquaresStep(objective, at: &x),
      &x)
  }
}

extension Chained: CurvatureOptimizer where First: CurvatureOptimizer, Second: CurvatureOptimizer {
  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try ended(isSecond ? second.curvatureStep(objective, at: &x) : first.curvatureStep(objective, at: &x), &x)
  }
}

extension Chained: GradientOptimizer where First: GradientOptimizer, Second: GradientOptimizer {
  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try ended(isSecond ? second.step(objective, at: &x) : first.step(objective, at: &x), &x)
  }
}

extension Optimizer {
  /// This optimizer until it ends, then another.
  public func then<Next: Optimizer>(_ next: Next) -> Chained<Self, Next> where Next.Scalar == Scalar {
    Chained(first: self, second: next)
  }

  /// One optimizer until it ends, then another.
  public static func → <Next: Optimizer>(first: Self, next: Next) -> Chained<Self, Next>
  where Next.Scalar == Scalar {
    first.then(next)
  }
}
