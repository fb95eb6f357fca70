import Foundation
import Tensors

/// The minimal residual method for symmetric A that need not be definite, and positive definite M (Paige & Saunders
/// 1975; preconditioned as in Elman, Silvester & Wathen 2014, algorithm 4.1).
///
/// It minimises ‖r‖ in the norm of M⁻¹, and stops by ‖r‖ in the 2-norm, for which it carries r along.
public struct MINRES: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "MINRES" }
  public var requirements: IterativeRequirements {
    var requirements = IterativeRequirements()
    requirements.symmetricOperator = true
    requirements.symmetricPreconditioner = true
    return requirements
  }

  /// MINRES that stops at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let (x, passes) = (system.x, system.passes)
    let (r, q) = (system.vector(), system.vector())
    var (v, vBefore, vNext) = (system.vector(), system.vector(), system.vector())
    var (z, zNext) = (system.vector(), system.vector())
    var (w, wBefore, wNext) = (system.vector(), system.vector(), system.vector())
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }

    var (gamma, gammaBefore, eta) = (0.0, 1.0, 0.0)
    var (c, cBefore, s, sBefore) = (1.0, 1.0, 0.0, 0.0)
    /// Begins the recurrences from r. Returns whether the preconditioner is positive definite there.
    func begin() -> Bool {
      passes.copy(r, to: v)
      system.applyPreconditioner(v, to: z)
      gamma = passes.inner(z, v)
      guard gamma > 0 else { return false }
      gamma = gamma.squareRoot()
      (gammaBefore, eta, c, cBefore, s, sBefore) = (1, gamma, 1, 1, 0, 0)
      for vector in [vBefore, w, wBefore] { passes.zero(vector) }
      return true
    }
    guard begin() else { return .indefinitePreconditioner }
    while system.mayContinue {
      passes.scale(z, by: Scalar(1 / gamma))
      let delta = system.applyInner(z, to: q)
      passes.copy(q, to: vNext)
      passes.axpy(Scalar(-delta / gamma), v, vNext)
      passes.axpy(Scalar(-gamma / gammaBefore), vBefore, vNext)
      system.applyPreconditioner(vNext, to: zNext)
      let square = passes.inner(zNext, vNext)
      // An invariant subspace leaves rounding, of either sign.
      let rounding = 1e3 * Double(Scalar.ulpOfOne) * Double(Scalar.ulpOfOne) * gamma * gamma
      guard square >= -rounding || square.isNaN else { return .indefinitePreconditioner }
      let gammaNext = max(square, 0).squareRoot()
      let a0 = c * delta - cBefore * s * gamma
      let a1 = (a0 * a0 + gammaNext * gammaNext).squareRoot()
      let a2 = s * delta + cBefore * c * gamma
      let a3 = sBefore * gamma
      guard a1 != 0 else { return .breakdown }
      (cBefore, c, sBefore, s) = (c, a0 / a1, s, gammaNext / a1)
      passes.copy(z, to: wNext)
      passes.axpy(Scalar(-a3), wBefore, wNext)
      passes.axpy(Scalar(-a2), w, wNext)
      passes.scale(wNext, by: Scalar(1 / a1))
      passes.axpy(Scalar(c * eta), wNext, x)
      eta = -s * eta
      passes.axpby(Scalar(gammaNext > 0 ? c * eta / gammaNext : 0), vNext, Scalar(s * s), r)
      norm = square.isNaN ? .nan : passes.norm(r)
      (vBefore, v, vNext) = (v, vNext, vBefore)
      (z, zNext) = (zNext, z)
      (wBefore, w, wNext) = (w, wNext, wBefore)
      (gammaBefore, gamma) = (gamma, gammaNext)
      guard try system.record(norm) || gamma == 0 else { continue }
      let computed = system.residual(into: q)
      switch system.verify(computed: computed, carried: norm) {
      case .end(let status): return status
      case .proceed where gamma > 0: break
      case .proceed, .restart:
        passes.copy(q, to: r)
        norm = computed
        guard begin() else { return .indefinitePreconditioner }
      }
    }
    return .iterationLimit
  }
}
