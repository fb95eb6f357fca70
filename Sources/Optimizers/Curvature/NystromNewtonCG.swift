import Algebra
import Foundation
import Tensors

/// NysNewton-CG: damped Newton steps by conjugate gradients with a randomised preconditioner, for the end of a training,
/// where first-order methods and L-BFGS are held up by the condition of the loss (Rathore, Lei, Frangella, Lu and Udell,
/// Challenges in Training PINNs, ICML 2024).
///
///     (H + μ) d = −g from d₀ = d′, preconditioned by a Nyström approximation of H made anew every so many steps
///     x ← x + ½ᵏ d with the first k ≥ 0 where f(x + ½ᵏ d) ≤ f + c ½ᵏ gᵀd
///
/// Where conjugate gradients meet a direction without positive curvature, they end with what they have. A d that is not
/// downhill is replaced by −P⁻¹g. Where μ is so small that no step of the search is low enough, it is raised tenfold for
/// the steps that follow, and falls back by thirds. The approximation takes as many products as its rank.
public struct NystromNewtonCG<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// H: the Hessian, or the Gauss-Newton matrix.
  public var matrix: NewtonCG<Scalar>.Matrix
  /// The rank s of the approximation, at most the number of parameters.
  public let rank: Int
  /// μ.
  public var damping: Double
  /// Steps from one approximation to the next.
  public var refreshInterval: Int
  /// The norm of the residual of the system, as a part of that of the gradient, that ends the iterations.
  public var tolerance: Double
  /// The largest number of iterations of conjugate gradients in a step.
  public var iterationLimit: Int
  /// The seed of the random vectors.
  public var seed: UInt64

  /// The part of the slope that the search asks for, and the number of its trials.
  private static var search: (slope: Double, limit: Int) { (0.1, 40) }

  public var name: String { "NysNewton-CG" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  /// Approximations made, which is the number of the next one's random stream.
  private var refreshes = 0
  /// Steps since the last approximation; none has been made where `refreshes` is 0.
  private var age = 0
  /// What μ is multiplied by.
  private var dampingFactor = 1.0
  private var failures = 0
  private var direction = Tensor<Scalar>.zeros([0])
  /// U and Λ, which new memory takes up.
  private var basis = Tensor<Scalar>.zeros([0])
  private var values = Tensor<Double>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let system: NewtonSystem<Scalar>
    let approximation: NystromApproximation<Scalar>
    var trial: Tensor<Scalar>

    init(count: Int, rank: Int, iterations: Int) {
      system = NewtonSystem(count: count, iterations: iterations)
      approximation = NystromApproximation(count: count, rank: rank)
      trial = .zeros([count])
    }
  }

  /// Steps with the Hessian, rank 60, μ = 0.1, a new approximation every 20 steps, and iterations to 10⁻¹⁶ of the gradient
  /// or 1000, unless given.
  public init(
    matrix: NewtonCG<Scalar>.Matrix = .hessian, rank: Int = 60, damping: Double = 0.1,
    refreshInterval: Int = 20, tolerance: Double = 1e-16, iterationLimit: Int = 1000, seed: UInt64 = 0
  ) {
    precondition(
      rank > 0 && damping >= 0 && refreshInterval > 0 && tolerance >= 0 && iterationLimit > 0,
      "NysNewton-CG needs a rank, an interval and iterations above 0, and a damping and a tolerance of at least 0, not "
        + "\(rank), \(refreshInterval), \(iterationLimit), \(damping) and \(tolerance)")
    (self.matrix, self.rank, self.damping, self.refreshInterval) = (matrix, rank, damping, refreshInterval)
    (self.tolerance, self.iterationLimit, self.seed) = (tolerance, iterationLimit, seed)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (stepCount, refreshes, age, dampingFactor, failures) = (0, 0, 0, 1, 0)
    direction = .zeros([layout.count])
    basis = .zeros([min(rank, layout.count), layout.count])
    values = .zeros([min(rank, layout.count)])
    scratch.drop()
  }

  /// The curvature of another objective is approximated anew.
  public mutating func objectiveChanged() {
    failures = 0
    age = refreshInterval
  }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = takeMemory(count: x.count)
    let system = memory.system
    var report = try start(
      objective, at: x, step: stepCount, passes: system.passes, gradient: &system.gradient)
    if report.status.isEnd { return report }
    if refreshes == 0 || age >= refreshInterval { try refresh(objective, x, memory, report) }
    let mu = damping * dampingFactor
    let approximation = memory.approximation
    system.direction.setToCopy(of: direction)
    let solution = try system.solve(
      damping: mu, isWarm: stepCount > 0,
      limits: .init(iterations: iterationLimit, residual: tolerance, progress: 0),
      multiply: { try matrix.multiply(objective, at: x, $0, into: &$1) },
      precondition: { approximation.solve($0, damping: mu, into: &$1) })
    report.diagnostics["iterations"] = Double(solution.iterations)
    report.diagnostics["damping"] = mu
    report.diagnostics["largest eigenvalue"] = approximation.values[0]
    report.diagnostics["last eigenvalue"] = approximation.values[approximation.rank - 1]
    let slope = downhill(memory, mu)
    (stepCount, age) = (stepCount + 1, age + 1)
    guard try search(objective, &x, slope: slope, memory, &report) else {
      failures += 1
      dampingFactor *= 10
      direction.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      if failures >= 5 { report.status = .stalled("five steps in succession have found no lower loss") }
      return report
    }
    failures = 0
    dampingFactor = max(1, dampingFactor / 3)
    direction.setToCopy(of: system.direction)
    return report
  }

  private mutating func refresh<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory, _ report: StepReport
  ) throws where Loss.Scalar == Scalar {
    let isFinite = try memory.approximation.update(seed: seed, stream: UInt64(refreshes)) {
      try matrix.multiply(objective, at: x, $0, into: &$1)
    }
    guard isFinite else {
      throw OptimizerError.notFinite(
        method: name, step: stepCount, loss: report.loss, gradientNorm: report.gradientNorm)
    }
    memory.approximation.copy(basis: &basis, values: &values)
    (refreshes, age) = (refreshes + 1, 0)
  }

  /// gᵀd, after d has been replaced by the preconditioned gradient if it is not downhill.
  private func downhill(_ memory: Memory, _ mu: Double) -> Double {
    let system = memory.system
    let slope = system.passes.inner(system.gradient, system.direction)
    if slope < 0 { return slope }
    memory.approximation.solve(system.gradient, damping: mu, into: &system.direction)
    system.passes.scale(&system.direction, by: -1)
    return system.passes.inner(system.gradient, system.direction)
  }

  /// Moves x along d, halved until the loss is low enough. Whether there is such a point.
  private func search<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>, slope: Double, _ memory: Memory,
    _ report: inout StepReport
  ) throws -> Bool where Loss.Scalar == Scalar {
    let loss = report.loss
    var step = 1.0
    for _ in 0..<Self.search.limit {
      memory.trial.setToSum(of: x, and: memory.system.direction, times: Scalar(step))
      let value = try objective.value(at: memory.trial)
      report.evaluations += 1
      if value <= loss + Self.search.slope * step * slope, value < loss {
        x.setToCopy(of: memory.trial)
        (report.loss, report.stepLength) = (value, step)
        return true
      }
      step *= 0.5
    }
    return false
  }

  private mutating func takeMemory(count: Int) -> Memory {
    let (rank, limit) = (rank, iterationLimit)
    var isNew = false
    let memory = scratch.take {
      isNew = true
      return Memory(count: count, rank: rank, iterations: limit)
    }
    if isNew { memory.approximation.restore(basis: basis, values: values) }
    return memory
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.numbers = [
      "refreshes": Double(refreshes), "age": Double(age), "damping factor": dampingFactor,
      "failures": Double(failures),
    ]
    state.tensors = ["direction": direction, "U": basis]
    state.doubles["eigenvalues"] = values
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let rank = min(rank, layout.count)
    let (refreshes, age) = (try state.whole("refreshes"), try state.whole("age"))
    let (factor, failures) = (try state.number("damping factor"), try state.whole("failures"))
    let direction = try state.tensor("direction", [layout.count])
    let basis = try state.tensor("U", [rank, layout.count])
    values = try state.double("eigenvalues", [rank])
    (self.refreshes, self.age, dampingFactor, self.failures) = (refreshes, age, factor, failures)
    (self.direction, self.basis, self.layout, stepCount) = (direction, basis, layout, state.step)
    scratch.drop()
  }
}
