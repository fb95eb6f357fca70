/// What becomes of the two one-sided slopes of a cell: a slope that makes no new extremum.
public enum Limiter: String, Sendable, Codable, CaseIterable {
  /// The lesser of the two (Roe 1986).
  case minmod
  /// The central slope, bounded by twice each (van Leer 1977).
  case monotonizedCentral
  /// The harmonic mean (van Leer 1974).
  case vanLeer
  /// The largest slope that total variation allows (Roe 1985).
  case superbee

  /// The limited slope, lane by lane.
  @inlinable
  @inline(__always)
  public func slope(_ a: CellState, _ b: CellState) -> CellState {
    let isMonotone = a * b .> 0
    let (absA, absB) = (magnitude(a), magnitude(b))
    let size: CellState
    switch self {
    case .minmod: size = pointwiseMin(absA, absB)
    case .monotonizedCentral: size = pointwiseMin(0.5 * (absA + absB), 2 * pointwiseMin(absA, absB))
    case .vanLeer:
      // Where both vanish the product does too.
      size = (2 * absA * absB) / pointwiseMax(absA + absB, CellState(repeating: .leastNormalMagnitude))
    case .superbee:
      size = pointwiseMax(pointwiseMin(2 * absA, absB), pointwiseMin(absA, 2 * absB))
    }
    let signed = size.replacing(with: -size, where: a .< 0)
    return CellState.zero.replacing(with: signed, where: isMonotone)
  }

  @inlinable
  @inline(__always)
  func magnitude(_ a: CellState) -> CellState { a.replacing(with: -a, where: a .< 0) }
}
