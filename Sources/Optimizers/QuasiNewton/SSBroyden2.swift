import Foundation

/// What both self-scaled Broyden updates have in common (Al-Baali and Khalfan 2005; Urbán, Stefanou and Pons, J. Comput.
/// Phys. 2025), with a = bh − 1 and c = √(a / (1 + a)).
enum SelfScaledBroyden {
  /// φ and τ for the θ that an update chooses between the bounds within which H stays positive definite. Where a is zero,
  /// s is along H y: then nothing is left to be chosen, and both are 1.
  static func coefficients(
    h: Double, b: Double, dimension: Int,
    theta: (_ a: Double, _ c: Double, _ lower: Double, _ r: Double) -> Double
  ) -> (phi: Double, tau: Double) {
    let a = b * h - 1
    guard a > 1e-14, dimension > 1 else { return (1, 1) }
    let c = (a / (1 + a)).squareRoot()
    let r = min(1, h * (1 - c))
    let theta = theta(a, c, (r - 1) / a, r)
    let sigma = 1 + theta * a
    let root = pow(abs(sigma), -1 / Double(dimension - 1))
    let k = min(1, 1 / b)
    let tau = theta <= 0 ? min(k * root, sigma) : k * min(root, 1 / theta)
    let phi = (1 - theta) / sigma
    guard tau.isFinite, tau > 0, phi.isFinite else { return (1, 1) }
    return (phi, tau)
  }
}

/// The second self-scaled Broyden update: θ = max(θ⁻, min(θ⁺, (1 − b)/b)), θ⁺ = 1/r.
public enum SSBroyden2Update: BroydenUpdate {
  public static var name: String { "SSBroyden2" }

  public static func coefficients(h: Double, b: Double, dimension: Int) -> (phi: Double, tau: Double) {
    SelfScaledBroyden.coefficients(h: h, b: b, dimension: dimension) { _, _, lower, r in
      max(lower, min(1 / r, (1 - b) / b))
    }
  }
}

/// The self-scaled Broyden method that does best on physics-informed networks (Urbán, Stefanou and Pons, J. Comput. Phys.
/// 2025): Adam for some thousands of steps, then this, with new points every few hundred.
public typealias SSBroyden2<Scalar: OptimizerScalar> = DenseQuasiNewton<Scalar, SSBroyden2Update>
