import Algebra
import Foundation
import Tensors

/// OASIS: steps scaled by estimates of the Hessian's diagonal, of a length that follows the curvature met (Jahani, Rusakov,
/// Shi, Richtárik, Mahoney and Takáč, ICLR 2022).
///
///     D ← β₂ D + (1 − β₂) z ∘ H z with random signs z,   e = max(|D|, α)
///     η ← min(√(1 + θ) η′, ‖x − x′‖_e / (2 ‖g − g′‖_{1/e})),   θ = η / η′
///     x ← x − η g / e
///
/// where x′, g′ and η′ are those of the step before, both gradients on the same samples: after a change of the samples,
/// g′ is evaluated anew. The first D is a mean of several samples (Hutchinson 1990), which is exact for a diagonal
/// Hessian; the first step has the given length, and the second one none to be bounded by (θ = ∞).
public struct OASIS<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// The first η.
  public var initialRate: Double
  /// β₂.
  public var beta2: Double
  /// α.
  public var floor: Double
  /// Samples of the first D.
  public var initialSamples: Int
  /// The seed of the random signs.
  public var seed: UInt64

  public var name: String { "OASIS" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  private var rate = 0.0
  private var ratio = Double.infinity
  /// Whether the gradient before belongs to the samples of now.
  private var gradientIsCurrent = false
  private var diagonal = Tensor<Scalar>.zeros([0])
  private var parametersBefore = Tensor<Scalar>.zeros([0])
  private var gradientBefore = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    var gradient: Tensor<Scalar>
    let passes: VectorPasses<Scalar>
    let estimate: DiagonalEstimate<Scalar>
    let norms, motion: SegmentPass<Scalar>

    init(_ layout: ParameterLayout) {
      gradient = .zeros([layout.count])
      passes = VectorPasses(count: layout.count, pool: .shared)
      estimate = DiagonalEstimate(layout)
      norms = SegmentPass(layout, sums: 2) { operands, tile, sums in
        Scalar.secantNorms(
          sums, operands.x! + tile.start, operands.first! + tile.start, operands.gradient! + tile.start,
          operands.second! + tile.start, operands.third! + tile.start, floor: operands.coefficients[0],
          count: tile.count)
      }
      motion = SegmentPass(layout) { operands, tile, _ in
        Scalar.flooredStep(
          operands.x! + tile.start, operands.first! + tile.start, operands.gradient! + tile.start,
          operands.second! + tile.start, operands.third! + tile.start, floor: operands.coefficients[0],
          step: operands.coefficients[1], count: tile.count)
      }
    }
  }

  /// A first η of 0.1, β₂ = 0.99, α = 10⁻⁴, 10 samples for the first D, and the seed 0, unless given.
  public init(
    initialRate: Double = 0.1, beta2: Double = 0.99, floor: Double = 1e-4, initialSamples: Int = 10,
    seed: UInt64 = 0
  ) {
    precondition(
      initialRate > 0 && (0..<1).contains(beta2) && floor > 0 && initialSamples > 0,
      "OASIS needs a rate > 0, β₂ in [0, 1), a floor > 0 and samples, not \(initialRate), \(beta2), \(floor) and "
        + "\(initialSamples)")
    (self.initialRate, self.beta2, self.floor) = (initialRate, beta2, floor)
    (self.initialSamples, self.seed) = (initialSamples, seed)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (stepCount, rate, ratio, gradientIsCurrent) = (0, initialRate, .infinity, false)
    diagonal = .zeros([layout.count])
    parametersBefore = .zeros([layout.count])
    gradientBefore = .zeros([layout.count])
    scratch.drop()
  }

  public mutating func objectiveChanged() { gradientIsCurrent = false }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let layout = objective.layout
    let memory = scratch.take { Memory(layout) }
    var report = try start(
      objective, at: x, step: stepCount, passes: memory.passes, gradient: &memory.gradient)
    if report.status.isEnd { return report }
    if stepCount > 0, !gradientIsCurrent {
      _ = try objective.valueAndGradient(at: parametersBefore, gradient: &gradientBefore)
      gradientIsCurrent = true
      report.evaluations += 1
    }
    try updateDiagonal(objective, x, memory)
    if stepCount > 0 { updateRate(x, memory) }
    move(&x, memory)
    (stepCount, gradientIsCurrent) = (stepCount + 1, true)
    report.stepLength = rate
    report.diagnostics["rate ratio"] = ratio
    return report
  }

  /// Takes new samples of z ∘ H z into D.
  private mutating func updateDiagonal<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory
  ) throws where Loss.Scalar == Scalar {
    for sample in 0..<(stepCount == 0 ? initialSamples : 1) {
      // The first D is the plain mean.
      let keep = stepCount == 0 ? Double(sample) / Double(sample + 1) : beta2
      try memory.estimate.addSample(
        to: &diagonal, keep: keep, seed: seed, stream: UInt64(stepCount), sample: sample,
        multiply: { try objective.hessianProduct(at: x, $0, into: &$1) })
    }
  }

  /// η and θ, from the change of the gradient.
  private mutating func updateRate(_ x: Tensor<Scalar>, _ memory: Memory) {
    var operands = self.operands(memory)
    x.withUnsafeBufferPointer { operands.x = UnsafeMutablePointer(mutating: $0.baseAddress) }
    memory.norms.run(operands)
    let bound = (memory.norms.total(0) / memory.norms.total(1)).squareRoot() / 2
    let growth = (1 + ratio).squareRoot() * rate
    // Without a change of the gradient there is no bound; without one of the parameters, nothing is known.
    var next = bound.isFinite && bound > 0 ? min(growth, bound) : growth
    if !next.isFinite { next = rate }
    (ratio, rate) = (next / rate, next)
  }

  private mutating func move(_ x: inout Tensor<Scalar>, _ memory: Memory) {
    var operands = self.operands(memory)
    operands.coefficients[1] = rate
    x.withUnsafeMutableBufferPointer { operands.x = $0.baseAddress }
    memory.motion.run(operands)
  }

  private mutating func operands(_ memory: Memory) -> SegmentPass<Scalar>.Operands {
    var operands = SegmentPass<Scalar>.Operands()
    operands.coefficients[0] = floor
    memory.gradient.withUnsafeMutableBufferPointer { operands.gradient = $0.baseAddress }
    parametersBefore.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    gradientBefore.withUnsafeMutableBufferPointer { operands.second = $0.baseAddress }
    diagonal.withUnsafeMutableBufferPointer { operands.third = $0.baseAddress }
    return operands
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.numbers = ["rate": rate, "ratio": ratio, "gradient is current": gradientIsCurrent ? 1 : 0]
    state.tensors = [
      "D": diagonal, "parameters before": parametersBefore, "gradient before": gradientBefore,
    ]
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let shape = [layout.count]
    let (rate, ratio) = (try state.number("rate"), try state.number("ratio"))
    let isCurrent = try state.whole("gradient is current") != 0
    let (d, x) = (try state.tensor("D", shape), try state.tensor("parameters before", shape))
    gradientBefore = try state.tensor("gradient before", shape)
    (diagonal, parametersBefore, self.rate, self.ratio) = (d, x, rate, ratio)
    (gradientIsCurrent, stepCount, self.layout) = (isCurrent, state.step, layout)
    scratch.drop()
  }
}
