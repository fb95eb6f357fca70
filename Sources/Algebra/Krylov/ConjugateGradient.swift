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
    let (x, passes) = (system.x, system.passes)
    let (r, p, q) = (system.vector(), system.vector(), system.vector())
    // Without a preconditioner r stands for z; a diagonal one is applied within the passes.
    let isFused = system.diagonal != nil || !system.isPreconditioned && !system.hasNullSpace
    let z = isFused ? r : system.vector()
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }

    /// z = M⁻¹ r; returns r·z.
    func preconditioned() -> Double {
      if let d = system.diagonal { return passes.subtractNorms(r, r, diagonal: d, 0).weighted }
      if isFused { return norm * norm }
      system.applyPreconditioner(r, to: z)
      return passes.inner(r, z)
    }
    /// x += α p, then p = z + β p.
    func advance(_ alpha: Double, _ beta: Double) {
      if let d = system.diagonal {
        passes.advanceScaled(x, p, diagonal: d, r, Scalar(alpha), Scalar(beta))
      } else {
        passes.advance(x, p, z, Scalar(alpha), Scalar(beta))
      }
    }

    var product = preconditioned()
    guard product > 0 else { return .indefinitePreconditioner }
    var alpha = 0.0
    advance(0, 0)
    while system.mayContinue {
      let curvature = system.applyInner(p, to: q)
      guard curvature > 0 || curvature.isNaN else { return .indefiniteMatrix }
      alpha = product / curvature
      var next = 0.0
      if let d = system.diagonal {
        let sums = passes.subtractNorms(r, q, diagonal: d, Scalar(alpha))
        (norm, next) = (sums.square.squareRoot(), sums.weighted)
      } else {
        norm = passes.subtractNorm(r, q, Scalar(alpha)).squareRoot()
      }
      if try system.record(norm) {
        passes.axpy(Scalar(alpha), p, x)
        alpha = 0
        let computed = system.residual(into: q)
        switch system.verify(computed: computed, carried: norm) {
        case .end(let status): return status
        case .proceed: break
        case .restart:
          passes.copy(q, to: r)
          norm = computed
          product = preconditioned()
          guard product > 0 else { return .indefinitePreconditioner }
          advance(0, 0)
          continue
        }
      }
      if system.diagonal == nil { next = preconditioned() }
      guard next > 0 || next.isNaN else {
        passes.axpy(Scalar(alpha), p, x)
        return .indefinitePreconditioner
      }
      advance(alpha, next / product)
      alpha = 0
      product = next
    }
    return .iterationLimit
  }
}
