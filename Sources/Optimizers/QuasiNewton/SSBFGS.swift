/// The self-scaled update of Al-Baali (1998): φ = 1, τ = min(1, 1/b).
public enum SSBFGSUpdate: BroydenUpdate {
  public static var name: String { "SSBFGS" }

  public static func coefficients(h: Double, b: Double, dimension: Int) -> (phi: Double, tau: Double) {
    (1, min(1, 1 / b))
  }
}

/// The self-scaled BFGS method, which forgets curvature that steps no longer meet: for the ill-conditioned losses of
/// physics-informed networks (Urbán, Stefanou and Pons, J. Comput. Phys. 2025).
public typealias SSBFGS<Scalar: OptimizerScalar> = DenseQuasiNewton<Scalar, SSBFGSUpdate>
