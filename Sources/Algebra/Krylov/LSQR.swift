import Foundation
import Tensors

/// The least-squares solution of A x = b for any number of rows and columns (Paige & Saunders 1982): analytically
/// conjugate gradients for Aᵀ A x = Aᵀ b, without its rounding. From zero it finds the shortest solution.
///
/// It ends as `.converged` when the residual meets the tolerance, and as `.leastSquares` when
/// ‖Aᵀ r‖ ≤ tolerance ‖A‖ ‖r‖.
public struct LSQR: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "LSQR" }
  public var requirements: IterativeRequirements { .leastSquares }

  /// LSQR that stops at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let lanczos = try Bidiagonalization(system, method: name)
    let (x, w, passes) = (system.x, system.vector(count: system.columns), system.columnPasses)
    lanczos.begin()
    try system.recordStart(lanczos.beta)
    if lanczos.beta <= system.target { return .converged }
    if lanczos.alpha == 0 { return .leastSquares }
    passes.copy(lanczos.v, to: w)
    var (phi, rho) = (lanczos.beta, lanczos.alpha)
    while system.mayContinue {
      lanczos.advance()
      let pivot = hypot(rho, lanczos.beta)
      let (c, s) = (rho / pivot, lanczos.beta / pivot)
      let theta = s * lanczos.alpha
      rho = -c * lanczos.alpha
      let step = c * phi
      phi *= s
      passes.axpy(Scalar(step / pivot), w, x)
      passes.axpby(1, lanczos.v, Scalar(-theta / pivot), w)
      let due = try system.record(abs(phi))
      // ‖Aᵀ r‖ / ‖r‖ = α |c|
      let slope = lanczos.alpha * abs(c)
      let size = lanczos.normSquare.squareRoot()
      guard due || slope <= stopping.relativeTolerance * size else { continue }
      if let status = judge(system, lanczos, carried: abs(phi), size: size) { return status }
      if lanczos.alpha == 0 || lanczos.beta == 0 { return .stagnated }
    }
    return .iterationLimit
  }
}

extension IterativeRequirements {
  /// Any shape, no preconditioner.
  static var leastSquares: Self {
    var requirements = Self()
    requirements.takesRectangular = true
    requirements.takesPreconditioner = false
    return requirements
  }
}

extension IterativeSolver {
  /// The end of a least-squares iteration, by the computed residual and its slope; nil where it is not reached.
  func judge<Scalar: SparseScalar>(
    _ system: IterativeSystem<Scalar>, _ lanczos: Bidiagonalization<Scalar>, carried: Double, size: Double
  ) -> IterationStatus? {
    let computed = lanczos.computedSlope()
    if computed.residual <= system.target { return .converged }
    if computed.slope <= max(stopping.relativeTolerance, 10 * Double(Scalar.ulpOfOne)) * size {
      return .leastSquares
    }
    // The recurrence lies, and the method has no way to start again that would not lie as well.
    return carried <= 0.1 * system.target ? .stagnated : nil
  }
}
