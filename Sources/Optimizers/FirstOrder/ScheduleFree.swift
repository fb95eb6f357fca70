import Tensors

/// What the schedule-free methods have in common (Defazio et al., NeurIPS 2024): gradients are taken between the newest
/// iterate z and the average x, whose weights make a schedule needless.
///
///     y = (1 − β) z + β x,   z ← z − rate · direction(∇f(y)),   x ← x + c (z − x),   c = w_t / Σ w,   w_t = t^r · max rate²
///
/// The trainer's parameters are y; x is what is evaluated and kept. Layers that keep statistics need a pass at x.
struct ScheduleFreeIterates<Scalar: OptimizerScalar>: Sendable {
  var layout: ParameterLayout?
  var stepCount = 0
  private var newest = Tensor<Scalar>.zeros([0])
  private var average = Tensor<Scalar>.zeros([0])
  private var square: Tensor<Scalar>?
  private var weightSum = 0.0
  private var largestRate = 0.0
  private var scratch = Scratch<VectorPass<Scalar>>()

  init() {}

  mutating func prepare(for layout: ParameterLayout, isAdaptive: Bool) {
    self = ScheduleFreeIterates()
    self.layout = layout
    newest = .zeros([layout.count])
    average = .zeros([layout.count])
    square = isAdaptive ? .zeros([layout.count]) : nil
  }

  mutating func update(
    _ y: UnsafeMutablePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>, rate: Double, power: Double,
    _ coefficients: ScheduleFreeCoefficients
  ) {
    guard let layout else { return }
    let pass = scratch.take {
      VectorPass(layout) { operands, tile in
        let c = operands.coefficients
        Scalar.updateScheduleFree(
          operands.x! + tile.start, operands.gradient! + tile.start, operands.first! + tile.start,
          average: operands.second! + tile.start, v: operands.third.map { $0 + tile.start },
          isComplex: tile.isComplex,
          ScheduleFreeCoefficients(
            rate: c[0], beta: c[1], beta2: c[2], epsilon: c[3], rootCorrection: c[4], decay: c[5],
            weight: c[6]),
          count: tile.count)
      }
    }
    if stepCount == 0 {
      newest.withUnsafeMutableBufferPointer { $0.baseAddress?.update(from: y, count: layout.count) }
      average.withUnsafeMutableBufferPointer { $0.baseAddress?.update(from: y, count: layout.count) }
    }
    stepCount += 1
    largestRate = max(largestRate, rate)
    let weight = Double.pow(Double(stepCount), power) * largestRate * largestRate
    weightSum += weight
    var operands = VectorPass<Scalar>.Operands(x: y, gradient: gradient)
    let c = coefficients
    operands.coefficients = [
      rate, c.beta, c.beta2, c.epsilon, c.rootCorrection, c.decay, weightSum > 0 ? weight / weightSum : 0, 0,
    ]
    newest.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    average.withUnsafeMutableBufferPointer { operands.second = $0.baseAddress }
    square?.withUnsafeMutableBufferPointer { operands.third = $0.baseAddress }
    pass.run(operands)
  }

  func copyEvaluationPoint(of y: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    point.setToCopy(of: stepCount > 0 ? average : y)
  }

  func state(method: String) -> OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: method, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.tensors = ["z": newest, "x": average]
    state.tensors["v"] = square
    state.numbers = ["weight sum": weightSum, "largest rate": largestRate]
    return state
  }

  mutating func restore(
    _ state: OptimizerState<Scalar>, method: String, isAdaptive: Bool
  ) throws(OptimizerError) {
    try state.check(method: method, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let shape = [layout.count]
    let (z, x) = (try state.tensor("z", shape), try state.tensor("x", shape))
    let v = isAdaptive ? try state.tensor("v", shape) : nil
    let (sum, rate) = (try state.number("weight sum"), try state.number("largest rate"))
    (newest, average, square, self.layout) = (z, x, v, layout)
    (weightSum, largestRate, stepCount) = (sum, rate, state.step)
    scratch.drop()
  }
}
