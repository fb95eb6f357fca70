import Tensors

/// An optimizer that leaves out steps on losses or gradients that are infinite or NaN, and counts them, in place of ending:
/// `Adam(rate: 1e-3).skippingNotFinite(atMost: 10)`.
///
/// For samples that change from step to step. The parameters and the method's state stay as they are in such a step; when
/// more of them follow each other than are allowed, the error is thrown. Reports carry the count as `skipped`.
public struct SkippingNotFinite<Base: Optimizer>: OptimizerWrapper {
  public typealias Scalar = Base.Scalar

  /// The method.
  public var base: Base
  /// How many steps in a row may be left out.
  public let limit: Int
  /// Steps that were left out since the method was prepared.
  public private(set) var skipped = 0
  private var inARow = 0

  init(base: Base, limit: Int) {
    precondition(limit > 0, "\(limit) steps cannot be left out")
    (self.base, self.limit) = (base, limit)
  }

  public var name: String { "skipping not finite" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try base.prepare(for: layout)
    (skipped, inARow) = (0, 0)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: 0)
    state.numbers["skipped"] = Double(skipped)
    state.numbers["in a row"] = Double(inARow)
    state.children["base"] = base.state
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    let (skipped, inARow) = (try state.whole("skipped"), try state.whole("in a row"))
    try base.restore(try state.child("base"))
    (self.skipped, self.inARow) = (skipped, inARow)
  }

  /// A step, or a report that it was left out.
  private mutating func attempt(_ step: (inout Base) throws -> StepReport) throws -> StepReport {
    var report: StepReport
    do {
      report = try step(&base)
      inARow = 0
    } catch let error as OptimizerError {
      guard case .notFinite(_, _, let loss, let norm) = error, inARow < limit else { throw error }
      skipped += 1
      inARow += 1
      report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    }
    report.diagnostics["skipped"] = Double(skipped)
    return report
  }
}

extension SkippingNotFinite: LeastSquaresOptimizer where Base: LeastSquaresOptimizer {
  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try attempt { try $0.leastSquaresStep(objective, at: &x) }
  }
}

extension SkippingNotFinite: CurvatureOptimizer where Base: CurvatureOptimizer {
  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try attempt { try $0.curvatureStep(objective, at: &x) }
  }
}

extension SkippingNotFinite: GradientOptimizer where Base: GradientOptimizer {
  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try attempt { try $0.step(objective, at: &x) }
  }
}

extension Optimizer {
  /// This optimizer, leaving out steps on losses or gradients that are not finite, up to a number in a row.
  public func skippingNotFinite(atMost limit: Int = 10) -> SkippingNotFinite<Self> {
    SkippingNotFinite(base: self, limit: limit)
  }
}
