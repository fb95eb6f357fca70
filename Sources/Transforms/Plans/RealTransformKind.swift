import CFFTW

/// The cosine and sine transforms of n points that correspond to even and odd continuation, unnormalised.
public enum RealTransformKind: Hashable, Sendable, CaseIterable {
  /// X_k = x_0 + (-1)^k x_{n-1} + 2 Σ_{j=1}^{n-2} x_j cos(π jk/(n-1)): points on both ends, n ≥ 2.
  case dct1
  /// X_k = 2 Σ_{j=0}^{n-1} x_j cos(π (j+½) k/n): the transform of cell centres with Neumann ends.
  case dct2
  /// X_k = x_0 + 2 Σ_{j=1}^{n-1} x_j cos(π j (k+½)/n): undoes `dct2`.
  case dct3
  /// X_k = 2 Σ_{j=0}^{n-1} x_j cos(π (j+½)(k+½)/n).
  case dct4
  /// X_k = 2 Σ_{j=0}^{n-1} x_j sin(π (j+1)(k+1)/(n+1)): interior points with Dirichlet ends.
  case dst1
  /// X_k = 2 Σ_{j=0}^{n-1} x_j sin(π (j+½)(k+1)/n): cell centres with Dirichlet ends.
  case dst2
  /// X_k = (-1)^k x_{n-1} + 2 Σ_{j=0}^{n-2} x_j sin(π (j+1)(k+½)/n): undoes `dst2`.
  case dst3
  /// X_k = 2 Σ_{j=0}^{n-1} x_j sin(π (j+½)(k+½)/n).
  case dst4

  /// The transform that undoes this one, up to `normalization(count:)`.
  public var inverse: RealTransformKind {
    switch self {
    case .dct2: return .dct3
    case .dct3: return .dct2
    case .dst2: return .dst3
    case .dst3: return .dst2
    case .dct1, .dct4, .dst1, .dst4: return self
    }
  }

  /// The factor by which this transform of `count` points and its inverse in turn multiply.
  public func normalization(count: Int) -> Int {
    switch self {
    case .dct1: return 2 * (count - 1)
    case .dst1: return 2 * (count + 1)
    case .dct2, .dct3, .dct4, .dst2, .dst3, .dst4: return 2 * count
    }
  }

  var fftw: fftw_r2r_kind {
    switch self {
    case .dct1: return FFTW_REDFT00
    case .dct2: return FFTW_REDFT10
    case .dct3: return FFTW_REDFT01
    case .dct4: return FFTW_REDFT11
    case .dst1: return FFTW_RODFT00
    case .dst2: return FFTW_RODFT10
    case .dst3: return FFTW_RODFT01
    case .dst4: return FFTW_RODFT11
    }
  }
}
