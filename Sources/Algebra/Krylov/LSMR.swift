import Foundation
import Tensors

/// The least-squares solution of A x = b with ‖Aᵀ r‖ falling monotonically (Fong & Saunders 2011): analytically MINRES
/// for Aᵀ A x = Aᵀ b. Safer than LSQR to stop early.
///
/// It ends as `.converged` when the residual meets the tolerance, and as `.leastSquares` when
/// ‖Aᵀ r‖ ≤ tolerance ‖A‖ ‖r‖.
public struct LSMR: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "LSMR" }
  public var requirements: IterativeRequirements { .leastSquares }

  /// LSMR that stops at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let lanczos = try Bidiagonalization(system, method: name)
    let (x, passes) = (system.x, system.columnPasses)
    let (h, hBar) = (system.vector(count: system.columns), system.vector(count: system.columns))
    lanczos.begin()
    try system.recordStart(lanczos.beta)
    if lanczos.beta <= system.target { return .converged }
    if lanczos.alpha == 0 { return .leastSquares }
    passes.copy(lanczos.v, to: h)
    var zetaBar = lanczos.alpha * lanczos.beta
    var alphaBar = lanczos.alpha
    var (rho, rhoBar, cBar, sBar) = (1.0, 1.0, 1.0, 0.0)
    // For ‖r‖, as in the paper, section 3.3 with λ = 0.
    var (betaDots, betaDot, rhoDot, tauTilde, thetaTilde, zeta) = (lanczos.beta, 0.0, 1.0, 0.0, 0.0, 0.0)
    while system.mayContinue {
      lanczos.advance()
      let rhoOld = rho
      rho = hypot(alphaBar, lanczos.beta)
      let (c, s) = (alphaBar / rho, lanczos.beta / rho)
      let thetaNew = s * lanczos.alpha
      alphaBar = c * lanczos.alpha
      let (rhoBarOld, zetaOld) = (rhoBar, zeta)
      let (thetaBar, rhoTemporary) = (sBar * rho, cBar * rho)
      rhoBar = hypot(rhoTemporary, thetaNew)
      (cBar, sBar) = (rhoTemporary / rhoBar, thetaNew / rhoBar)
      zeta = cBar * zetaBar
      zetaBar *= -sBar
      passes.axpby(1, h, Scalar(-thetaBar * rho / (rhoOld * rhoBarOld)), hBar)
      passes.axpy(Scalar(zeta / (rho * rhoBar)), hBar, x)
      passes.axpby(1, lanczos.v, Scalar(-thetaNew / rho), h)

      let betaHat = c * betaDots
      betaDots *= -s
      let rhoTilde = hypot(rhoDot, thetaBar)
      let (cTilde, sTilde) = (rhoDot / rhoTilde, thetaBar / rhoTilde)
      let thetaTildeOld = thetaTilde
      thetaTilde = sTilde * rhoBar
      rhoDot = cTilde * rhoBar
      betaDot = -sTilde * betaDot + cTilde * betaHat
      tauTilde = (zetaOld - thetaTildeOld * tauTilde) / rhoTilde
      let tauDot = (zeta - thetaTilde * tauTilde) / rhoDot
      let norm = hypot(betaDot - tauDot, betaDots)

      let due = try system.record(norm)
      let size = lanczos.normSquare.squareRoot()
      guard due || abs(zetaBar) <= stopping.relativeTolerance * size * norm else { continue }
      if let status = judge(system, lanczos, carried: norm, size: size) { return status }
      if lanczos.alpha == 0 || lanczos.beta == 0 { return .stagnated }
    }
    return .iterationLimit
  }
}
