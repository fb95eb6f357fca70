import Algebra
import Tensors

/// A rule whose gradients are shortened to a norm (Pascanu, Mikolov and Bengio, ICML 2013): g ← g · min(1, bound / ‖g‖₂).
public struct NormClipping<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// The largest norm.
  public var bound: Double
  private var lastFactor = 1.0
  private var scratch = Scratch<VectorPasses<Scalar>>()

  init(base: Base, bound: Double) {
    precondition(bound > 0, "gradients cannot be shortened to a norm of \(bound)")
    (self.base, self.bound) = (base, bound)
  }

  public var name: String { "norm clipping" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    scratch.drop()
    try base.prepare(for: layout)
  }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["clip factor"] = lastFactor
    base.diagnose(&diagnostics)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    let count = layout?.count ?? 0
    let passes = scratch.take { VectorPasses(count: count, pool: .shared) }
    let norm = passes.norm(gradient)
    lastFactor = norm > bound ? bound / norm : 1
    if lastFactor < 1 { passes.scale(gradient, by: Scalar(lastFactor)) }
    base.update(x, gradient: gradient, context)
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try restoreBase(state)
    scratch.drop()
  }
}

/// A rule whose gradients are limited element by element to [−bound, bound].
public struct ValueClipping<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// The largest magnitude of an element.
  public var bound: Double
  private var scratch = Scratch<VectorPass<Scalar>>()

  init(base: Base, bound: Double) {
    precondition(bound > 0, "gradients cannot be limited to \(bound)")
    (self.base, self.bound) = (base, bound)
  }

  public var name: String { "value clipping" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    scratch.drop()
    try base.prepare(for: layout)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let pass = scratch.take {
      VectorPass(layout) { operands, tile in
        Scalar.clip(operands.gradient! + tile.start, bound: operands.coefficients[0], count: tile.count)
      }
    }
    var operands = VectorPass<Scalar>.Operands(gradient: gradient)
    operands.coefficients[0] = bound
    pass.run(operands)
    base.update(x, gradient: gradient, context)
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try restoreBase(state)
    scratch.drop()
  }
}

extension UpdateRule {
  /// This rule, with gradients shortened to a norm over all its parameters.
  public func clipped(norm bound: Double) -> NormClipping<Self> { NormClipping(base: self, bound: bound) }

  /// This rule, with elements of gradients limited to [−bound, bound].
  public func clipped(value bound: Double) -> ValueClipping<Self> { ValueClipping(base: self, bound: bound) }
}
