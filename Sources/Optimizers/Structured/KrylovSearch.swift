import Algebra
import Tensors

/// Steps that are best in a small Krylov space: as good as those of every polynomial preconditioner of the degree τ, found
/// without knowing the spectrum (Doikov and Rodomanov, Polynomial preconditioning for gradient methods, ICML 2023).
///
///     d = argmin gᵀd + ½ dᵀB d over span{g, B g, …, B^τ g},   x ← x + 2⁻ᵏ d with the first k ≥ 0 that lowers the loss
///
/// B is the Gauss-Newton matrix, or the Hessian. The space has an orthonormal basis by Lanczos' method with full
/// reorthogonalisation, in which B is a tridiagonal matrix of the order τ + 1; the Gram matrix of the powers would be
/// singular to rounding beyond τ ≈ 5. On a quadratic, a step is τ + 1 steps of conjugate gradients. Of negative curvature
/// in the space the magnitude is taken, and what has none to rounding is left out. Memory is τ + 5 vectors, and a step
/// makes τ + 1 products with B.
public struct KrylovSearch<Scalar: OptimizerScalar>: CurvatureOptimizer {
  /// B.
  public var matrix: NewtonCG<Scalar>.Matrix
  /// τ.
  public let degree: Int

  public var name: String { "Krylov search" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  /// Steps in succession that found no lower loss.
  private var failures = 0
  private var scratch = Scratch<Memory>()

  private final class Memory {
    var gradient, direction, product, trial: Tensor<Scalar>
    /// The basis of the Krylov space.
    var basis: [Tensor<Scalar>]
    /// B in that basis: its diagonal, and what is beside it.
    let diagonal, beside, coefficients: Buffer<Double>
    let room: FactorWorkspace
    let passes: VectorPasses<Scalar>

    init(count: Int, dimension: Int) {
      gradient = .zeros([count])
      direction = .zeros([count])
      product = .zeros([count])
      trial = .zeros([count])
      basis = (0..<dimension).map { _ in .zeros([count]) }
      (diagonal, beside) = (Buffer(count: dimension), Buffer(count: dimension))
      coefficients = Buffer(count: dimension)
      room = FactorWorkspace(order: dimension, complexOrder: 0)
      passes = VectorPasses(count: count, pool: .shared)
    }

    /// direction = Σ s_k basis[k]
    func combine(_ count: Int) {
      passes.zero(&direction)
      for k in 0..<count { passes.add(coefficients.pointer[k], basis[k], to: &direction) }
    }
  }

  /// Steps with the Gauss-Newton matrix in spaces of the degree 4, unless given.
  public init(matrix: NewtonCG<Scalar>.Matrix = .gaussNewton, degree: Int = 4) {
    precondition(degree >= 0, "a Krylov space of the degree \(degree)")
    (self.matrix, self.degree) = (matrix, degree)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (stepCount, failures) = (0, 0)
    scratch.drop()
  }

  public mutating func objectiveChanged() { failures = 0 }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let (count, dimension) = (x.count, min(degree + 1, max(x.count, 1)))
    let memory = scratch.take { Memory(count: count, dimension: dimension) }
    var report = try start(
      objective, at: x, step: stepCount, passes: memory.passes, gradient: &memory.gradient)
    if report.status.isEnd { return report }
    let (loss, norm) = (report.loss, report.gradientNorm)
    let found = try expand(objective, x, norm, dimension, memory)
    guard minimize(norm, found, memory) else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    memory.combine(found)
    report.diagnostics["dimension"] = Double(found)
    var (step, value) = (1.0, Double.nan)
    for _ in 0..<40 {
      memory.trial.setToSum(of: x, and: memory.direction, times: Scalar(step))
      value = try objective.value(at: memory.trial)
      report.evaluations += 1
      if value < loss { break }
      step *= 0.5
    }
    guard value < loss else {
      failures += 1
      if failures >= 5 { report.status = .stalled("five steps in succession have found no lower loss") }
      return report
    }
    x.setToCopy(of: memory.trial)
    (stepCount, failures) = (stepCount + 1, 0)
    (report.loss, report.stepLength) = (value, step)
    return report
  }

  /// An orthonormal basis of the Krylov space that begins with the gradient, and B in it; returns its dimension.
  private func expand<Loss: CurvatureObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ norm: Double, _ dimension: Int, _ memory: Memory
  ) throws -> Int where Loss.Scalar == Scalar {
    let (diagonal, beside) = (memory.diagonal.pointer, memory.beside.pointer)
    memory.passes.combine(1 / norm, memory.gradient, 0, &memory.basis[0])
    for k in 0..<dimension {
      switch matrix {
      case .gaussNewton: try objective.gaussNewtonProduct(at: x, memory.basis[k], into: &memory.product)
      case .hessian: try objective.hessianProduct(at: x, memory.basis[k], into: &memory.product)
      }
      let size = memory.passes.inner(memory.product, memory.product).squareRoot()
      diagonal[k] = memory.passes.inner(memory.basis[k], memory.product)
      // Twice is enough.
      for _ in 0..<2 {
        for j in (0...k).reversed() {
          let part = memory.passes.inner(memory.basis[j], memory.product)
          memory.passes.add(-part, memory.basis[j], to: &memory.product)
        }
      }
      let rest = memory.passes.inner(memory.product, memory.product).squareRoot()
      beside[k] = rest
      // What is left is rounding: B maps the space into itself.
      guard k + 1 < dimension, rest > 100 * Double(Scalar.ulpOfOne) * size else { return k + 1 }
      memory.passes.combine(1 / rest, memory.product, 0, &memory.basis[k + 1])
    }
    return dimension
  }

  /// The coefficients of d in the basis; returns whether they are finite.
  private func minimize(_ norm: Double, _ n: Int, _ memory: Memory) -> Bool {
    let (tridiagonal, vectors) = (memory.room.first.pointer, memory.room.second.pointer)
    let values = memory.room.values.pointer
    tridiagonal.update(repeating: 0, count: n * n)
    for k in 0..<n {
      tridiagonal[k * (n + 1)] = memory.diagonal.pointer[k]
      guard k + 1 < n else { continue }
      (tridiagonal[k * n + k + 1], tridiagonal[(k + 1) * n + k]) = (
        memory.beside.pointer[k], memory.beside.pointer[k]
      )
    }
    let field = MatrixField(isComplex: false)
    guard memory.room.eigen(field, order: n, tridiagonal, vectors: vectors, values: values) else {
      return false
    }
    let largest = max(abs(values[0]), abs(values[n - 1]))
    let coefficients = memory.coefficients.pointer
    coefficients.update(repeating: 0, count: n)
    guard largest > 0 else {
      // No curvature at all: against the gradient.
      coefficients[0] = -norm
      return true
    }
    for k in 0..<n where abs(values[k]) > Double(n) * Double(Scalar.ulpOfOne) * largest {
      // The gradient is `norm` times the first vector of the basis.
      let part = -norm * vectors[k * n] / abs(values[k])
      Double.axpy(part, vectors + k * n, coefficients, count: n)
    }
    return Double.dot(coefficients, coefficients, count: n).isFinite
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil { state.numbers = ["failures": Double(failures)] }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    failures = try state.whole("failures")
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}
