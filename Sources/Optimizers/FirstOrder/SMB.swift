import Algebra
import Foundation
import Tensors

/// SMB: gradient descent whose steps, where they are too long, are corrected by a model built from the gradient at their end
/// (Sahin, Öztoprak, Birbil et al. 2021).
///
///     s = −rate g,   accepted where f(x + s) ≤ f − c rate ‖g‖²; else, with y = ∇f(x + s) − g, in each array of parameters
///     σ = ½ (‖s‖ (‖y‖ + ‖g‖ / η) − yᵀs),   θ = (yᵀs + 2σ)² − ‖s‖² ‖y‖²
///     s ← c_s s + c_g g + c_y y,   c_g = −‖s‖² / 2σ,   c_s = c_g / θ · (−(yᵀs + 2σ) yᵀg + ‖y‖² sᵀg),
///                                   c_y = c_g / θ · (−(yᵀs + 2σ) sᵀg + ‖s‖² yᵀg)
///
/// The corrected step is not tested again. Both gradients are on the same samples. With an interval, the rate is divided
/// by 0.9 after every that many steps of which no more than 5 % were corrected, up to 20, and multiplied by it otherwise.
/// Where a trial meets a loss or a gradient that is infinite or NaN, the parameters stay and the rate is halved.
public struct SMB<Scalar: OptimizerScalar>: GradientOptimizer {
  /// The first rate.
  public var initialRate: Double
  /// c.
  public var sufficientDecrease: Double
  /// η.
  public var eta: Double
  /// Steps after which the rate is adapted; nil for never.
  public var scheduleInterval: Int?

  /// What the rate is adapted by, the part of corrected steps that it aims at, and its largest value.
  private static var scheduleFactor: Double { 0.9 }
  private static var scheduleTarget: Double { 0.05 }
  private static var largestRate: Double { 20 }

  public var name: String { "SMB" }
  public private(set) var layout: ParameterLayout?
  /// The rate of the next step.
  public private(set) var rate: Double
  private var stepCount = 0
  /// Steps, and corrected ones among them, since the rate was adapted.
  private var recentSteps = 0
  private var recentCorrections = 0
  private var scratch = Scratch<Memory>()

  private final class Memory {
    var gradient, change, trial: Tensor<Scalar>
    let passes: VectorPasses<Scalar>
    /// By segment: ‖g‖², gᵀy and ‖y‖², and then the factors of g and y.
    let segments: Buffer<Double>
    let products, motion: SegmentPass<Scalar>

    init(_ layout: ParameterLayout) {
      gradient = .zeros([layout.count])
      change = .zeros([layout.count])
      trial = .zeros([layout.count])
      passes = VectorPasses(count: layout.count, pool: .shared)
      let (segments, count) = (Buffer<Double>(count: 3 * layout.segments.count), layout.segments.count)
      self.segments = segments
      products = SegmentPass(layout, sums: 3) { operands, tile, sums in
        let (g, y) = (operands.gradient! + tile.start, operands.first! + tile.start)
        // From the gradient at the trial to its change.
        Scalar.axpby(y, g, -1, 1, count: tile.count)
        sums[0] = Scalar.inner(g, g, count: tile.count)
        sums[1] = Scalar.inner(g, y, count: tile.count)
        sums[2] = Scalar.inner(y, y, count: tile.count)
      }
      motion = SegmentPass(layout) { operands, tile, _ in
        let x = operands.x! + tile.start
        let (a, b) = (segments.pointer[tile.segment], segments.pointer[count + tile.segment])
        Scalar.axpy(Scalar(a), operands.gradient! + tile.start, x, count: tile.count)
        Scalar.axpy(Scalar(b), operands.first! + tile.start, x, count: tile.count)
      }
    }

    func norm(_ gradient: Tensor<Scalar>) -> Double {
      gradient.withUnsafeBufferPointer { g in g.baseAddress.map { passes.norm($0) } ?? 0 }
    }
  }

  /// A first rate of 1, c = 0.1, η = 0.99 and no schedule, unless given.
  public init(
    rate: Double = 1, sufficientDecrease: Double = 0.1, eta: Double = 0.99, scheduleInterval: Int? = nil
  ) {
    precondition(
      rate > 0 && (0..<1).contains(sufficientDecrease) && eta > 0 && eta < 1 && scheduleInterval ?? 1 > 0,
      "SMB needs a rate > 0, c in [0, 1), η in (0, 1) and an interval > 0, not \(rate), \(sufficientDecrease), \(eta) "
        + "and \(scheduleInterval ?? 1)")
    (initialRate, self.rate, self.sufficientDecrease) = (rate, rate, sufficientDecrease)
    (self.eta, self.scheduleInterval) = (eta, scheduleInterval)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (rate, stepCount, recentSteps, recentCorrections) = (initialRate, 0, 0, 0)
    scratch.drop()
  }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let layout = objective.layout
    let memory = scratch.take { Memory(layout) }
    let loss = try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    let norm = memory.norm(memory.gradient)
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: rate, evaluations: 2)
    guard norm > 0 else {
      report.status = .converged("the gradient is zero")
      return report
    }
    memory.trial.setToSum(of: x, and: memory.gradient, times: Scalar(-rate))
    let trial = try objective.value(at: memory.trial)
    var isCorrected = false
    if trial <= loss - sufficientDecrease * rate * norm * norm {
      x.setToCopy(of: memory.trial)
    } else {
      let value = try objective.valueAndGradient(at: memory.trial, gradient: &memory.change)
      report.evaluations = 3
      guard value.isFinite, memory.norm(memory.change).isFinite else {
        rate /= 2
        report.stepLength = 0
        if rate < .leastNormalMagnitude {
          report.status = .stalled("no step has an end where the loss is finite")
        }
        return report
      }
      correct(&x, memory, segments: layout.segments.count)
      isCorrected = true
    }
    stepCount += 1
    adaptRate(isCorrected)
    report.diagnostics["corrected"] = isCorrected ? 1 : 0
    return report
  }

  /// Makes the step of the model.
  private func correct(_ x: inout Tensor<Scalar>, _ memory: Memory, segments count: Int) {
    var operands = SegmentPass<Scalar>.Operands()
    x.withUnsafeMutableBufferPointer { operands.x = $0.baseAddress }
    memory.gradient.withUnsafeMutableBufferPointer { operands.gradient = $0.baseAddress }
    memory.change.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    memory.products.run(operands)
    let numbers = memory.segments.pointer
    for k in 0..<3 { memory.products.totals(k, into: numbers + k * count, segments: count) }
    for segment in 0..<count {
      (numbers[segment], numbers[count + segment]) = factors(
        numbers[segment], numbers[count + segment], numbers[2 * count + segment])
    }
    memory.motion.run(operands)
  }

  /// The factors of g and y in the corrected step, from ‖g‖², gᵀy and ‖y‖².
  private func factors(_ gg: Double, _ gy: Double, _ yy: Double) -> (Double, Double) {
    let (ss, ys, sg) = (rate * rate * gg, -rate * gy, -rate * gg)
    let sigma = 0.5 * (ss.squareRoot() * (yy.squareRoot() + gg.squareRoot() / eta) - ys)
    let sum = ys + 2 * sigma
    let theta = sum * sum - ss * yy
    // A gradient of zero asks for no step.
    guard sigma > 0, theta > 0 else { return (0, 0) }
    let ofGradient = -ss / (2 * sigma)
    let ofStep = ofGradient / theta * (-sum * gy + yy * sg)
    let ofChange = ofGradient / theta * (-sum * sg + ss * gy)
    return (ofGradient - rate * ofStep, ofChange)
  }

  private mutating func adaptRate(_ isCorrected: Bool) {
    recentSteps += 1
    recentCorrections += isCorrected ? 1 : 0
    guard let scheduleInterval, recentSteps >= scheduleInterval else { return }
    if Double(recentCorrections) > Self.scheduleTarget * Double(recentSteps) {
      rate *= Self.scheduleFactor
    } else if rate / Self.scheduleFactor <= Self.largestRate {
      rate /= Self.scheduleFactor
    }
    (recentSteps, recentCorrections) = (0, 0)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.numbers = [
        "rate": rate, "recent steps": Double(recentSteps), "recent corrections": Double(recentCorrections),
      ]
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let rate = try state.number("rate")
    let (steps, corrections) = (try state.whole("recent steps"), try state.whole("recent corrections"))
    (self.rate, recentSteps, recentCorrections) = (rate, steps, corrections)
    (stepCount, self.layout) = (state.step, layout)
    scratch.drop()
  }
}
