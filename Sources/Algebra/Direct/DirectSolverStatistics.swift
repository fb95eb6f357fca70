/// What a sparse factorisation took and found.
public struct DirectSolverStatistics: Sendable, Equatable, Codable {
  /// The ordering that was used, such as `AMD` or `METIS`.
  public var ordering = ""
  /// How the factors are stored, such as `supernodal LLᵀ`.
  public var kind = ""
  /// Seconds of ordering and symbolic analysis; 0 when they were taken over.
  public var analysisSeconds = 0.0
  /// Seconds of the numerical factorisation.
  public var factorizationSeconds = 0.0
  /// Entries of the factors, the diagonal once.
  public var factorEntries = 0
  /// Entries of the part of the matrix that was factorised: one triangle of a symmetric one.
  public var matrixEntries = 0
  /// Floating-point operations of the factorisation.
  public var flops = 0.0
  /// Bytes that the factors hold.
  public var bytes = 0
  /// The largest number of bytes held during the factorisation, where the library counts them.
  public var peakBytes = 0
  /// The smallest pivot, relative to the entries of its column before the elimination: near the unit roundoff the
  /// matrix is singular as far as its entries are known.
  public var smallestPivot = 0.0
  /// Negative pivots of LDLᵀ: the number of negative eigenvalues (Sylvester 1852).
  public var negativePivots: Int?
  /// The numerical rank, where it is determined.
  public var rank: Int?

  public init() {}

  /// Entries of the factors, divided by those of the matrix.
  public var fill: Double { matrixEntries > 0 ? Double(factorEntries) / Double(matrixEntries) : 0 }
  /// Seconds of the whole set-up.
  public var seconds: Double { analysisSeconds + factorizationSeconds }
}
