import Algebra
import Foundation
import Tensors

/// The Gauss-Newton method with a search on the grid 1, 1/2, 1/4, …: with residuals of a physics-informed network this is
/// energy natural gradient descent (Müller and Zeinhofer, ICML 2023).
///
///     d = argmin ‖J d + r‖² + λ ‖d‖²,      x ← x + 2⁻ᵏ d with the k ≤ 30 of the lowest loss
///
/// Without damping λ, d is the shortest solution by singular values or by QR with column exchanges; with damping, by QR of
/// J and √λ I together. JᵀJ is never formed. The cost is that of factorising the Jacobian, residuals · parameters ·
/// min(residuals, parameters), and its memory: for networks of up to a few thousand parameters, or as few residuals.
public struct GaussNewton<Scalar: OptimizerScalar>: LeastSquaresOptimizer {
  /// λ.
  public var damping: Double
  /// How undamped problems are solved.
  public var factorization: LeastSquaresFactorization
  /// Singular values below this part of the largest are left out where there is no damping.
  public var threshold: Double

  public var name: String { "Gauss-Newton" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  private var scratch = Scratch<Memory>()

  /// The steps of the search.
  private static var grid: [Double] { (0...30).map { exp2(-Double($0)) } }

  private final class Memory {
    let problem: LinearLeastSquares<Scalar>
    var direction: Tensor<Scalar>
    var trial: Tensor<Scalar>
    let steps: [Double]
    var values: [Double]

    init(rows: Int, columns: Int) {
      problem = LinearLeastSquares(rows: rows, columns: columns)
      direction = .zeros([columns])
      trial = .zeros([columns])
      steps = GaussNewton.grid
      values = Array(repeating: 0, count: steps.count)
    }
  }

  /// Undamped steps by singular values above 10⁻⁹ of the largest, unless given. Smaller ones lead to smaller errors in the
  /// end, but far from a minimum they mislead.
  public init(
    damping: Double = 0, factorization: LeastSquaresFactorization = .singularValues, threshold: Double = 1e-9
  ) {
    precondition(damping >= 0 && threshold >= 0, "a damping of \(damping), a threshold of \(threshold)")
    (self.damping, self.factorization, self.threshold) = (damping, factorization, threshold)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    scratch.drop()
  }

  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = memory(rows: objective.residualCount, columns: x.count)
    let problem = memory.problem
    try objective.jacobian(at: x, residuals: &problem.residuals, jacobian: &problem.jacobian)
    let isFinite = problem.factorize()
    let loss = problem.residuals.halfSquare
    let gradient = UnsafePointer(problem.gradient.pointer)
    let norm = Double.inner(gradient, gradient, count: x.count).squareRoot()
    guard isFinite, loss.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(
      loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1 + memory.steps.count)
    if damping > 0 {
      problem.solve(damping: damping, scale: nil)
    } else {
      report.diagnostics["rank"] = Double(problem.solve(factorization, threshold: threshold))
    }
    memory.direction.withUnsafeMutableBufferPointer {
      Double.scale(problem.solution.pointer, by: -1, count: x.count)
      Scalar.convert(problem.solution.pointer, to: $0.baseAddress!, count: x.count)
    }
    try objective.values(
      from: x, along: memory.direction, steps: memory.steps, scratch: &memory.trial, into: &memory.values)
    // NaN is no lower than anything.
    var best = 0
    for k in memory.values.indices
    where !(memory.values[k] >= memory.values[best]) && memory.values[k].isFinite {
      best = k
    }
    guard memory.values[best] < loss else {
      report.status = .stalled("no step 2⁻ᵏ along the Gauss-Newton direction lowers the loss")
      return report
    }
    memory.trial.setToSum(of: x, and: memory.direction, times: Scalar(memory.steps[best]))
    x.setToCopy(of: memory.trial)
    stepCount += 1
    report.loss = memory.values[best]
    report.stepLength = memory.steps[best]
    report.diagnostics["damping"] = damping
    return report
  }

  private mutating func memory(rows: Int, columns: Int) -> Memory {
    let memory = scratch.take { Memory(rows: rows, columns: columns) }
    if memory.problem.rows == rows { return memory }
    scratch.drop()
    return scratch.take { Memory(rows: rows, columns: columns) }
  }

  public var state: OptimizerState<Scalar> { OptimizerState(method: name, layout: layout, step: stepCount) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    (layout, stepCount) = (state.layout, state.step)
    scratch.drop()
  }
}

extension Tensor where Scalar: OptimizerScalar {
  /// Half the sum of squares, in doubles.
  var halfSquare: Double {
    withUnsafeBufferPointer { x in x.baseAddress.map { 0.5 * Scalar.inner($0, $0, count: count) } ?? 0 }
  }
}
