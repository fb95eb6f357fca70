import Tensors

/// A rule with an exponential mean of its parameters, which is what is evaluated and kept (Polyak and Juditsky 1992):
///
///     a ← a + (1 − d_t) (x − a),    d_t = min(decay, (1 + t) / (10 + t))
///
/// so that the first steps, which are far from the end, are soon forgotten.
public struct WeightAveraging<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// How much of the mean is kept in a step, in the long run.
  public var decay: Double
  private var average = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<VectorPass<Scalar>>()

  init(base: Base, decay: Double) {
    precondition((0..<1).contains(decay), "a mean cannot keep the part \(decay) of itself")
    (self.base, self.decay) = (base, decay)
  }

  public var name: String { "weight averaging" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    average = .zeros([layout.count])
    scratch.drop()
    try base.prepare(for: layout)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let step = Double(stepCount)
    if stepCount == 0 {
      average.withUnsafeMutableBufferPointer { $0.baseAddress?.update(from: x, count: layout.count) }
    }
    base.update(x, gradient: gradient, context)
    let pass = scratch.take {
      VectorPass(layout) { operands, tile in
        Scalar.average(
          operands.first! + tile.start, operands.x! + tile.start, weight: operands.coefficients[0],
          count: tile.count)
      }
    }
    var operands = VectorPass<Scalar>.Operands(x: x)
    operands.coefficients[0] = 1 - min(decay, (1 + step) / (10 + step))
    average.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    pass.run(operands)
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    if stepCount > 0 {
      point.setToCopy(of: average)
    } else {
      base.copyEvaluationPoint(of: x, into: &point)
    }
  }

  public var state: OptimizerState<Scalar> {
    var state = stateOfBase
    if layout != nil { state.tensors["average"] = average }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    let average = try state.layout.map { layout throws(OptimizerError) in
      try state.tensor("average", [layout.count])
    }
    try restoreBase(state)
    self.average = average ?? .zeros([0])
    scratch.drop()
  }
}

extension UpdateRule {
  /// This rule, with an exponential mean of its parameters as what is evaluated and kept.
  public func averaged(decay: Double = 0.999) -> WeightAveraging<Self> {
    WeightAveraging(base: self, decay: decay)
  }
}
