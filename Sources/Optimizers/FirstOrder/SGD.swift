import Tensors

/// Gradient descent, with momentum if asked for (Polyak 1964), or Nesterov's (Sutskever et al., ICML 2013).
///
///     b ← μ b + g
///     x ← x − rate · b              or, with Nesterov's momentum,  x ← x − rate · (g + μ b)
///
/// With ``Schedule/restarts(from:to:period:multiplier:)`` this is SGDR; momentum is kept across restarts.
public struct SGD<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// μ: how much of the last direction is kept.
  public let momentum: Double
  /// Whether momentum is Nesterov's.
  public var isNesterov: Bool

  public var name: String { "SGD" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var buffer: Tensor<Scalar>?
  private var scratch = Scratch<VectorPass<Scalar>>()

  /// Gradient descent without momentum unless given.
  public init(rate: Schedule = 1e-2, momentum: Double = 0, isNesterov: Bool = false) {
    precondition((0..<1).contains(momentum), "SGD needs a momentum in [0, 1), not \(momentum)")
    (self.rate, self.momentum, self.isNesterov) = (rate, momentum, isNesterov)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    buffer = momentum > 0 ? .zeros([layout.count]) : nil
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let pass = scratch.take {
      VectorPass(layout) { operands, tile in
        Scalar.updateSGD(
          operands.x! + tile.start, operands.gradient! + tile.start,
          buffer: operands.first.map { $0 + tile.start }, rate: operands.coefficients[0],
          momentum: operands.coefficients[1], isNesterov: operands.coefficients[2] != 0, count: tile.count)
      }
    }
    var operands = VectorPass<Scalar>.Operands(x: x, gradient: gradient)
    operands.coefficients = [rate(context), momentum, isNesterov ? 1 : 0, 0, 0, 0, 0, 0]
    buffer?.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    pass.run(operands)
    stepCount += 1
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil { state.tensors["momentum"] = buffer }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    buffer = momentum > 0 ? try state.tensor("momentum", [layout.count]) : nil
    (stepCount, self.layout) = (state.step, layout)
    scratch.drop()
  }
}
