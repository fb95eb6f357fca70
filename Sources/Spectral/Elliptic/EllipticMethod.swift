/// The basis of one axis.
public enum AxisMethod: String, Hashable, Sendable, Codable, CaseIterable {
  /// Fourier modes on a periodic axis. On a bounded one sines or cosines where the sources and data have the parity that
  /// makes their series converge fast, and Chebyshev points otherwise.
  case automatic
  /// Fourier modes.
  case fourier
  /// Sines: Dirichlet conditions on both sides or, with half-integer wavenumbers, on one.
  case sine
  /// Cosines: Neumann conditions on both sides or, with half-integer wavenumbers, on one.
  case cosine
  /// Polynomials on Chebyshev points.
  case chebyshev
}

/// How a steady problem is discretised.
public enum EllipticMethod: Hashable, Sendable {
  /// The most accurate basis on every axis.
  case automatic
  /// A basis per axis.
  case axes([AxisMethod])
  /// The second-order stencil on every axis.
  case finiteDifference(UniformGrid = .vertices)
}
