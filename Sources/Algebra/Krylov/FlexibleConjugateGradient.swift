import Tensors

/// Conjugate gradients for a preconditioner that varies, is not quite symmetric, or not linear (Notay 2000): each
/// direction is made A-conjugate to the last few by explicit inner products.
///
/// With one direction kept, β is that of Polak & Ribière, z₊·(r₊ − r)/(z·r).
public struct FlexibleConjugateGradient: IterativeSolver {
  public var stopping: StoppingCriterion
  /// How many earlier directions a new one is made conjugate to.
  public var directions: Int
  public var name: String { directions == 1 ? "flexible CG" : "flexible CG(\(directions))" }
  public var requirements: IterativeRequirements {
    var requirements = IterativeRequirements()
    requirements.symmetricOperator = true
    return requirements
  }

  /// Flexible conjugate gradients that keep `directions` directions.
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), directions: Int = 1) {
    precondition(directions > 0, "flexible CG with \(directions) directions")
    (self.stopping, self.directions) = (stopping, directions)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let (n, x, passes) = (system.rows, system.x, system.passes)
    let (r, z) = (system.vector(), system.vector())
    // Rings of p and A p; the newest is in the place of the oldest.
    let p = VectorBasis<Scalar>(count: n, capacity: directions + 1, pool: system.pool)
    let q = VectorBasis<Scalar>(count: n, capacity: directions + 1, pool: system.pool)
    let curvatures = Buffer<Double>(count: directions + 1)
    let products = Buffer<Double>(count: directions + 1)
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    var (kept, place) = (0, 0)
    while system.mayContinue {
      system.applyPreconditioner(r, to: z)
      guard passes.inner(r, z) > 0 || !norm.isFinite else { return .indefinitePreconditioner }
      let direction = p[place]
      passes.copy(z, to: direction)
      for age in 0..<kept {
        let k = (place + directions - age) % (directions + 1)
        products.pointer[k] = passes.inner(z, q[k])
      }
      for age in 0..<kept {
        let k = (place + directions - age) % (directions + 1)
        passes.axpy(Scalar(-products.pointer[k] / curvatures.pointer[k]), p[k], direction)
      }
      let curvature = system.applyInner(direction, to: q[place])
      guard curvature > 0 || curvature.isNaN else { return .indefiniteMatrix }
      curvatures.pointer[place] = curvature
      let alpha = Scalar(passes.inner(r, direction) / curvature)
      passes.axpy(alpha, direction, x)
      norm = passes.subtractNorm(r, q[place], alpha).squareRoot()
      (kept, place) = (min(kept + 1, directions), (place + 1) % (directions + 1))
      guard try system.record(norm) else { continue }
      let computed = system.residual(into: z)
      switch system.verify(computed: computed, carried: norm) {
      case .end(let status): return status
      case .proceed: break
      case .restart:
        passes.copy(z, to: r)
        (norm, kept) = (computed, 0)
      }
    }
    return .iterationLimit
  }
}
