import Foundation
import Tensors

/// How a preconditioner P = Qᴴ Q is fitted to pairs of vectors (v, h) on the Lie group of Q (Li, 2015 and 2024): Q moves
/// against the relative gradient of E[hᴴ P h + vᴴ P⁻¹ v], which is least where P E[h hᴴ] P = E[v vᴴ]. With h = H v of random
/// v, P becomes |H|⁻¹; with gradients h and random v, their inverse root covariance, which whitens them.
public struct LieGroupFitting: Hashable, Sendable {
  /// The direction in which a factor Q moves.
  public enum Geometry: String, Sendable, Codable, CaseIterable {
    /// dQ = Q^½ E Q^³⁄₂, for any square Q, followed by a rotation towards the positive definite one of equal QᴴQ (one step
    /// of the orthogonal Procrustes problem). Nothing is inverted.
    case procrustes
    /// dQ = E Q with triangular E and Q: the affine group of earlier versions, which is far slower where Q is
    /// ill-conditioned, and has to be solved with.
    case triangular
  }

  /// The direction.
  public var geometry: Geometry
  /// μ: how far Q moves in a step, relative to the largest stable step.
  public var rate: Double
  /// β: how much of the smoothness estimate L ← max(β L + (1 − β) ℓ, ℓ) is kept in a step. Near one where gradients are
  /// sparse.
  public var smoothnessBeta: Double
  /// δ: h is h + (δ + ε |h|) z with normal z and the machine's ε, so that P stays below 1/δ.
  public var damping: Double
  /// The part of the steps in which Q moves.
  public var probability: Double
  /// Q begins as this number times the identity; nil: as fits the first h, (mean |v|²)^¼ (mean |h|⁴ + δ⁴)^(−⅛).
  public var initialScale: Double?
  /// The seed of the random numbers.
  public var seed: UInt64

  /// The Procrustes geometry with μ = 0.1, β = 0.9 and δ = 10⁻⁹ in every step, a scale that fits the first pair, and the
  /// seed 0, unless given.
  public init(
    geometry: Geometry = .procrustes, rate: Double = 0.1, smoothnessBeta: Double = 0.9,
    damping: Double = 1e-9,
    probability: Double = 1, initialScale: Double? = nil, seed: UInt64 = 0
  ) {
    precondition(
      rate > 0 && rate < 1 && (0..<1).contains(smoothnessBeta) && damping >= 0,
      "a fit on a Lie group needs μ in (0, 1), β in [0, 1) and δ ≥ 0, not \(rate), \(smoothnessBeta) and \(damping)"
    )
    precondition(
      probability > 0 && probability <= 1 && initialScale.map { $0 > 0 && $0.isFinite } != false,
      "a fit on a Lie group needs a probability in (0, 1] and a scale > 0, not \(probability) and "
        + "\(initialScale ?? 0)")
    (self.geometry, self.rate, self.smoothnessBeta) = (geometry, rate, smoothnessBeta)
    (self.damping, self.probability, self.initialScale) = (damping, probability, initialScale)
    self.seed = seed
  }

  /// L after a step with the estimate ℓ.
  func smoothness(_ old: Double, _ estimate: Double) -> Double {
    max(smoothnessBeta * old + (1 - smoothnessBeta) * estimate, estimate)
  }

  /// The scale of the first Q, from (mean |h|⁴)^¼ and mean |v|²; nil for h = 0, which says nothing of scales.
  func scale(quarticMean: Double, meanSquare: Double = 1) -> Double? {
    guard quarticMean > 0 else { return nil }
    if let initialScale { return initialScale }
    // In multiples of the larger one, of which no power overflows.
    let largest = max(quarticMean, damping)
    let (h, d) = (quarticMean / largest, damping / largest)
    let sum = h * h * h * h + d * d * d * d
    return Foundation.pow(meanSquare, 0.25) / (largest.squareRoot() * Foundation.pow(sum, 0.125))
  }

  /// Streams of random numbers of a step.
  enum Draw: UInt64 {
    /// Normal numbers of the pair.
    case pair
    /// Whether things are done that are not done in every step.
    case decisions
  }

  /// The number of a stream.
  func stream(_ draw: Draw, step: Int) -> UInt64 { 2 * UInt64(step) + draw.rawValue }

  /// Whether factors move in a step.
  func isFitted(step: Int) -> Bool {
    probability >= 1
      || RandomStream(seed: seed, stream: stream(.decisions, step: step)).uniform(at: 0) < probability
  }
}
