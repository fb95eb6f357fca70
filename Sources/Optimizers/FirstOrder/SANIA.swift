import Foundation
import Tensors

/// SANIA: Polyak's step length for gradients that are divided by squares, without a root (Abdukhakimov, Xiang, Kamzolov,
/// Gower and Takáč, 2023), so that the units of the parameters do not matter.
///
///     s = g / (v + ε),   q = gᵀs,   x ← x − rate · τ s,   τ = 1 − √(1 − 2 (f − f*) / q), or 1 where 2 (f − f*) > q
///
/// v is the sum of the squares of all gradients, a mean of them as in Adam, or a curvature that is known: with that of a
/// quadratic function, the first step ends in its minimum. The lowest loss f* must be known, which is zero for the sums
/// of squared residuals of a model that can satisfy them all, and unknown for a regularised loss.
public struct SANIA<Scalar: OptimizerScalar>: UpdateRule {
  /// What gradients are divided by.
  public enum Metric: Sendable {
    /// The sum of all squares, as AdaGrad's without its root.
    case sumOfSquares
    /// The mean of the squares with weights that fall by β₂ per step, corrected for its beginning.
    case meanOfSquares(beta2: Double)
    /// A positive diagonal of the parameters' length.
    case curvature(Tensor<Double>)
  }

  /// A factor of the steps.
  public var rate: Schedule
  /// v.
  public let metric: Metric
  /// ε.
  public var epsilon: Double
  /// f*.
  public var lowestLoss: Double

  public var name: String { "SANIA" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var square = Tensor<Scalar>.zeros([0])
  private var lastStep = 0.0
  /// What is kept of v in a step, what is added of the square, and whether v is corrected for its beginning.
  private let kept, added: Double
  private let isMean: Bool
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let measure, motion: SegmentPass<Scalar>

    init(_ layout: ParameterLayout) {
      measure = SegmentPass(layout, sums: 1) { operands, tile, sums in
        let (g, v) = (operands.gradient! + tile.start, operands.first! + tile.start)
        let c = operands.coefficients
        if c[1] > 0 {
          Scalar.meanSquare(v, g, keep: c[0], weight: c[1], isComplex: tile.isComplex, count: tile.count)
        }
        sums[0] = Scalar.dividedSquare(g, v, scale: c[2], epsilon: c[3], count: tile.count)
      }
      motion = SegmentPass(layout) { operands, tile, _ in
        let c = operands.coefficients
        Scalar.dividedStep(
          operands.x! + tile.start, operands.gradient! + tile.start, operands.first! + tile.start,
          scale: c[2], epsilon: c[3], step: c[4], count: tile.count)
      }
    }
  }

  /// The mean of the squares with β₂ = 0.999, a factor of 1, ε = 10⁻⁸ and f* = 0, unless given.
  public init(
    metric: Metric = .meanOfSquares(beta2: 0.999), rate: Schedule = 1, epsilon: Double = 1e-8,
    lowestLoss: Double = 0
  ) {
    precondition(epsilon >= 0, "SANIA needs ε ≥ 0, not \(epsilon)")
    switch metric {
    case .sumOfSquares: (kept, added, isMean) = (1, 1, false)
    case .meanOfSquares(let beta2):
      precondition((0..<1).contains(beta2), "SANIA needs β₂ in [0, 1), not \(beta2)")
      (kept, added, isMean) = (beta2, 1 - beta2, true)
    case .curvature: (kept, added, isMean) = (1, 0, false)
    }
    (self.metric, self.rate, self.epsilon, self.lowestLoss) = (metric, rate, epsilon, lowestLoss)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (stepCount, lastStep) = (0, 0)
    square = .zeros([layout.count])
    if case .curvature(let diagonal) = metric {
      precondition(
        diagonal.shape == [layout.count],
        "a curvature of shape \(diagonal.shape) for a layout of shape [\(layout.count)]")
      diagonal.withUnsafeBufferPointer { diagonal in
        square.withUnsafeMutableBufferPointer {
          if let d = diagonal.baseAddress { Scalar.convert(d, to: $0.baseAddress!, count: diagonal.count) }
        }
      }
    }
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) { diagnostics["Polyak step"] = lastStep }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let memory = scratch.take { Memory(layout) }
    let rate = rate(context)
    stepCount += 1
    var operands = SegmentPass<Scalar>.Operands(x: x, gradient: gradient)
    let correction = isMean ? 1 / (1 - Foundation.pow(kept, Double(stepCount))) : 1
    operands.coefficients = [kept, added, correction, epsilon, 0, 0, 0, 0]
    square.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    memory.measure.run(operands)
    lastStep = Self.polyakStep(loss: context.loss - lowestLoss, square: memory.measure.total(0))
    operands.coefficients[4] = rate * lastStep
    memory.motion.run(operands)
  }

  /// τ.
  private static func polyakStep(loss: Double, square: Double) -> Double {
    // A loss below the lowest asks for no step, and neither does a gradient of zero.
    guard loss > 0, square > 0 else { return 0 }
    let part = 2 * loss / square
    // The root of what rounding leaves of zero would be far from it.
    return 1 - part <= 16 * Double(Scalar.ulpOfOne) ? 1 : part / (1 + (1 - part).squareRoot())
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil { state.tensors["v"] = square }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    square = try state.tensor("v", [layout.count])
    (stepCount, self.layout) = (state.step, layout)
    scratch.drop()
  }
}
