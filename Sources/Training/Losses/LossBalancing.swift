/// How the parts of a physics-informed loss are weighed against each other while it is trained.
public struct LossBalancing: Hashable, Sendable, Codable {
  /// What weights follow.
  public enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing: weights stay as given.
    case none
    /// λ = mean ‖∇L‖ / ‖∇L‖ of the own term, so that all terms pull equally (Wang, Teng and Perdikaris, SIAM J. Sci. Comput.
    /// 43, 2021; with means over terms as Wang, Sankaran, Wang and Perdikaris, 2023).
    case gradientNorm = "gradient-norm"
    /// λ = mean tr K / tr K of the own term, K the neural tangent kernel of its residuals per point, so that all terms
    /// converge equally fast (Wang, Yu and Perdikaris, J. Comput. Phys. 449, 2022).
    case ntk
    /// Every residual is multiplied by a λ of its own, λ ← γ λ + η |r| / max |r|, before it is squared: points where the
    /// residual stays large gain weight (Anagnostopoulos, Toscano, Stergiopulos and Karniadakis, Comput. Methods Appl.
    /// Mech. Eng. 421, 2024).
    case residualAttention = "residual-attention"
    /// Every residual is multiplied by a λ of its own before it is squared, and the λ ascend the loss that the parameters
    /// descend, λ ← λ + η g / max g with g = ∂L/∂λ ∝ λ r²: they only grow, and grow most where the loss is largest (McClenny
    /// and Braga-Neto, J. Comput. Phys. 474, 2023, with the mask λ²; steps are measured by the largest slope, so that η needs
    /// no tuning to the size of the loss).
    case selfAdaptive = "self-adaptive"
    /// The same with one λ for all points of a term, whose weight is λ².
    case selfAdaptiveTerms = "self-adaptive-terms"

    /// Whether every point has a λ of its own.
    var isPointwise: Bool { self == .residualAttention || self == .selfAdaptive }

    /// Whether weights drift from step to step, rather than change now and then.
    var drifts: Bool { isPointwise || self == .selfAdaptiveTerms }
  }

  public var rule: Rule
  /// Steps between two changes of weights.
  public var every: Int
  /// How much of the old weights of terms is kept in a change.
  public var momentum: Double
  /// γ: how much of the old λ of a point is kept in a change.
  public var decay: Double
  /// η: the most that a change adds to a λ. Those of residual attention stay below η / (1 − γ).
  public var rate: Double

  /// Weights of terms by norms and traces change every 1000 steps and keep 0.9 of themselves; λ change in every step, those of
  /// residual attention by γ = 0.999 and η = 0.001, self-adaptive ones by η = 0.01, unless given.
  public init(
    _ rule: Rule = .none, every: Int? = nil, momentum: Double = 0.9, decay: Double = 0.999,
    rate: Double? = nil
  ) {
    let every = every ?? (rule.drifts ? 1 : 1000)
    let rate = rate ?? (rule == .residualAttention ? 1e-3 : 1e-2)
    precondition(
      every > 0 && (0..<1).contains(momentum) && (0..<1).contains(decay) && rate > 0,
      "weights cannot change every \(every) steps with a momentum of \(momentum), γ = \(decay) and η = \(rate)"
    )
    (self.rule, self.every, self.momentum) = (rule, every, momentum)
    (self.decay, self.rate) = (decay, rate)
  }

  /// The largest factor by which a term's weight may pass the mean: a term that is met has no gradient.
  static let largest = 1e5

  /// New weights of terms from their gradients' norms or kernels' traces.
  func weights(_ old: [Double], sizes: [Double]) -> [Double] {
    let mean = sizes.reduce(0, +) / Double(sizes.count)
    guard mean > 0, mean.isFinite else { return old }
    return zip(old, sizes).map { old, size in
      let target = size > mean / Self.largest ? mean / size : Self.largest
      return momentum * old + (1 - momentum) * target
    }
  }
}
