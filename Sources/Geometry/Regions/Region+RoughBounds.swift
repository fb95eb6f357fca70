extension Region {
  /// Intervals around a region that are cheap to find: those of its bodies. Along axes on which these do not end, or are
  /// wrong, the interval is that from −1 to 1.
  public var roughBounds: [(Double, Double)] {
    guard flaw == nil else { return Array(repeating: (-1, 1), count: dimension) }
    let (lower, upper) = bounds(tree)
    return (0..<dimension).map {
      lower[$0] < upper[$0] && lower[$0].isFinite && upper[$0].isFinite ? (lower[$0], upper[$0]) : (-1, 1)
    }
  }

  /// The corners of a box that holds a part of the region's plan, infinite where that does not end.
  func bounds(_ tree: Tree) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    let infinite = SIMD3<Double>(repeating: .infinity)
    switch tree {
    case .body(let i): return parts[i].body.bounds(dimension: dimension)
    case .union(let a, let b):
      let (p, q) = (bounds(a), bounds(b))
      return (pointwiseMin(p.lower, q.lower), pointwiseMax(p.upper, q.upper))
    case .intersection(let a, let b):
      let (p, q) = (bounds(a), bounds(b))
      return (pointwiseMax(p.lower, q.lower), pointwiseMin(p.upper, q.upper))
    case .complement(.complement(let a)): return bounds(a)
    // De Morgan, so that what is taken away from a complement still bounds.
    case .complement(.union(let a, let b)): return bounds(.intersection(.complement(a), .complement(b)))
    case .complement(.intersection(let a, let b)): return bounds(.union(.complement(a), .complement(b)))
    case .complement(.body): return (-infinite, infinite)
    }
  }
}
