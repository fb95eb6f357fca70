import Tensors

/// PSGD with a dense preconditioner of Newton's kind: P → |H|⁻¹ from products of the Hessian with random vectors, without a
/// line search, also where H is indefinite (Li, 2015; Pooladzandi and Li, 2024). For up to some thousands of parameters.
///
///     v normal, h = H v,   Q follows (v, h) as of ``LieGroupFitting`` so that P H² P = I,   P = QᵀQ
///     m ← β m + (1 − β) g,   x ← x − rate · P m,   shortened where ‖P m‖ exceeds a limit
///
/// Products are those of a ``CurvatureObjective``, or differences of gradients of any other. Of β, the mean of the first
/// steps is the plain mean. Where a product is zero or not finite, Q stays; before the first other one nothing moves. Q
/// takes 8 n² bytes, and a step of the fit two products of matrices of order n.
public struct PSGDDenseNewton<Scalar: OptimizerScalar>: GradientOptimizer {
  /// The rate.
  public var rate: Schedule
  /// β: how much of the mean gradient is kept in a step.
  public var momentum: Double
  /// How Q is fitted.
  public let fitting: LieGroupFitting
  /// The largest ‖P m‖.
  public var normLimit: Double

  public var name: String { "PSGD dense Newton" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  private var isScaled = false
  private var factor = DenseFactor(order: 0, scale: 1)
  private var mean = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let pair: CurvaturePair<Scalar>
    let vector, direction: Buffer<Double>

    init(count: Int) {
      pair = CurvaturePair(count: count)
      (vector, direction) = (Buffer(count: count), Buffer(count: count))
    }
  }

  /// A rate of 10⁻², no momentum and no limit unless given.
  public init(
    rate: Schedule = 1e-2, momentum: Double = 0, fitting: LieGroupFitting = LieGroupFitting(),
    normLimit: Double = .infinity
  ) {
    precondition(
      (0..<1).contains(momentum) && normLimit > 0,
      "PSGD needs a momentum in [0, 1) and a limit > 0, not \(momentum) and \(normLimit)")
    (self.rate, self.momentum, self.fitting, self.normLimit) = (rate, momentum, fitting, normLimit)
  }

  /// P = QᵀQ is made of this Q, [n, n].
  public var preconditionerFactor: Tensor<Double> { factor.matrix }

  public mutating func prepare(for layout: ParameterLayout) {
    (self.layout, stepCount, isScaled) = (layout, 0, false)
    factor = DenseFactor(order: layout.count, scale: 1)
    mean = .zeros([momentum > 0 ? layout.count : 0])
    scratch.drop()
  }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try step(objective, at: &x) { pair, x in
      try pair.difference(objective, at: x)
      return 1
    }
  }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try step(objective, at: &x) { pair, x in
      try objective.hessianProduct(at: x, pair.vector, into: &pair.product)
      return 0
    }
  }

  /// A step with products by `multiply`, which returns how often it evaluates the loss.
  private mutating func step<Loss: Objective>(
    _ objective: Loss, at x: inout Tensor<Scalar>,
    multiply: (CurvaturePair<Scalar>, Tensor<Scalar>) throws -> Int
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let count = x.count
    let memory = scratch.take { Memory(count: count) }
    let pair = memory.pair
    let loss = try objective.valueAndGradient(at: x, gradient: &pair.gradient)
    let norm = pair.norm(pair.gradient)
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    let rate = rate.value(at: stepCount)
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: rate, evaluations: 1)
    if !isScaled || isFitted {
      pair.draw(fitting, step: stepCount)
      report.evaluations += try multiply(pair, x)
      fit(pair)
    }
    updateMean(pair)
    stepCount += 1
    guard isScaled else { return report }
    let (vector, direction) = (memory.vector.pointer, memory.direction.pointer)
    (momentum > 0 ? mean : pair.gradient).withUnsafeBufferPointer {
      if let g = $0.baseAddress { Scalar.convert(g, toDouble: vector, count: count) }
    }
    factor.apply(vector, direction)
    let length = Double.dot(direction, direction, count: count).squareRoot()
    guard length.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount - 1, loss: loss, gradientNorm: norm)
    }
    let step = length > normLimit ? rate * normLimit / length : rate
    x.withUnsafeMutableBufferPointer {
      if let x = $0.baseAddress { Scalar.move(x, x, direction, step: -step, count: count) }
    }
    report.stepLength = step
    report.diagnostics["step norm"] = step * length
    return report
  }

  private mutating func fit(_ pair: CurvaturePair<Scalar>) {
    guard pair.takeProduct(fitting, step: stepCount) else { return }
    if !isScaled {
      guard let scale = pair.scale(fitting) else { return }
      factor.reset(scale: scale)
      isScaled = true
    }
    factor.fit(pair.v.pointer, pair.h.pointer, fitting)
  }

  private mutating func updateMean(_ pair: CurvaturePair<Scalar>) {
    guard momentum > 0 else { return }
    let keep = Scalar(min(momentum, Double(stepCount) / Double(stepCount + 1)))
    mean.withUnsafeMutableBufferPointer { m in
      pair.gradient.withUnsafeBufferPointer { g in
        guard let m = m.baseAddress, let g = g.baseAddress else { return }
        Scalar.axpby(m, g, 1 - keep, keep, count: pair.gradient.count)
      }
    }
  }

  /// Whether Q moves in this step.
  private var isFitted: Bool {
    fitting.probability >= 1
      || RandomStream(seed: fitting.seed, stream: fitting.stream(.decisions, step: stepCount)).uniform(at: 0)
        < fitting.probability
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.numbers = ["is scaled": isScaled ? 1 : 0, "smoothness": factor.smoothness]
      if momentum > 0 { state.tensors["m"] = mean }
      state.doubles["Q"] = factor.matrix
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let m = momentum > 0 ? try state.tensor("m", [layout.count]) : .zeros([0])
    let q = try state.double("Q", [layout.count, layout.count])
    let smoothness = try state.number("smoothness")
    isScaled = try state.whole("is scaled") != 0
    (mean, factor) = (m, DenseFactor(matrix: q, smoothness: smoothness))
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}
