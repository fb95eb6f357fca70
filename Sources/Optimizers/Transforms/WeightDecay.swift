import Tensors

/// A rule before whose updates parameters lose a part of themselves: x ← x (1 − rate · λ), with the rule's rate
/// (Loshchilov and Hutter, ICLR 2019).
public struct WeightDecay<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// λ.
  public var decay: Double
  /// Names of parameters that do not decay.
  public let excluded: [NamePattern]
  private var scratch = Scratch<VectorPass<Scalar>>()

  init(base: Base, decay: Double, excluded: [NamePattern]) {
    precondition(decay >= 0, "parameters cannot decay by \(decay)")
    (self.base, self.decay, self.excluded) = (base, decay, excluded)
  }

  public var name: String { "weight decay" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try layout.check(excluded)
    scratch.drop()
    try base.prepare(for: layout)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let excluded = excluded
    let pass = scratch.take {
      let decaying = layout.segments.filter { segment in !excluded.contains { $0.matches(segment.name) } }
      return VectorPass(runs: decaying.map { ($0.range, false) }) { operands, tile in
        Scalar.scale(operands.x! + tile.start, by: Scalar(operands.coefficients[0]), count: tile.count)
      }
    }
    var operands = VectorPass<Scalar>.Operands(x: x)
    operands.coefficients[0] = 1 - base.rate(context) * decay
    pass.run(operands)
    base.update(x, gradient: gradient, context)
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    if let layout = state.layout { try layout.check(excluded) }
    try restoreBase(state)
    scratch.drop()
  }
}

extension UpdateRule {
  /// This rule, with decoupled weight decay of all parameters but those whose name matches one of `excluding`.
  public func decayed(_ decay: Double, excluding: NamePattern...) -> WeightDecay<Self> {
    WeightDecay(base: self, decay: decay, excluded: excluding)
  }
}

extension ParameterLayout {
  /// Throws if a pattern matches nothing: a slip of the pen would go unnoticed otherwise.
  func check(_ patterns: [NamePattern]) throws(OptimizerError) {
    for pattern in patterns where !segments.contains(where: { pattern.matches($0.name) }) {
      throw .noMatch(pattern: pattern.description, names: segments.map(\.name))
    }
  }
}
