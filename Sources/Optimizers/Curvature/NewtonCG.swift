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
    var gradient, direction, residual, search, product, trial: Tensor<Scalar>
    var models: [Double]
    let passes: VectorPasses<Scalar>

    init(count: Int, iterations: Int) {
      gradient = .zeros([count])
      direction = .zeros([count])
      residual = .zeros([count])
      search = .zeros([count])
      product = .zeros([count])
      trial = .zeros([count])
      models = Array(repeating: 0, count: iterations + 1)
      passes = VectorPasses(count: count, pool: .shared)
    }

    func inner(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Double {
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in passes.inner(a.baseAddress!, b.baseAddress!) }
      }
    }

    /// −gᵀd − ½ dᵀ(B + λ) d, with the residual r = −g − (B + λ) d of the system.
    var modelDecrease: Double { 0.5 * (inner(residual, direction) - inner(gradient, direction)) }
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
    let loss = try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    let norm = memory.inner(memory.gradient, memory.gradient).squareRoot()
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    guard norm > 0 else {
      report.status = .converged("the gradient is zero")
      return report
    }
    let (iterations, predicted) = try solve(objective, x, memory)
    report.diagnostics["iterations"] = Double(iterations)
    report.diagnostics["damping"] = damping
    var step = 1.0
    var value = Double.nan
    for _ in 0..<30 {
      memory.trial.setToSum(of: x, and: memory.direction, times: Scalar(step))
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

  /// Puts d into the memory; returns the iterations, and the decrease that the damped model promises.
  private func solve<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory
  ) throws -> (iterations: Int, predicted: Double) where Loss.Scalar == Scalar {
    memory.direction.scale(by: 0)
    memory.residual.setToCopy(of: memory.gradient)
    memory.residual.scale(by: -1)
    memory.search.setToCopy(of: memory.residual)
    var square = memory.inner(memory.residual, memory.residual)
    let first = square
    var iterations = 0
    memory.models[0] = 0
    let rounding = 16 * Double(Scalar.ulpOfOne)
    while iterations < iterationLimit, square > rounding * rounding * first {
      switch matrix {
      case .gaussNewton: try objective.gaussNewtonProduct(at: x, memory.search, into: &memory.product)
      case .hessian: try objective.hessianProduct(at: x, memory.search, into: &memory.product)
      }
      let curvature =
        memory.inner(memory.search, memory.product) + damping * memory.inner(memory.search, memory.search)
      guard curvature > 0, curvature.isFinite else {
        // Against the gradient, if nothing is known yet.
        if iterations == 0 { memory.direction.setToCopy(of: memory.residual) }
        break
      }
      let alpha = square / curvature
      memory.direction.add(memory.search, times: alpha)
      memory.residual.add(memory.product, times: -alpha)
      memory.residual.add(memory.search, times: -alpha * damping)
      let next = memory.inner(memory.residual, memory.residual)
      memory.search.scale(by: next / square)
      memory.search.add(memory.residual, times: 1)
      square = next
      iterations += 1
      let model = memory.modelDecrease
      memory.models[iterations] = model
      let back = max(10, iterations / 10)
      if iterations > back, model - memory.models[iterations - back] < 5e-4 * Double(back) * model { break }
    }
    let predicted = iterations > 0 ? memory.modelDecrease : first
    return (iterations, max(predicted, .leastNormalMagnitude))
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

extension Tensor {
  /// Adds s x to every element.
  fileprivate mutating func add(_ x: Tensor, times s: Double) {
    withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { Scalar.axpy(Scalar(s), $0.baseAddress!, y.baseAddress!, count: y.count) }
    }
  }

  /// Multiplies every element by s.
  fileprivate mutating func scale(by s: Double) {
    withUnsafeMutableBufferPointer { Scalar.scale($0.baseAddress!, by: Scalar(s), count: $0.count) }
  }
}
