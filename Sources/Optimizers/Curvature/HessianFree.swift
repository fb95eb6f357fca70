import Algebra
import Foundation
import Tensors

/// Hessian-free optimization: Newton's method on the damped Gauss-Newton matrix by conjugate gradients that are truncated
/// early, remember the step before, and are taken back where the loss says so (Martens, ICML 2010; Martens and Sutskever,
/// Neural Networks: Tricks of the Trade, 2012).
///
///     (G + λ) d ≈ −g from d₀ = decay · d′,   d ← the best of the iterates, seen from the last one
///     x ← x + rateᵏ d with the first k ≥ 0 where f(x + rateᵏ d) ≤ f + c rateᵏ gᵀd
///     ρ = (f − f(x + d)) / −(gᵀd + ½ dᵀG d) of the last iterate:  λ ← 2/3 λ if ρ > ¾,  λ ← 3/2 λ if ρ < ¼
///
/// Conjugate gradients end when the damped model has fallen by less than 5·10⁻⁴ of itself per iteration, over the last
/// tenth of the iterations and at least ten. Of their iterates those with the numbers ⌈1.3ʲ⌉ are kept; from the last one
/// backwards, an earlier one is taken as long as the loss falls. The iterations may be preconditioned by (D + λ)^p with
/// the diagonal D of G, estimated by random signs z as the mean of z ∘ G z (Chapelle and Erhan, NIPS workshop 2011).
public struct HessianFree<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// What conjugate gradients are preconditioned by.
  public enum Preconditioner: Sendable, Equatable {
    /// Nothing.
    case none
    /// (|D| + λ)^exponent, with the given number of new samples of D in each step.
    case diagonal(samples: Int, exponent: Double)
    /// The diagonal with one sample and Martens' exponent of ¾.
    public static var diagonal: Preconditioner { .diagonal(samples: 1, exponent: 0.75) }
  }

  /// What is applied to vectors: G, or the Hessian.
  public var matrix: NewtonCG<Scalar>.Matrix
  /// The first λ.
  public var initialDamping: Double
  /// The largest number of iterations of conjugate gradients in a step.
  public var iterationLimit: Int
  /// The part of the step before that iterations begin with.
  public var decay: Double
  /// The preconditioner of the iterations.
  public var preconditioner: Preconditioner
  /// The seed of the random signs.
  public var seed: UInt64

  /// The factor of the line search, the part c of the slope that it asks for, and the number of trials.
  private static var search: (rate: Double, slope: Double, limit: Int) { (0.8, 1e-2, 60) }
  /// What is kept of D in a step.
  private static var memoryOfDiagonal: Double { 0.95 }

  public var name: String { "Hessian-free" }
  public private(set) var layout: ParameterLayout?
  private var damping: Double
  private var stepCount = 0
  /// Steps in succession that found no lower loss.
  private var failures = 0
  /// The d before, as conjugate gradients left it.
  private var direction = Tensor<Scalar>.zeros([0])
  /// D, of length 0 without a preconditioner.
  private var diagonal = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let system: NewtonSystem<Scalar>
    let iterates: VectorBasis<Scalar>
    /// The numbers of iterations after which iterates are kept, ascending.
    let marks: [Int]
    var trial, better: Tensor<Scalar>
    let estimate: DiagonalEstimate<Scalar>?

    init(_ layout: ParameterLayout, iterations: Int, isPreconditioned: Bool) {
      system = NewtonSystem(count: layout.count, iterations: iterations)
      var (marks, power) = ([Int](), 1.0)
      while power <= Double(iterations) {
        let mark = Int(power.rounded(.up))
        if mark != marks.last, mark <= iterations { marks.append(mark) }
        power *= 1.3
      }
      self.marks = marks
      iterates = VectorBasis(count: layout.count, capacity: marks.count, pool: .shared)
      trial = .zeros([layout.count])
      better = .zeros([layout.count])
      estimate = isPreconditioned ? DiagonalEstimate(layout) : nil
    }
  }

  /// Steps with the Gauss-Newton matrix, a first λ of 1, at most 250 iterations that begin with 0.95 of the step before,
  /// without a preconditioner and with the seed 0, unless given.
  public init(
    matrix: NewtonCG<Scalar>.Matrix = .gaussNewton, initialDamping: Double = 1, iterationLimit: Int = 250,
    decay: Double = 0.95, preconditioner: Preconditioner = .none, seed: UInt64 = 0
  ) {
    precondition(
      initialDamping >= 0 && iterationLimit > 0 && (0...1).contains(decay),
      "Hessian-free optimization needs a damping of at least 0, iterations and a decay in [0, 1], not "
        + "\(initialDamping), \(iterationLimit) and \(decay)")
    if case .diagonal(let samples, let exponent) = preconditioner {
      precondition(
        samples > 0 && exponent > 0 && exponent <= 1,
        "a diagonal preconditioner needs samples and an exponent in (0, 1], not \(samples) and \(exponent)")
    }
    (self.matrix, self.initialDamping, self.iterationLimit) = (matrix, initialDamping, iterationLimit)
    (self.decay, self.preconditioner, self.seed) = (decay, preconditioner, seed)
    damping = initialDamping
  }

  private var isPreconditioned: Bool { preconditioner != .none }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (damping, stepCount, failures) = (initialDamping, 0, 0)
    direction = .zeros([layout.count])
    diagonal = .zeros([isPreconditioned ? layout.count : 0])
    scratch.drop()
  }

  // The step before and D are of use for another objective too: conjugate gradients start from zero if they are not.
  public mutating func objectiveChanged() { failures = 0 }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let (layout, limit, isPreconditioned) = (objective.layout, iterationLimit, isPreconditioned)
    let memory = scratch.take {
      Memory(layout, iterations: limit, isPreconditioned: isPreconditioned)
    }
    let system = memory.system
    var report = try start(
      objective, at: x, step: stepCount, passes: system.passes, gradient: &system.gradient)
    if report.status.isEnd { return report }
    try updateDiagonal(objective, x, memory)
    system.direction.setToCopy(of: direction)
    system.passes.scale(&system.direction, by: decay)
    let (solution, kept) = try solve(objective, x, memory)
    stepCount += 1
    direction.setToCopy(of: system.direction)
    report.diagnostics["iterations"] = Double(solution.iterations)
    report.diagnostics["damping"] = damping

    let loss = report.loss
    let full = try trial(objective, x, system.direction, 1, memory, &report)
    // Without damping, the model of a quadratic loss is the loss.
    let undamped =
      solution.decrease + 0.5 * damping * system.passes.inner(system.direction, system.direction)
    let ratio = full.isFinite && undamped > 0 ? (loss - full) / undamped : -1
    let best = try takeBack(objective, x, from: full, kept: kept, memory, &report)
    report.diagnostics["ratio"] = ratio
    let isLower = try search(objective, &x, from: best, memory, &report)
    if ratio > 0.75 {
      damping *= 2 / 3.0
    } else if !(ratio >= 0.25) {
      damping = max(damping * 1.5, 1e-12)
    }
    guard isLower else {
      failures += 1
      damping *= 10
      direction = .zeros([layout.count])
      if failures >= 5 { report.status = .stalled("five steps in succession have found no lower loss") }
      return report
    }
    failures = 0
    return report
  }

  /// d by conjugate gradients, and how many of its iterates are kept.
  private func solve<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory
  ) throws -> (NewtonSystem<Scalar>.Outcome, kept: Int) where Loss.Scalar == Scalar {
    let system = memory.system
    var kept = 0
    var power = 1.0
    if case .diagonal(_, let exponent) = preconditioner { power = exponent }
    memory.estimate?.invert(diagonal, damping: damping, exponent: power)
    let estimate = memory.estimate
    let outcome = try system.solve(
      damping: damping, isWarm: stepCount > 0 && decay > 0,
      limits: .init(iterations: iterationLimit, residual: 0, progress: 5e-4),
      multiply: { try matrix.multiply(objective, at: x, $0, into: &$1) },
      precondition: { r, z in
        if let estimate { estimate.divide(r, into: &z) } else { z.setToCopy(of: r) }
      },
      visit: { iteration in
        guard kept < memory.marks.count, iteration == memory.marks[kept] else { return }
        system.direction.withUnsafeBufferPointer { d in
          system.passes.copy(d.baseAddress!, to: memory.iterates[kept])
        }
        kept += 1
      })
    // The last iterate is d itself.
    if kept > 0, memory.marks[kept - 1] == outcome.iterations { kept -= 1 }
    return (outcome, kept)
  }

  /// The loss at x + step d.
  private func trial<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ d: Tensor<Scalar>, _ step: Double, _ memory: Memory,
    _ report: inout StepReport
  ) throws -> Double where Loss.Scalar == Scalar {
    memory.trial.setToSum(of: x, and: d, times: Scalar(step))
    report.evaluations += 1
    return try objective.value(at: memory.trial)
  }

  /// Goes back over the kept iterates as long as the loss falls; leaves the best d, and returns its loss.
  private func takeBack<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, from value: Double, kept: Int, _ memory: Memory,
    _ report: inout StepReport
  ) throws -> Double where Loss.Scalar == Scalar {
    var value = value
    for k in (0..<kept).reversed() {
      memory.better.withUnsafeMutableBufferPointer {
        memory.system.passes.copy(memory.iterates[k], to: $0.baseAddress!)
      }
      let earlier = try trial(objective, x, memory.better, 1, memory, &report)
      if value.isFinite, !(earlier < value) { break }
      value = earlier
      memory.system.direction.setToCopy(of: memory.better)
    }
    return value
  }

  /// Moves x along d, shortened until the loss is low enough. Whether there is such a point.
  private func search<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>, from value: Double, _ memory: Memory,
    _ report: inout StepReport
  ) throws -> Bool where Loss.Scalar == Scalar {
    let slope = memory.system.passes.inner(memory.system.gradient, memory.system.direction)
    guard slope < 0 else { return false }
    let (loss, search) = (report.loss, Self.search)
    var (value, step) = (value, 1.0)
    for _ in 0..<search.limit {
      // Near a minimum the decrease asked for is below the rounding of the loss.
      if value.isFinite, value <= loss + search.slope * step * slope, value < loss {
        memory.trial.setToSum(of: x, and: memory.system.direction, times: Scalar(step))
        x.setToCopy(of: memory.trial)
        (report.loss, report.stepLength) = (value, step)
        return true
      }
      step *= search.rate
      value = try trial(objective, x, memory.system.direction, step, memory, &report)
    }
    return false
  }

  /// Takes new samples into D.
  private mutating func updateDiagonal<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory
  ) throws where Loss.Scalar == Scalar {
    guard case .diagonal(let samples, _) = preconditioner, let estimate = memory.estimate else { return }
    for sample in 0..<samples {
      // The first D is the plain mean of its samples.
      let keep = stepCount == 0 ? Double(sample) / Double(sample + 1) : Self.memoryOfDiagonal
      try estimate.addSample(
        to: &diagonal, keep: keep, seed: seed, stream: UInt64(stepCount), sample: sample,
        multiply: { try matrix.multiply(objective, at: x, $0, into: &$1) })
    }
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.numbers = ["damping": damping, "failures": Double(failures)]
    state.tensors["direction"] = direction
    if isPreconditioned { state.tensors["D"] = diagonal }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let (damping, failures) = (try state.number("damping"), try state.whole("failures"))
    let direction = try state.tensor("direction", [layout.count])
    diagonal = isPreconditioned ? try state.tensor("D", [layout.count]) : .zeros([0])
    (self.damping, self.failures, self.direction) = (damping, failures, direction)
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}
