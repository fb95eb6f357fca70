import Algebra
import Foundation
import Tensors

/// Newton's method with a damping proportional to the norm of the gradient, whose factor follows how smooth the loss proves
/// (Semenov, Jaggi and Doikov, Gradient-Normalized Smoothness, 2025).
///
///     (H + λ I) d = −g,   λ = ‖g‖ / γ,   x ← x + d where f − f⁺ ≥ ‖g⁺‖² / 8λ
///
/// Then γ doubles for the next step; where the decrease is too small, γ is halved and the step tried again. H is the
/// Hessian or the Gauss-Newton matrix, from products with unit vectors, as many as there are parameters: for models of up
/// to some hundreds. Where H + λ I is not positive definite, λ grows until it is.
public struct GradientNormalizedNewton<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// H.
  public var matrix: NewtonCG<Scalar>.Matrix
  /// The first γ.
  public var initialSmoothness: Double
  /// The largest number of γ that are tried in a step.
  public var trialLimit: Int

  /// γ becomes no smaller.
  private static var smallestSmoothness: Double { 1e-9 }

  public var name: String { "gradient-normalized Newton" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  /// γ.
  private var smoothness: Double
  private var scratch = Scratch<Memory>()

  private final class Memory {
    var gradient, trialGradient, trial, unit, product: Tensor<Scalar>
    /// H, the factor of the damped matrix, and d.
    let hessian, factor, direction: Buffer<Double>
    let passes: VectorPasses<Scalar>

    init(count n: Int) {
      gradient = .zeros([n])
      trialGradient = .zeros([n])
      trial = .zeros([n])
      unit = .zeros([n])
      product = .zeros([n])
      passes = VectorPasses(count: n, pool: .shared)
      (hessian, factor, direction) = (Buffer(count: n * n), Buffer(count: n * n), Buffer(count: n))
    }
  }

  /// Steps with the Hessian, a first γ of 1, and 40 trials at most, unless given.
  public init(
    matrix: NewtonCG<Scalar>.Matrix = .hessian, initialSmoothness: Double = 1, trialLimit: Int = 40
  ) {
    precondition(
      initialSmoothness > 0 && trialLimit > 0,
      "gradient-normalized Newton needs γ and trials > 0, not \(initialSmoothness) and \(trialLimit)")
    (self.matrix, self.initialSmoothness, self.trialLimit) = (matrix, initialSmoothness, trialLimit)
    smoothness = initialSmoothness
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try OptimizerError.checkMemory(for: layout, method: name, matrices: 2)
    self.layout = layout
    (stepCount, smoothness) = (0, initialSmoothness)
    scratch.drop()
  }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let count = x.count
    let memory = scratch.take { Memory(count: count) }
    var report = try start(
      objective, at: x, step: stepCount, passes: memory.passes, gradient: &memory.gradient)
    if report.status.isEnd { return report }
    let (loss, norm) = (report.loss, report.gradientNorm)
    guard try formMatrix(objective, x, memory) else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    for _ in 0..<trialLimit {
      let lambda = solve(memory, damping: norm / smoothness, count: count)
      x.withUnsafeBufferPointer { x in
        memory.trial.withUnsafeMutableBufferPointer {
          Scalar.move($0.baseAddress!, x.baseAddress!, memory.direction.pointer, step: -1, count: count)
        }
      }
      let value = try objective.valueAndGradient(at: memory.trial, gradient: &memory.trialGradient)
      report.evaluations += 1
      let square = 2 * memory.trialGradient.halfSquare
      if value.isFinite, square.isFinite, loss - value >= square / (8 * lambda) {
        x.setToCopy(of: memory.trial)
        stepCount += 1
        report.loss = value
        report.stepLength = 1
        report.diagnostics["damping"] = lambda
        report.diagnostics["smoothness"] = smoothness
        smoothness *= 2
        return report
      }
      smoothness = max(smoothness / 2, Self.smallestSmoothness)
    }
    report.status = .stalled("no damping gives a step of the decrease that is asked for")
    return report
  }

  /// H, made symmetric. Whether it is finite.
  private func formMatrix<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory
  ) throws -> Bool where Loss.Scalar == Scalar {
    let (n, h) = (x.count, memory.hessian.pointer)
    for column in 0..<n {
      memory.unit[column] = 1
      defer { memory.unit[column] = 0 }
      try matrix.multiply(objective, at: x, memory.unit, into: &memory.product)
      memory.product.withUnsafeBufferPointer {
        Scalar.convert($0.baseAddress!, toDouble: h + column * n, count: n)
      }
    }
    for i in 0..<n {
      for j in 0..<i {
        let mean = 0.5 * (h[i * n + j] + h[j * n + i])
        (h[i * n + j], h[j * n + i]) = (mean, mean)
      }
    }
    return Double.dot(h, h, count: n * n).isFinite
  }

  /// −d, into the memory. Returns λ.
  private func solve(_ memory: Memory, damping: Double, count n: Int) -> Double {
    let (h, factor) = (memory.hessian.pointer, memory.factor.pointer)
    var (largest, lambda) = (0.0, damping)
    for k in 0..<n { largest = max(largest, abs(h[k * (n + 1)])) }
    for _ in 0..<200 {
      factor.update(from: h, count: n * n)
      for k in 0..<n { factor[k * (n + 1)] += lambda }
      if BLASThreads.withSingle({ Double.potrf(n, factor, n) }) == 0 { break }
      lambda = max(2 * lambda, 1e-12 * largest)
    }
    memory.gradient.withUnsafeBufferPointer {
      Scalar.convert($0.baseAddress!, toDouble: memory.direction.pointer, count: n)
    }
    BLASThreads.withSingle { _ = Double.potrs(n, 1, factor, n, memory.direction.pointer, n) }
    return lambda
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil { state.numbers["smoothness"] = smoothness }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    smoothness = try state.number("smoothness")
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}
