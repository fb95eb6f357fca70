/// The first self-scaled Broyden update: θ as near to that of the symmetric rank-one update, 1/(1 − b), as the bounds
/// allow, θ⁺ = max(1, b (1 + c)).
public enum SSBroyden1Update: BroydenUpdate {
  public static var name: String { "SSBroyden1" }

  public static func coefficients(h: Double, b: Double, dimension: Int) -> (phi: Double, tau: Double) {
    SelfScaledBroyden.coefficients(h: h, b: b, dimension: dimension) { _, c, lower, _ in
      let rankOne = 1 / (1 - b)
      return b > 1 ? max(lower, rankOne) : min(max(1, b * (1 + c)), rankOne)
    }
  }
}

/// The first self-scaled Broyden method (Al-Baali and Khalfan 2005).
public typealias SSBroyden1<Scalar: OptimizerScalar> = DenseQuasiNewton<Scalar, SSBroyden1Update>
