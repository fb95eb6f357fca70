import Tensors

/// The method of conjugate gradients for symmetric positive definite A and M (Hestenes & Stiefel 1952).
///
/// An iteration is one product, fused with p·A p, and two passes over vectors: r −= α q with its norm, and x += α p
/// delayed until p = z + β p reads p anyway. A diagonal preconditioner is fused into both.
public struct ConjugateGradient: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "CG" }
  public var requirements: IterativeRequirements {
    var requirements = IterativeRequirements()
    requirements.symmetricOperator = true
    requirements.symmetricPreconditioner = true
    return requirements
  }

  /// Conjugate gradients that stop at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let iteration = ConjugateGradientIteration(system)
    if let status = try iteration.begin() { return status }
    while system.mayContinue {
      if let status = try iteration.step(curvature: system.applyInner(iteration.p, to: iteration.q)) {
        return status
      }
    }
    return .iterationLimit
  }
}

/// The vectors and scalars of one iteration of conjugate gradients; who drives it makes the products q = A p.
final class ConjugateGradientIteration<Scalar: SparseScalar> {
  let system: IterativeSystem<Scalar>
  /// The direction, and what A makes of it.
  let p, q: UnsafeMutablePointer<Scalar>
  private let r, z: UnsafeMutablePointer<Scalar>
  private let passes: VectorPasses<Scalar>
  /// Without a preconditioner r stands for z; a diagonal one is applied within the passes.
  private let isFused: Bool
  private var norm = 0.0
  /// r·z
  private var product = 0.0

  init(_ system: IterativeSystem<Scalar>) {
    self.system = system
    passes = system.passes
    (r, p, q) = (system.vector(), system.vector(), system.vector())
    isFused = system.diagonal != nil || !system.isPreconditioned && !system.hasNullSpace
    z = isFused ? r : system.vector()
  }

  /// Computes the first residual and direction. Returns a status if there is nothing to do.
  func begin() throws -> IterationStatus? {
    norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    return restart()
  }

  private func restart() -> IterationStatus? {
    product = preconditioned()
    guard product > 0 else { return .indefinitePreconditioner }
    passes.zero(p)
    advance(0, 0)
    return nil
  }

  /// z = M⁻¹ r; returns r·z.
  private func preconditioned() -> Double {
    if let d = system.diagonal { return passes.subtractNorms(r, r, diagonal: d, 0).weighted }
    if isFused { return norm * norm }
    return system.applyPreconditionerInner(r, to: z)
  }

  /// x += α p, then p = z + β p.
  private func advance(_ alpha: Double, _ beta: Double) {
    if let d = system.diagonal {
      passes.advanceScaled(system.x, p, diagonal: d, r, Scalar(alpha), Scalar(beta))
    } else {
      passes.advance(system.x, p, z, Scalar(alpha), Scalar(beta))
    }
  }

  /// One iteration, after q = A p has been made and p·q taken. Returns a status at the end.
  func step(curvature: Double) throws -> IterationStatus? {
    guard curvature > 0 || curvature.isNaN else { return .indefiniteMatrix }
    var alpha = product / curvature
    var next = 0.0
    if let d = system.diagonal {
      let sums = passes.subtractNorms(r, q, diagonal: d, Scalar(alpha))
      (norm, next) = (sums.square.squareRoot(), sums.weighted)
    } else {
      norm = passes.subtractNorm(r, q, Scalar(alpha)).squareRoot()
    }
    if try system.record(norm) || !system.mayContinue {
      passes.axpy(Scalar(alpha), p, system.x)
      alpha = 0
      let computed = system.residual(into: q)
      switch system.verify(computed: computed, carried: norm) {
      case .end(let status): return status
      case .proceed: break
      case .restart:
        passes.copy(q, to: r)
        norm = computed
        return restart()
      }
    }
    if system.diagonal == nil { next = preconditioned() }
    guard next > 0 || next.isNaN else {
      passes.axpy(Scalar(alpha), p, system.x)
      return .indefinitePreconditioner
    }
    advance(alpha, next / product)
    product = next
    return nil
  }
}
