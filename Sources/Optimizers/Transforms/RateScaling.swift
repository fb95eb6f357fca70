import Tensors

/// A rule whose rate is multiplied by a schedule.
public struct RateScaling<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// The factor.
  public var factor: Schedule

  public var name: String { "rate scaling" }

  private func scaled(_ context: UpdateContext) -> UpdateContext {
    var context = context
    context.rateFactor *= factor.value(at: stepCount)
    return context
  }

  public func rate(_ context: UpdateContext) -> Double { base.rate(scaled(context)) }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    base.update(x, gradient: gradient, scaled(context))
  }
}

extension UpdateRule {
  /// This rule, with its rate times a schedule.
  public func scaled(by factor: Schedule) -> RateScaling<Self> { RateScaling(base: self, factor: factor) }
}
