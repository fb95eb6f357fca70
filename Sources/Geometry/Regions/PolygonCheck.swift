/// Whether corners are those of a polygon without crossings.
struct PolygonCheck {
  let flaw: RegionError?

  init(_ corners: [SIMD2<Double>]) { flaw = Self.flaw(corners) }

  /// The area, negative where corners go clockwise.
  static func area(_ corners: [SIMD2<Double>]) -> Double {
    guard let first = corners.first else { return 0 }
    var sum = 0.0
    for i in corners.indices {
      let (a, b) = (corners[i] - first, corners[(i + 1) % corners.count] - first)
      sum += a.x * b.y - a.y * b.x
    }
    return sum / 2
  }

  private static func flaw(_ corners: [SIMD2<Double>]) -> RegionError? {
    let n = corners.count
    guard n >= 3 else { return .corners("a polygon has \(n) corners") }
    for (i, corner) in corners.enumerated() {
      guard corner.x.isFinite, corner.y.isFinite else {
        return .corners("corner \(i) is (\(corner.x), \(corner.y))")
      }
      if corner == corners[(i + 1) % n] {
        return .corners("corners \(i) and \((i + 1) % n) of a polygon are the same")
      }
    }
    // Sides in the order of their left ends: only those whose extents along x overlap can meet.
    let sides = (0..<n).map { i in (i, corners[i], corners[(i + 1) % n]) }
      .sorted { (min($0.1.x, $0.2.x), $0.0) < (min($1.1.x, $1.2.x), $1.0) }
    for (place, (i, a, b)) in sides.enumerated() {
      for (j, c, d) in sides[(place + 1)...] {
        if min(c.x, d.x) > max(a.x, b.x) { break }
        let (first, second) = (min(i, j), max(i, j))
        let isNext = second - first == 1 || (first == 0 && second == n - 1)
        if isNext {
          // Neighbours share a corner; they must not fold back onto each other.
          let (corner, p, q) =
            (i + 1) % n == j ? (b, a, d) : (a, b, c)
          let (u, v) = (p - corner, q - corner)
          if u.x * v.y - u.y * v.x == 0, (u * v).sum() > 0 { return .crossingSides(first, second) }
        } else if meet(a, b, c, d) {
          return .crossingSides(first, second)
        }
      }
    }
    return area(corners) == 0 ? .corners("a polygon has no area") : nil
  }

  /// Whether two segments have a point in common.
  private static func meet(
    _ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>, _ d: SIMD2<Double>
  ) -> Bool {
    func turn(_ p: SIMD2<Double>, _ q: SIMD2<Double>, _ r: SIMD2<Double>) -> Double {
      let (u, v) = (q - p, r - p)
      return u.x * v.y - u.y * v.x
    }
    func isBetween(_ p: SIMD2<Double>, _ q: SIMD2<Double>, _ r: SIMD2<Double>) -> Bool {
      min(p.x, q.x) <= r.x && r.x <= max(p.x, q.x) && min(p.y, q.y) <= r.y && r.y <= max(p.y, q.y)
    }
    let (s, t, u, v) = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b))
    if (s > 0) != (t > 0), (u > 0) != (v > 0), s != 0, t != 0, u != 0, v != 0 { return true }
    return (s == 0 && isBetween(a, b, c)) || (t == 0 && isBetween(a, b, d)) || (u == 0 && isBetween(c, d, a))
      || (v == 0 && isBetween(c, d, b))
  }
}
