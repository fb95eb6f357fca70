/// Where the points of an evenly spaced axis lie.
public enum UniformGrid: String, Hashable, Sendable, Codable, CaseIterable {
  /// On multiples of the spacing; a bounded axis has points on both ends.
  case vertices
  /// In the middle of cells of equal size.
  case cellCentres
}

/// How one axis of an elliptic problem is discretised.
public enum AxisDiscretization: Hashable, Sendable {
  /// Trigonometric functions that meet the conditions: Fourier modes on a periodic axis, sines or cosines on a bounded
  /// one, with half-integer wavenumbers where one side is Dirichlet and the other Neumann.
  ///
  /// Data on the sides are carried by polynomials that are subtracted first. What is left converges as fast as its odd
  /// or even continuation is smooth.
  case spectral(UniformGrid = .vertices)
  /// Polynomials on Chebyshev points of the second kind, in weak form.
  case chebyshev
  /// The second-order stencil (−1, 2, −1)/h², inverted exactly. Neumann sides on vertices use the central difference,
  /// sides half a cell away from the first centre a mirrored value.
  case finiteDifference(UniformGrid = .vertices)
}
