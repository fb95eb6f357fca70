import Foundation
import Tensors

/// Adam: steps along the mean of gradients over the root of the mean of their squares (Kingma and Ba, ICLR 2015).
///
///     m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
///     v ← β₂ v + (1 − β₂) |g|²     v̂ = v / (1 − β₂ᵗ)
///     x ← x − rate · m̂ / (√v̂ + ε)
///
/// ε stands outside the root, after the correction of v. Where gradients become as small as 10⁻⁹, as late in the training
/// of a physics-informed network, an ε of 10⁻⁸ makes a plain gradient step of it: take 10⁻²⁰ in double precision. Of
/// complex parameters, |g|² is that of the complex number, so that their phase does not matter. With `isAMSGrad`, v̂ is the
/// largest so far (Reddi, Kale and Kumar, ICLR 2018).
public struct Adam<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// β₁: how much of the mean gradient is kept in a step.
  public var beta1: Double
  /// β₂: how much of the mean square is kept in a step.
  public var beta2: Double
  /// ε.
  public var epsilon: Double
  /// Whether v̂ never becomes smaller.
  public var isAMSGrad: Bool
  /// λ: x loses the part rate · λ in every step, besides. Zero in Adam itself; see ``AdamW``.
  var decay = 0.0

  public var name: String { isAMSGrad ? "AMSGrad" : "Adam" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var mean = Tensor<Scalar>.zeros([0])
  private var square = Tensor<Scalar>.zeros([0])
  private var largest: Tensor<Scalar>?
  private var scratch = Scratch<VectorPass<Scalar>>()

  /// Adam with a rate of 10⁻³, β₁ = 0.9, β₂ = 0.999 and ε = 10⁻⁸ unless given.
  public init(
    rate: Schedule = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    isAMSGrad: Bool = false
  ) {
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0,
      "Adam needs β₁ and β₂ in [0, 1) and ε ≥ 0, not \(beta1), \(beta2) and \(epsilon)")
    (self.rate, self.beta1, self.beta2) = (rate, beta1, beta2)
    (self.epsilon, self.isAMSGrad) = (epsilon, isAMSGrad)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    mean = .zeros([layout.count])
    square = .zeros([layout.count])
    largest = isAMSGrad ? .zeros([layout.count]) : nil
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let pass = scratch.take {
      VectorPass(layout) { operands, tile in
        let c = operands.coefficients
        Scalar.updateAdam(
          operands.x! + tile.start, operands.gradient! + tile.start, operands.first! + tile.start,
          operands.second! + tile.start, largest: operands.third.map { $0 + tile.start },
          isComplex: tile.isComplex,
          AdamCoefficients(
            step: c[0], beta1: c[1], beta2: c[2], epsilon: c[3], rootCorrection: c[4], keep: c[5]),
          count: tile.count)
      }
    }
    let rate = rate(context)
    stepCount += 1
    let correction1 = 1 - Foundation.pow(beta1, Double(stepCount))
    let correction2 = 1 - Foundation.pow(beta2, Double(stepCount))
    var operands = VectorPass<Scalar>.Operands(x: x, gradient: gradient)
    operands.coefficients = [
      rate / correction1, beta1, beta2, epsilon, 1 / correction2.squareRoot(), 1 - rate * decay, 0, 0,
    ]
    mean.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    square.withUnsafeMutableBufferPointer { operands.second = $0.baseAddress }
    largest?.withUnsafeMutableBufferPointer { operands.third = $0.baseAddress }
    pass.run(operands)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors = ["m": mean, "v": square]
      state.tensors["largest v"] = largest
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let shape = [layout.count]
    let (m, v) = (try state.tensor("m", shape), try state.tensor("v", shape))
    largest = isAMSGrad ? try state.tensor("largest v", shape) : nil
    (mean, square, stepCount, self.layout) = (m, v, state.step, layout)
    scratch.drop()
  }
}
