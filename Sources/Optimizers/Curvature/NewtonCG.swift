import Algebra
import Foundation
import Tensors

/// Newton's method with the linear system of each step solved by conjugate gradients, from products with second
/// derivatives alone: Hessian-free optimization (Martens, ICML 2010), for more parameters than a Jacobian or an inverse
/// Hessian could be kept for.
///
///     (B + λ) d ≈ −g,    x ← x + 2⁻ᵏ d with the first k ≥ 0 that lowers the loss
///
/// B is the Gauss-Newton matrix, or the Hessian; where conjugate gradients meet negative curvature, they end with what they
/// have. They also end when the model has become lower by less than 5·10⁻⁴ of itself per iteration, over a tenth of the
/// iterations. λ follows the ratio of the decrease to the predicted one.
public struct NewtonCG<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// B.
  public enum Matrix: String, Sendable, Codable, CaseIterable {
    /// The Gauss-Newton matrix, which is positive semidefinite.
    case gaussNewton
    /// The Hessian.
    case hessian

    /// Writes B v.
    func multiply<Loss: CurvatureObjective>(
      _ objective: Loss, at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>
    ) throws where Loss.Scalar == Scalar {
      switch self {
      case .gaussNewton: try objective.gaussNewtonProduct(at: x, v, into: &product)
      case .hessian: try objective.hessianProduct(at: x, v, into: &product)
      }
    }
  }

  /// B.
  public var matrix: Matrix
  /// The first λ.
  public var initialDamping: Double
  /// The largest number of iterations of conjugate gradients in a step.
  public var iterationLimit: Int

  public var name: String { "Newton-CG" }
  public private(set) var layout: ParameterLayout?
  private var damping: Double
  private var stepCount = 0
  /// Steps in succession that found no lower loss.
  private var failures = 0
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let system: NewtonSystem<Scalar>
    var trial: Tensor<Scalar>

    init(count: Int, iterations: Int) {
      system = NewtonSystem(count: count, iterations: iterations)
      trial = .zeros([count])
    }
  }

  /// Steps with the Gauss-Newton matrix, a first λ of 1, and 250 iterations at most, unless given.
  public init(matrix: Matrix = .gaussNewton, initialDamping: Double = 1, iterationLimit: Int = 250) {
    precondition(
      initialDamping >= 0 && iterationLimit > 0,
      "Newton-CG needs a damping of at least 0 and a number of iterations, not \(initialDamping) and \(iterationLimit)"
    )
    (self.matrix, self.initialDamping, self.iterationLimit) = (matrix, initialDamping, iterationLimit)
    damping = initialDamping
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (damping, stepCount, failures) = (initialDamping, 0, 0)
    scratch.drop()
  }

  public mutating func objectiveChanged() { failures = 0 }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let iterationLimit = iterationLimit
    let count = x.count
    let memory = scratch.take { Memory(count: count, iterations: iterationLimit) }
    let system = memory.system
    var report = try start(
      objective, at: x, step: stepCount, passes: system.passes, gradient: &system.gradient)
    if report.status.isEnd { return report }
    let loss = report.loss
    let solution = try system.solve(
      damping: damping, limits: .init(iterations: iterationLimit, residual: 0, progress: 5e-4),
      multiply: { try matrix.multiply(objective, at: x, $0, into: &$1) },
      precondition: { $1.setToCopy(of: $0) })
    let predicted = max(solution.decrease, .leastNormalMagnitude)
    report.diagnostics["iterations"] = Double(solution.iterations)
    report.diagnostics["damping"] = damping
    var step = 1.0
    var value = Double.nan
    for _ in 0..<30 {
      memory.trial.setToSum(of: x, and: system.direction, times: Scalar(step))
      value = try objective.value(at: memory.trial)
      report.evaluations += 1
      if value < loss { break }
      step *= 0.5
    }
    // The ratio is that of the full step where it was taken, and bad otherwise.
    let ratio = step == 1 ? (loss - value) / predicted : 0
    if ratio > 0.75 {
      damping *= 2 / 3.0
    } else if !(ratio >= 0.25) {
      damping = max(damping * 1.5, 1e-12)
    }
    guard value < loss else {
      failures += 1
      damping *= 10
      if failures >= 5 { report.status = .stalled("five steps in succession have found no lower loss") }
      return report
    }
    x.setToCopy(of: memory.trial)
    (stepCount, failures) = (stepCount + 1, 0)
    report.loss = value
    report.stepLength = step
    return report
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil { state.numbers = ["damping": damping, "failures": Double(failures)] }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    (damping, failures) = (try state.number("damping"), try state.whole("failures"))
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}
