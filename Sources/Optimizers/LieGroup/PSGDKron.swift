import Tensors

/// PSGD with a Kronecker product: gradients whitened by one factor per axis of a tensor, fitted on a Lie group (Li, 2015;
/// Pooladzandi and Li, 2024; the rotation of 2025).
///
///     P = P₁ ⊗ P₂ ⊗ …,   Pᵢ = Qᵢᴴ Qᵢ,      m ← β m + (1 − β) g,      x ← (1 − rate · λ) x − rate · P m
///     h = P (g + (δ + ε |g|) z),   T = the Gram matrix of h along axis i,   t = elements / length of the axis
///     L ← max(β_L L + (1 − β_L) ℓ, ℓ) with ℓ = ‖T‖₂ + t,   Qᵢ ← Qᵢ − μ/L (T − t) Qᵢ,   and a rotation of Qᵢ
///
/// See ``LieGroupFitting`` for the fit, also of triangular Q, and its settings. P m has elements of size one, so that the
/// rate is that of Adam or below; it is shortened to a root mean square of 2 in each array, and each element to 10. Of β,
/// the mean of the first steps is the plain mean. In one step of a hundred, the factors of an array are given the same
/// largest element.
///
/// An axis of n elements has a square factor if n ≤ `maximumOrder` and n² ≤ `maximumSkew` times the elements of the array;
/// otherwise, as in arrays of one axis, a diagonal one. So square factors of an array take no more memory, each, than
/// `maximumSkew` times the array. Spectral weights are one complex matrix per mode, as for ``SOAP``. Arrays whose gradient
/// is zero keep their factors, and nothing moves before the first gradient that is not. Factors and the fit are in double
/// precision whatever the parameters are, where no fourth power of a gradient overflows.
public struct PSGDKron<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// β: how much of the mean gradient is kept in a step.
  public var momentum: Double
  /// λ: parameters lose the part rate · λ in every step.
  public var decay: Double
  /// How the factors are fitted.
  public let fitting: LieGroupFitting
  /// Whether the mean is whitened, rather than the gradient: then rates are lower by √((1 + β)/(1 − β)).
  public let whitensMean: Bool
  /// The largest root mean square of an array's direction.
  public var rootMeanSquareLimit: Double
  /// The largest magnitude of an element of a direction.
  public var elementLimit: Double
  /// The largest order of a square factor.
  public let maximumOrder: Int
  /// The largest ratio of a square factor's elements to those of its array.
  public let maximumSkew: Double
  /// Names of real arrays that are spectral weights.
  public let spectral: [NamePattern]

  public var name: String { "PSGD-Kron" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var blocks: [TensorBlock] = []
  /// Whether the factors have their first scale.
  private var isScaled = false
  private var mean = Tensor<Scalar>.zeros([0])
  private var factors = Tensor<Double>.zeros([0])
  private var smoothness = Tensor<Double>.zeros([0])
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Passes>()

  /// The parallel passes of a step.
  private final class Passes {
    let core: KronCore<Scalar>
    let gathering, measuring, updating: UnitPass
    /// The tensor that is more work than all others together, if there is one: its products run on all threads.
    let largest: Int?

    init(_ blocks: [TensorBlock]) {
      let core = KronCore<Scalar>(blocks)
      self.core = core
      gathering = UnitPass(costs: blocks.map { 16 * $0.matrix.count }) { unit, _ in core.gather(unit) }
      measuring = UnitPass(costs: blocks.map { 16 * $0.matrix.count }) { unit, worker in
        core.measure(unit, worker)
      }
      let costs = blocks.map(\.cost)
      let total = costs.reduce(0, +)
      largest = costs.firstIndex { 2 * $0 > total }
      let largest = largest
      updating = UnitPass(costs: costs) { unit, worker in
        if unit != largest { core.update(unit, worker) }
      }
    }

    func update() {
      updating.run()
      if let largest { core.update(largest, 0) }
    }
  }

  /// PSGD-Kron with a rate of 10⁻³, no momentum and no decay, square factors of orders up to 4096 that are no larger than
  /// their array, unless given.
  public init(
    rate: Schedule = 1e-3, momentum: Double = 0, decay: Double = 0,
    fitting: LieGroupFitting = LieGroupFitting(), whitensMean: Bool = false,
    rootMeanSquareLimit: Double = 2, elementLimit: Double = 10, maximumOrder: Int = 4096,
    maximumSkew: Double = 1, spectral: NamePattern...
  ) {
    precondition(
      (0..<1).contains(momentum) && decay >= 0 && rootMeanSquareLimit > 0 && elementLimit > 0,
      "PSGD-Kron needs a momentum in [0, 1), a decay ≥ 0 and limits > 0, not \(momentum), \(decay), "
        + "\(rootMeanSquareLimit) and \(elementLimit)")
    precondition(
      maximumSkew >= 0 && (momentum > 0 || !whitensMean),
      "PSGD-Kron needs a skew ≥ 0, and a momentum for a mean to whiten, not \(maximumSkew) and \(momentum)")
    (self.rate, self.momentum, self.decay) = (rate, momentum, decay)
    (self.fitting, self.whitensMean) = (fitting, whitensMean)
    (self.rootMeanSquareLimit, self.elementLimit) = (rootMeanSquareLimit, elementLimit)
    (self.maximumOrder, self.maximumSkew, self.spectral) = (maximumOrder, maximumSkew, spectral)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  private func parts(_ layout: ParameterLayout) throws(OptimizerError)
    -> (blocks: [TensorBlock], factors: Int, axes: Int)
  {
    try layout.tensors(spectral: spectral, limit: maximumOrder, skew: maximumSkew)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    let (blocks, factors, axes) = try parts(layout)
    (self.blocks, self.layout, stepCount, isScaled) = (blocks, layout, 0, false)
    mean = .zeros([momentum > 0 ? layout.count : 0])
    (self.factors, smoothness) = (.zeros([factors]), .zeros([axes]))
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout, layout.count > 0 else { return }
    let blocks = blocks
    let passes = scratch.take { Passes(blocks) }
    var operands = KronCore<Scalar>.Operands(x: x, gradient: gradient, fitting)
    if momentum > 0 { mean.withUnsafeMutableBufferPointer { operands.mean = $0.baseAddress } }
    factors.withUnsafeMutableBufferPointer { operands.factors = $0.baseAddress }
    smoothness.withUnsafeMutableBufferPointer { operands.smoothness = $0.baseAddress }
    operands.whitensMean = whitensMean
    operands.momentum = min(momentum, Double(stepCount) / Double(stepCount + 1))
    operands.rate = rate(context)
    operands.keep = 1 - operands.rate * decay
    (operands.rootMeanSquareLimit, operands.elementLimit) = (rootMeanSquareLimit, elementLimit)
    operands.step = stepCount
    operands.isFitted = !isScaled || fitting.isFitted(step: stepCount)
    stepCount += 1
    passes.core.operands = operands
    passes.gathering.run()
    if !isScaled {
      passes.measuring.run()
      guard let scale = fitting.scale(quarticMean: passes.core.largestMeasure) else { return }
      passes.core.begin(scale: scale)
      isScaled = true
    }
    passes.update()
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.numbers["is scaled"] = isScaled ? 1 : 0
      if momentum > 0 { state.tensors["m"] = mean }
      state.doubles = ["factors": factors, "smoothness": smoothness]
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let (blocks, count, axes) = try parts(layout)
    let m = momentum > 0 ? try state.tensor("m", [layout.count]) : .zeros([0])
    let (factors, smoothness) = (
      try state.double("factors", [count]), try state.double("smoothness", [axes])
    )
    isScaled = try state.whole("is scaled") != 0
    (mean, self.factors, self.smoothness) = (m, factors, smoothness)
    (self.blocks, self.layout, stepCount) = (blocks, layout, state.step)
    scratch.drop()
  }
}
