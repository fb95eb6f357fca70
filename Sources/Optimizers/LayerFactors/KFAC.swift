import Algebra
import Foundation
import Tensors

/// How far a step of ``KFAC`` goes.
public enum KFACStep: Sendable, Hashable {
  /// x + α Δ + μ δ with the step δ before and the α and μ that are best by the exact Gauss-Newton matrix on the span of both
  /// (Martens and Grosse, ICML 2015, section 7): what the authors of the method for residuals call KFAC*. It is halved here
  /// while the loss would grow, which costs one evaluation where it does not: without, some starts diverge.
  case automatic
  /// δ ← Δ + μ δ, and the best of x + 2⁻ᵏ δ for k = 0, …, 30.
  case gridSearch(momentum: Double = 0.5)
}

/// Kronecker-factored approximate curvature for sums of squares of residuals with derivatives of the model (Dangel, Müller
/// and Zeinhofer, NeurIPS 2024):
///
///     Δ = −(A₁ ⊗ B₁ + A₂ ⊗ B₂)⁻¹ ∇L   for each affine map of the model
///
/// A and B are the factors of the Gauss-Newton matrix (see ``LayerStatistics/gaussNewton(denseLimit:)``), the first pair that of
/// the first group of residuals, which is that of the equations; averaged as β · old + (1 − β) · new, from identities on,
/// which damp the first steps and are forgotten; then λ is added to the diagonals of all of them. The sum is inverted exactly.
/// With one group there is one pair. More than two are made two: those after the first become one with B = Σ Bₖ and
/// A = Σ tr(Bₖ) Aₖ / Σ tr(Bₖ), which keeps the trace of their sum, and the sum itself where their A are alike.
///
/// Eigenvalues of A₁ and B₁ are at least √ε of their largest, with the rounding ε of the parameters' precision: their products
/// are then no smaller than what gradients resolve.
///
/// Parameters of no affine map are divided by the diagonal of the Gauss-Newton matrix and λ. Factors of more than 2048 rows
/// are reduced to their diagonals. Factors and bases are kept in doubles for either precision of the parameters.
///
/// Steps are made for samples that stay the same for ten to a hundred steps, or for good.
public struct KFAC<Scalar: OptimizerScalar>: LayerwiseOptimizer {
  /// How far a step goes.
  public var step: KFACStep
  /// λ.
  public var damping: Double
  /// β.
  public var decay: Double
  /// Steps from one renewal of the factors to the next.
  public var refreshInterval: Int

  public var name: String { "KFAC" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  /// Averaged factors, and the bases in which their sums are diagonal.
  private var averages, bases: Tensor<Double>
  /// δ.
  private var previous: Tensor<Scalar>
  private var scratch = Scratch<KFACMemory<Scalar>>()

  /// Steps with α and μ by the Gauss-Newton matrix, λ = 10⁻¹², β = 0.6 and new factors in each step, unless given.
  public init(
    step: KFACStep = .automatic, damping: Double = 1e-12, decay: Double = 0.6, refreshInterval: Int = 1
  ) {
    precondition(
      damping > 0 && (0..<1).contains(decay) && refreshInterval > 0,
      "KFAC needs a damping > 0, a decay in [0, 1) and an interval > 0, not \(damping), \(decay) and "
        + "\(refreshInterval)")
    if case .gridSearch(let momentum) = step {
      precondition((0..<1).contains(momentum), "a momentum is in [0, 1), not \(momentum)")
    }
    (self.step, self.damping, self.decay, self.refreshInterval) = (step, damping, decay, refreshInterval)
    (averages, bases, previous) = (.zeros([0]), .zeros([0]), .zeros([0]))
  }

  /// The largest order of a factor that is kept in full.
  private static var denseLimit: Int { 2048 }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    (averages, bases, previous) = (.zeros([0]), .zeros([0]), .zeros([layout.count]))
    scratch.drop()
  }

  public mutating func layerwiseStep<Loss: LayerwiseObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let statistics = LayerStatistics.gaussNewton(denseLimit: Self.denseLimit)
    let memory = try memory(for: try objective.layerFactorLayout(statistics))
    let isRefreshed = stepCount % refreshInterval == 0
    let loss =
      isRefreshed
      ? try objective.valueAndGradient(
        at: x, gradient: &memory.gradient, statistics, into: &memory.factors)
      : try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    let norm = memory.takeGradient()
    guard loss.isFinite, norm.isFinite, !isRefreshed || memory.areFactorsFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    guard norm > 0 else {
      report.status = .converged("the gradient is zero")
      return report
    }
    if isRefreshed {
      if stepCount == 0 { memory.setToIdentity(&averages) }
      memory.average(into: &averages, keeping: decay)
      let isPrepared = memory.prepare(averages, damping: damping, into: &bases)
      report.diagnostics["failed bases"] = isPrepared ? 0 : 1
    }
    memory.makeDirection(bases, averages, damping: damping)
    switch step {
    case .automatic: try automaticStep(objective, &x, memory, &report)
    case .gridSearch(let momentum): try search(objective, &x, memory, &report, momentum)
    }
    stepCount += 1
    return report
  }

  /// x + α Δ + μ δ, or a part of the way there. Where no part will do, μ δ is lost, or there is an end.
  private mutating func automaticStep<Loss: LayerwiseObjective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>, _ memory: KFACMemory<Scalar>, _ report: inout StepReport
  ) throws where Loss.Scalar == Scalar {
    var form = try objective.gaussNewtonForm(at: x, memory.direction, previous)
    form.uu += damping * memory.inner(memory.direction, memory.direction)
    form.uv += damping * memory.inner(memory.direction, previous)
    form.vv += damping * memory.inner(previous, previous)
    let (alpha, mu) = form.minimizer(
      slopes: memory.inner(memory.gradient, memory.direction), memory.inner(memory.gradient, previous))
    guard alpha.isFinite, mu.isFinite else {
      throw OptimizerError.notFinite(
        method: name, step: stepCount, loss: report.loss, gradientNorm: report.gradientNorm)
    }
    let hadMomentum = memory.inner(previous, previous) > 0
    previous.combine(mu, with: memory.direction, alpha)
    var part = 1.0
    for _ in 0..<30 {
      memory.trial.setToSum(of: x, and: previous, times: Scalar(part))
      let value = try objective.value(at: memory.trial)
      report.evaluations += 1
      guard value <= report.loss else {
        part *= 0.5
        continue
      }
      x.setToCopy(of: memory.trial)
      previous.withUnsafeMutableBufferPointer {
        if part < 1, let step = $0.baseAddress { Scalar.scale(step, by: Scalar(part), count: $0.count) }
      }
      report.loss = value
      report.stepLength = alpha * part
      report.diagnostics["momentum"] = mu * part
      return
    }
    previous.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    if !hadMomentum { report.status = .stalled("no part of the step keeps the loss from growing") }
  }

  /// The best of x + 2⁻ᵏ (Δ + μ δ); where none is lower, momentum is lost, or there is an end.
  private mutating func search<Loss: LayerwiseObjective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>, _ memory: KFACMemory<Scalar>, _ report: inout StepReport,
    _ momentum: Double
  ) throws where Loss.Scalar == Scalar {
    let hadMomentum = momentum > 0 && memory.inner(previous, previous) > 0
    previous.combine(momentum, with: memory.direction, 1)
    try objective.values(
      from: x, along: previous, steps: memory.steps, scratch: &memory.trial, into: &memory.values)
    report.evaluations += memory.steps.count
    var best: Int?
    for k in memory.values.indices where memory.values[k].isFinite {
      if best == nil || memory.values[k] < memory.values[best!] { best = k }
    }
    guard let best, memory.values[best] < report.loss else {
      previous.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      if !hadMomentum { report.status = .stalled("no step 2⁻ᵏ along the direction lowers the loss") }
      return
    }
    memory.trial.setToSum(of: x, and: previous, times: Scalar(memory.steps[best]))
    x.setToCopy(of: memory.trial)
    report.loss = memory.values[best]
    report.stepLength = memory.steps[best]
  }

  /// Memory for factors of a layout, which those of a state must have too.
  private mutating func memory(for factors: LayerFactorLayout) throws -> KFACMemory<Scalar> {
    let count = layout!.count
    var memory = scratch.take { KFACMemory(factors, count: count) }
    if memory.source != factors {
      scratch.drop()
      memory = scratch.take { KFACMemory(factors, count: count) }
    }
    if stepCount > 0, averages.count != memory.merged.count {
      throw OptimizerError.shape(
        method: name, entry: "factors", expected: [memory.merged.count], found: averages.shape)
    }
    if stepCount > 0, bases.count != memory.sum.basisCount {
      throw OptimizerError.shape(
        method: name, entry: "bases", expected: [memory.sum.basisCount], found: bases.shape)
    }
    if stepCount == 0, averages.count != memory.merged.count {
      averages = .zeros([memory.merged.count])
      bases = .zeros([memory.sum.basisCount])
    }
    return memory
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.doubles = ["factors": averages, "bases": bases]
    state.tensors["previous"] = previous
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    // Their lengths are those of the objective's factors, which are known in the next step.
    guard let averages = state.doubles["factors"] else { throw .missing(method: name, entry: "factors") }
    guard let bases = state.doubles["bases"] else { throw .missing(method: name, entry: "bases") }
    previous = try state.tensor("previous", [layout.count])
    (self.averages, self.bases) = (averages, bases)
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}

extension GaussNewtonForm {
  /// The α and μ of the lowest α gᵤ + μ gᵥ + ½ (α² uu + 2 α μ uv + μ² vv); μ is 0 where v adds nothing to u that can be told
  /// from rounding.
  func minimizer(slopes gu: Double, _ gv: Double) -> (alpha: Double, mu: Double) {
    let determinant = uu * vv - uv * uv
    guard determinant > 1e-12 * uu * vv, determinant.isFinite, determinant > 0 else {
      return (uu > 0 ? -gu / uu : 0, 0)
    }
    return ((uv * gv - vv * gu) / determinant, (uv * gu - uu * gv) / determinant)
  }
}

extension Tensor {
  /// Sets every element to a times itself plus b times that of another.
  fileprivate mutating func combine(_ a: Double, with other: Tensor, _ b: Double) {
    withUnsafeMutableBufferPointer { x in
      guard let own = x.baseAddress else { return }
      other.withUnsafeBufferPointer { y in
        a == 0 ? own.update(repeating: 0, count: x.count) : Scalar.scale(own, by: Scalar(a), count: x.count)
        if b != 0 { Scalar.axpy(Scalar(b), y.baseAddress!, own, count: x.count) }
      }
    }
  }
}
