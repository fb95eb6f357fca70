import Tensors

/// A rule that changes the gradient, the parameters or the rate around another rule. What it does not define itself is
/// the other's.
public protocol RuleModifier<Scalar>: UpdateRule where Scalar == Base.Scalar {
  /// The rule that is modified.
  associatedtype Base: UpdateRule
  /// The rule that is modified.
  var base: Base { get set }
}

extension RuleModifier {
  public var layout: ParameterLayout? { base.layout }
  public var stepCount: Int { base.stepCount }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    base.gradientMemory(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try base.prepare(for: layout)
  }

  public mutating func objectiveChanged() { base.objectiveChanged() }

  public mutating func samplesChanged() { base.samplesChanged() }

  public func rate(_ context: UpdateContext) -> Double { base.rate(context) }

  public func diagnose(_ diagnostics: inout StepDiagnostics) { base.diagnose(&diagnostics) }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    base.update(x, gradient: gradient, context)
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    base.copyEvaluationPoint(of: x, into: &point)
  }

  public var state: OptimizerState<Scalar> { stateOfBase }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try restoreBase(state)
  }

  /// The state of a modifier that has none of its own.
  var stateOfBase: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    state.children["base"] = base.state
    return state
  }

  mutating func restoreBase(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    try base.restore(try state.child("base"))
  }
}
