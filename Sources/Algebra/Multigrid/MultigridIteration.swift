/// Multigrid cycles as an iteration of their own, x ← x + M⁻¹ (b − A x), for cycles of any kind.
///
/// The preconditioner of the solve is the cycle. Conjugate gradients need fewer cycles, but symmetric ones.
public struct MultigridIteration: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "multigrid" }

  /// Cycles that stop at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let (r, z) = (system.vector(), system.vector())
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    while system.mayContinue {
      system.applyPreconditioner(r, to: z)
      system.passes.axpy(1, z, system.x)
      // The residual is computed anyway, so that there is nothing to compare it with.
      norm = system.residual(into: r)
      if try system.record(norm), case .end(let status) = system.verify(computed: norm, carried: norm) {
        return status
      }
    }
    return .iterationLimit
  }
}
