import Foundation
import Tensors

/// The part of MARS that both of its forms of a gradient's change share.
struct MARSCore<Scalar: OptimizerScalar>: Sendable {
  let form: MARS<Scalar>.Form
  let beta1, beta2, gamma, epsilon, decay, bound: Double

  var layout: ParameterLayout?
  private(set) var stepCount = 0
  /// Arrays whose corrected gradient was shortened in the last step.
  private(set) var shortened = 0
  private var mean = Tensor<Scalar>.zeros([0])
  /// Of the form AdamW only.
  private var square = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    /// By segment: squared norms of the corrected gradients, and then what they are multiplied by.
    let factors: Buffer<Double>
    let correction, motion: SegmentPass<Scalar>

    init(_ layout: ParameterLayout, isLion: Bool) {
      let factors = Buffer<Double>(count: layout.segments.count)
      self.factors = factors
      correction = SegmentPass(layout, sums: 1) { operands, tile, sums in
        let other = operands.third! + tile.start
        let c = operands.coefficients
        Scalar.axpby(
          other, operands.gradient! + tile.start, Scalar(c[0]), Scalar(c[1]), count: tile.count)
        sums[0] = Scalar.inner(other, other, count: tile.count)
      }
      motion = SegmentPass(layout) { operands, tile, _ in
        let (c, corrected) = (operands.coefficients, operands.third! + tile.start)
        let (x, m) = (operands.x! + tile.start, operands.first! + tile.start)
        let factor = factors.pointer[tile.segment]
        if factor < 1 { Scalar.scale(corrected, by: Scalar(factor), count: tile.count) }
        if isLion {
          Scalar.axpby(m, corrected, Scalar(1 - c[1]), Scalar(c[1]), count: tile.count)
          Scalar.signStep(x, m, keep: c[5], step: c[0], isComplex: tile.isComplex, count: tile.count)
        } else {
          Scalar.updateAdam(
            x, corrected, m, operands.second! + tile.start, largest: nil, isComplex: tile.isComplex,
            AdamCoefficients(
              step: c[0], beta1: c[1], beta2: c[2], epsilon: c[3], rootCorrection: c[4], keep: c[5]),
            count: tile.count)
        }
        if c[6] != 0 { corrected.update(from: operands.gradient! + tile.start, count: tile.count) }
      }
    }
  }

  init(
    form: MARS<Scalar>.Form, beta1: Double, beta2: Double, gamma: Double, epsilon: Double, decay: Double,
    bound: Double
  ) {
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon >= 0,
      "MARS needs β₁ and β₂ in [0, 1) and ε ≥ 0, not \(beta1), \(beta2) and \(epsilon)")
    precondition(
      gamma >= 0 && decay >= 0 && bound > 0,
      "MARS needs γ ≥ 0, a decay ≥ 0 and a bound > 0, not \(gamma), \(decay) and \(bound)")
    (self.form, self.beta1, self.beta2, self.gamma) = (form, beta1, beta2, gamma)
    (self.epsilon, self.decay, self.bound) = (epsilon, decay, bound)
  }

  mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (stepCount, shortened) = (0, 0)
    mean = .zeros([layout.count])
    square = .zeros([form == .adamW ? layout.count : 0])
    scratch.drop()
  }

  /// Makes a step. `other` holds g′, and afterwards the gradient where that is kept.
  mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>,
    other: UnsafeMutablePointer<Scalar>, rate: Double, keepsGradient: Bool
  ) {
    guard let layout else { return }
    let memory = scratch.take { Memory(layout, isLion: form == .lion) }
    // Without a gradient before, there is no change.
    let weight = stepCount == 0 ? 0 : gamma * beta1 / (1 - beta1)
    stepCount += 1
    var operands = SegmentPass<Scalar>.Operands(x: x, gradient: gradient, third: other)
    operands.coefficients[0] = 1 + weight
    operands.coefficients[1] = -weight
    memory.correction.run(operands)
    shorten(memory, segments: layout.segments.count)
    var step = rate
    var root = 1.0
    if form == .adamW {
      step /= 1 - Foundation.pow(beta1, Double(stepCount))
      root /= (1 - Foundation.pow(beta2, Double(stepCount))).squareRoot()
    }
    operands.coefficients = [
      step, beta1, beta2, epsilon, root, 1 - rate * decay, keepsGradient ? 1 : 0, 0,
    ]
    mean.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    square.withUnsafeMutableBufferPointer { operands.second = $0.baseAddress }
    memory.motion.run(operands)
  }

  /// Turns the sums of squares into factors.
  private mutating func shorten(_ memory: Memory, segments: Int) {
    let factors = memory.factors.pointer
    memory.correction.totals(0, into: factors, segments: segments)
    shortened = 0
    for segment in 0..<segments {
      let norm = factors[segment].squareRoot()
      factors[segment] = norm > bound ? bound / norm : 1
      if norm > bound { shortened += 1 }
    }
  }

  func state(method: String) -> OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: method, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors["m"] = mean
      if form == .adamW { state.tensors["v"] = square }
    }
    return state
  }

  /// Takes up a state that has been checked.
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    guard let layout = state.layout else { return self.layout = nil }
    let m = try state.tensor("m", [layout.count])
    square = form == .adamW ? try state.tensor("v", [layout.count]) : .zeros([0])
    (mean, stepCount, self.layout) = (m, state.step, layout)
    scratch.drop()
  }
}
