import Tensors

/// What PSGD with pairs of Newton's kind is made of, whatever the form of the factor.
struct CurvatureFitting<Scalar: OptimizerScalar, Factor: FlatFactor>: Sendable {
  var rate: Schedule
  var momentum, normLimit: Double
  let fitting: LieGroupFitting
  private(set) var layout: ParameterLayout?
  private(set) var factor: Factor
  private var stepCount = 0
  private var isScaled = false
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

  init(rate: Schedule, momentum: Double, fitting: LieGroupFitting, normLimit: Double, _ factor: Factor) {
    precondition(
      (0..<1).contains(momentum) && normLimit > 0,
      "PSGD needs a momentum in [0, 1) and a limit > 0, not \(momentum) and \(normLimit)")
    (self.rate, self.momentum, self.fitting, self.normLimit) = (rate, momentum, fitting, normLimit)
    self.factor = factor
  }

  mutating func prepare(for layout: ParameterLayout) {
    (self.layout, stepCount, isScaled) = (layout, 0, false)
    factor = factor.sized(layout.count)
    mean = .zeros([momentum > 0 ? layout.count : 0])
    scratch.drop()
  }

  /// A step with products by differences of gradients.
  mutating func differenceStep<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>, method: String)
    throws -> StepReport where Loss.Scalar == Scalar
  {
    try step(objective, at: &x, method) { pair, x in
      try pair.difference(objective, at: x)
      return 1
    }
  }

  /// A step with the objective's products.
  mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>, method: String
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try step(objective, at: &x, method) { pair, x in
      try objective.hessianProduct(at: x, pair.vector, into: &pair.product)
      return 0
    }
  }

  /// A step with products by `multiply`, which returns how often it evaluates the loss.
  private mutating func step<Loss: Objective>(
    _ objective: Loss, at x: inout Tensor<Scalar>, _ method: String,
    multiply: (CurvaturePair<Scalar>, Tensor<Scalar>) throws -> Int
  ) throws -> StepReport where Loss.Scalar == Scalar {
    let count = x.count
    let memory = scratch.take { Memory(count: count) }
    let pair = memory.pair
    let loss = try objective.valueAndGradient(at: x, gradient: &pair.gradient)
    let norm = pair.norm(pair.gradient)
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: method, step: stepCount, loss: loss, gradientNorm: norm)
    }
    let rate = rate.value(at: stepCount)
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: rate, evaluations: 1)
    guard count > 0 else { return report }
    if !isScaled || fitting.isFitted(step: stepCount) {
      pair.draw(fitting, step: stepCount)
      report.evaluations += try multiply(pair, x)
      fit(pair)
    }
    updateMean(pair)
    stepCount += 1
    guard isScaled else { return report }
    let (vector, direction) = (memory.vector.pointer, memory.direction.pointer)
    (momentum > 0 ? mean : pair.gradient).withUnsafeBufferPointer {
      Scalar.convert($0.baseAddress!, toDouble: vector, count: count)
    }
    factor.apply(vector, direction)
    let length = Double.dot(direction, direction, count: count).squareRoot()
    guard length.isFinite else {
      throw OptimizerError.notFinite(method: method, step: stepCount - 1, loss: loss, gradientNorm: norm)
    }
    let step = length > normLimit ? rate * normLimit / length : rate
    x.withUnsafeMutableBufferPointer {
      Scalar.move($0.baseAddress!, $0.baseAddress!, direction, step: -step, count: count)
    }
    report.stepLength = step
    report.diagnostics["step norm"] = step * length
    return report
  }

  private mutating func fit(_ pair: CurvaturePair<Scalar>) {
    guard pair.takeProduct(fitting, step: stepCount) else { return }
    if !isScaled {
      guard let scale = pair.scale(fitting) else { return }
      factor.reset(scale: scale, fitting)
      isScaled = true
    }
    factor.fit(pair.v.pointer, pair.h.pointer, fitting, step: stepCount)
  }

  private mutating func updateMean(_ pair: CurvaturePair<Scalar>) {
    guard momentum > 0 else { return }
    let keep = Scalar(min(momentum, Double(stepCount) / Double(stepCount + 1)))
    mean.withUnsafeMutableBufferPointer { m in
      pair.gradient.withUnsafeBufferPointer { g in
        Scalar.axpby(m.baseAddress!, g.baseAddress!, 1 - keep, keep, count: m.count)
      }
    }
  }

  func state(method: String) -> OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: method, layout: layout, step: stepCount)
    if layout != nil {
      state.numbers = factor.numbers
      state.numbers["is scaled"] = isScaled ? 1 : 0
      state.doubles = factor.doubles
      if momentum > 0 { state.tensors["m"] = mean }
    }
    return state
  }

  mutating func restore(_ state: OptimizerState<Scalar>, method: String) throws(OptimizerError) {
    try state.check(method: method, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let m = momentum > 0 ? try state.tensor("m", [layout.count]) : .zeros([0])
    let factor = try factor.restored(from: state, count: layout.count)
    isScaled = try state.whole("is scaled") != 0
    (mean, self.factor, self.layout, stepCount) = (m, factor, layout, state.step)
    scratch.drop()
  }
}
