import Foundation

extension BoundaryCurve.Shape {
  /// The parts of this curve's length, between 0 and 1, at which another one crosses, touches, begins or ends.
  ///
  /// - Parameter tolerance: A length below which points are the same.
  func cuts(by other: BoundaryCurve.Shape, tolerance: Double) -> [Double] {
    switch (self, other) {
    case (.segment(let a, let b), .segment(let c, let d)):
      let (u, v, w) = (b - a, d - c, c - a)
      let determinant = u.x * v.y - u.y * v.x
      let (lu, lv) = (Self.norm(u), Self.norm(v))
      if abs(determinant) <= 1e-12 * lu * lv {
        // Parallel: one on the other begins or ends where that does.
        guard abs(u.x * w.y - u.y * w.x) <= tolerance * lu else { return [] }
        return [c, d].map { (u * ($0 - a)).sum() / (lu * lu) }
      }
      let s = (w.x * v.y - w.y * v.x) / determinant
      let t = (w.x * u.y - w.y * u.x) / determinant
      return (-tolerance / lv...1 + tolerance / lv).contains(t) ? [s] : []
    case (.segment(let a, let b), .arc(let center, let radius, _, _)):
      return Self.meetings(a, b, center, radius, tolerance)
        .filter { other.nearest(a + $0 * (b - a)) <= tolerance }
    case (.arc(let center, let radius, _, _), .segment(let a, let b)):
      return Self.meetings(a, b, center, radius, tolerance)
        .filter { (-tolerance...Self.norm(b - a) + tolerance).contains($0 * Self.norm(b - a)) }
        .flatMap { parts(a + $0 * (b - a)) }
    case (.arc(let p, let r, _, _), .arc(let q, let s, let from, let to)):
      let gap = q - p
      let distance = Self.norm(gap)
      if distance <= tolerance {
        guard abs(r - s) <= tolerance else { return [] }
        return [from, to].flatMap { parts(q + s * SIMD2(cos($0), sin($0))) }
      }
      guard distance <= r + s + tolerance, distance >= abs(r - s) - tolerance else { return [] }
      let along = (distance * distance + r * r - s * s) / (2 * distance)
      let across = max(r * r - along * along, 0).squareRoot()
      let unit = gap / distance
      return [1.0, -1.0].map { p + along * unit + across * $0 * SIMD2(-unit.y, unit.x) }
        .filter { other.nearest($0) <= 10 * tolerance }.flatMap(parts)
    }
  }

  /// The parts at which an arc passes a point of its circle; the beginning counts as the end too.
  private func parts(_ x: SIMD2<Double>) -> [Double] {
    guard case .arc(let center, _, let from, let to) = self else { return [] }
    var angle = (atan2(x.y - center.y, x.x - center.x) - from).truncatingRemainder(dividingBy: 2 * .pi)
    if angle < 0 { angle += 2 * .pi }
    return [angle / (to - from)]
  }

  /// Where the line through a and b meets a circle, as parts of the way from a to b.
  private static func meetings(
    _ a: SIMD2<Double>, _ b: SIMD2<Double>, _ center: SIMD2<Double>, _ radius: Double, _ tolerance: Double
  ) -> [Double] {
    let (d, v) = (b - a, a - center)
    let square = (d * d).sum()
    let middle = -(d * v).sum() / square
    let foot = v + middle * d
    let rest = radius * radius - (foot * foot).sum()
    // Where they only touch, rounding decides: one cut there does no harm.
    guard rest > -2 * radius * tolerance else { return [] }
    let half = max(rest, 0).squareRoot() / square.squareRoot()
    return half > 0 ? [middle - half, middle + half] : [middle]
  }

  /// The distance from a point.
  private func nearest(_ x: SIMD2<Double>) -> Double {
    BoundaryCurve(shape: self, name: "", isForward: true).nearest(x).distance
  }

  /// The curve between two parts of its length.
  func piece(_ from: Double, _ to: Double) -> BoundaryCurve.Shape {
    switch self {
    case .segment(let a, let b):
      // Ends stay what they are.
      return .segment(from: from == 0 ? a : a + from * (b - a), to: to == 1 ? b : a + to * (b - a))
    case .arc(let center, let radius, let start, let end):
      return .arc(
        center: center, radius: radius, from: from == 0 ? start : start + from * (end - start),
        to: to == 1 ? end : start + to * (end - start))
    }
  }

  private static func norm(_ v: SIMD2<Double>) -> Double { (v * v).sum().squareRoot() }
}
