/// The precision in which incomplete factors are kept for matrices in double precision.
public enum FactorPrecision: String, Sendable, Codable, CaseIterable {
  /// Single precision where the range of the pivots allows it: half the memory traffic of a solve, and the same
  /// iterations, since the rounding of the factors is far below what they leave out.
  case automatic
  /// Single precision.
  case single
  /// That of the matrix.
  case full

  /// Whether factors with these inverse pivots are kept in single precision.
  func isSingle(_ inversePivots: UnsafeMutableBufferPointer<Double>) -> Bool {
    switch self {
    case .single: return true
    case .full: return false
    case .automatic: return inversePivots.allSatisfy { (1e-30...1e30).contains(abs($0)) }
    }
  }
}
