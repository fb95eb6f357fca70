/// Broyden, Fletcher, Goldfarb and Shanno's update (1970): φ = τ = 1.
public enum BFGSUpdate: BroydenUpdate {
  public static var name: String { "BFGS" }

  public static func coefficients(h: Double, b: Double, dimension: Int) -> (phi: Double, tau: Double) {
    (1, 1)
  }
}

/// The quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno, with a dense inverse Hessian.
public typealias BFGS<Scalar: OptimizerScalar> = DenseQuasiNewton<Scalar, BFGSUpdate>
