import Tensors

/// A rule whose rate becomes smaller where the loss no longer does: after `patience` steps without a loss lower than the
/// best by the part `threshold` of it, the rate is multiplied by `factor`, down to the part `minimum` of the original.
public struct PlateauScaling<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  public var factor: Double
  public var patience: Int
  public var threshold: Double
  public var minimum: Double
  private var scale = 1.0
  private var best = Double.infinity
  private var waited = 0

  init(base: Base, factor: Double, patience: Int, threshold: Double, minimum: Double) {
    precondition(
      (0..<1).contains(factor) && patience > 0, "a rate cannot fall by \(factor) after \(patience) steps")
    (self.base, self.factor, self.patience) = (base, factor, patience)
    (self.threshold, self.minimum) = (threshold, minimum)
  }

  public var name: String { "plateau scaling" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    (scale, best, waited) = (1, .infinity, 0)
    try base.prepare(for: layout)
  }

  /// Losses of another objective are no better and no worse.
  public mutating func objectiveChanged() {
    (best, waited) = (.infinity, 0)
    base.objectiveChanged()
  }

  private func observed(_ loss: Double) -> (scale: Double, best: Double, waited: Int) {
    if loss < best - threshold * abs(best) || best == .infinity { return (scale, loss, 0) }
    if waited + 1 < patience { return (scale, best, waited + 1) }
    return (max(scale * factor, minimum), best, 0)
  }

  private func scaled(_ context: UpdateContext, by scale: Double) -> UpdateContext {
    var context = context
    context.rateFactor *= scale
    return context
  }

  public func rate(_ context: UpdateContext) -> Double {
    base.rate(scaled(context, by: observed(context.loss).scale))
  }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["plateau factor"] = scale
    base.diagnose(&diagnostics)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    (scale, best, waited) = observed(context.loss)
    base.update(x, gradient: gradient, scaled(context, by: scale))
  }

  public var state: OptimizerState<Scalar> {
    var state = stateOfBase
    state.numbers = ["scale": scale, "best": best, "waited": Double(waited)]
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    let (scale, best, waited) = (
      try state.number("scale"), try state.number("best"), try state.whole("waited")
    )
    try restoreBase(state)
    (self.scale, self.best, self.waited) = (scale, best, waited)
  }
}

extension UpdateRule {
  /// This rule, with its rate times `factor` after `patience` steps without a lower loss.
  public func reducedOnPlateau(
    factor: Double = 0.5, patience: Int = 1000, threshold: Double = 1e-4, minimum: Double = 1e-6
  ) -> PlateauScaling<Self> {
    PlateauScaling(base: self, factor: factor, patience: patience, threshold: threshold, minimum: minimum)
  }
}
