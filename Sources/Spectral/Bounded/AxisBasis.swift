/// The functions in which fields are expanded along one axis of a box.
public enum AxisBasis: String, Hashable, Sendable, Codable, CaseIterable {
  /// exp(2πi k x/L), for periodic axes.
  case fourier
  /// sin(πkx/L), k ≥ 1: every unknown vanishes on both sides.
  case sine
  /// cos(πkx/L), k ≥ 0: the normal derivative of every unknown vanishes on both sides.
  case cosine
  /// Polynomials through the Chebyshev points: any conditions of the form a u + b ∂u/∂n = g(x, t).
  case chebyshev

  /// Whether fields are sums of waves, on which derivatives of even order act as factors.
  var isTrigonometric: Bool { self != .chebyshev }
  /// Whether fields are continued across the sides by reflection.
  var isReflecting: Bool { self == .sine || self == .cosine }
}
