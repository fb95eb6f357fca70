import Foundation

/// A piece of the boundary of a plane region: a segment, or an arc of a circle.
public struct BoundaryCurve: Sendable, Hashable {
  /// Where the piece lies.
  public enum Shape: Sendable, Hashable {
    case segment(from: SIMD2<Double>, to: SIMD2<Double>)
    /// The points at angles between `from` and `to`, counterclockwise, at most once around.
    case arc(center: SIMD2<Double>, radius: Double, from: Double, to: Double)
  }

  public let shape: Shape
  /// The boundary that the piece belongs to.
  public let name: String
  /// Whether the outward normal points to the right of a segment, and away from the centre of an arc.
  public let isForward: Bool

  /// The length.
  public var length: Double {
    switch shape {
    case .segment(let a, let b): Self.norm(b - a)
    case .arc(_, let radius, let from, let to): radius * (to - from)
    }
  }

  /// The point after a part of the length, from 0 to 1.
  public func point(_ part: Double) -> SIMD2<Double> {
    switch shape {
    case .segment(let a, let b): return a + part * (b - a)
    case .arc(let center, let radius, let from, let to):
      let angle = from + part * (to - from)
      return center + radius * SIMD2(cos(angle), sin(angle))
    }
  }

  /// The outward unit normal there.
  public func normal(_ part: Double) -> SIMD2<Double> {
    let sign = isForward ? 1.0 : -1.0
    switch shape {
    case .segment(let a, let b):
      let d = b - a
      return sign / Self.norm(d) * SIMD2(d.y, -d.x)
    case .arc(_, _, let from, let to):
      let angle = from + part * (to - from)
      return sign * SIMD2(cos(angle), sin(angle))
    }
  }

  /// The part of the length after which the piece is nearest to a point, and how far away it is there.
  public func nearest(_ x: SIMD2<Double>) -> (part: Double, distance: Double) {
    switch shape {
    case .segment(let a, let b):
      let d = b - a
      let part = min(max((d * (x - a)).sum() / (d * d).sum(), 0), 1)
      return (part, Self.norm(x - a - part * d))
    case .arc(let center, let radius, let from, let to):
      let v = x - center
      let span = to - from
      var angle = (atan2(v.y, v.x) - from).truncatingRemainder(dividingBy: 2 * .pi)
      if angle < 0 { angle += 2 * .pi }
      if angle <= span { return (angle / span, abs(Self.norm(v) - radius)) }
      let (first, last) = (Self.norm(x - point(0)), Self.norm(x - point(1)))
      return first <= last ? (0, first) : (1, last)
    }
  }

  /// The corners of the smallest box around the piece.
  var bounds: (lower: SIMD2<Double>, upper: SIMD2<Double>) {
    var points = [point(0), point(1)]
    if case .arc(let center, let radius, let from, let to) = shape {
      // Where it is level or upright.
      for quarter in Int(
        (from / (.pi / 2)).rounded(.up))...max(
          Int((from / (.pi / 2)).rounded(.up)), Int((to / (.pi / 2)).rounded(.down)))
      where Double(quarter) * .pi / 2 <= to {
        let units: [SIMD2<Double>] = [SIMD2(1, 0), SIMD2(0, 1), SIMD2(-1, 0), SIMD2(0, -1)]
        points.append(center + radius * units[((quarter % 4) + 4) % 4])
      }
    }
    return points.dropFirst().reduce((points[0], points[0])) {
      (pointwiseMin($0.0, $1), pointwiseMax($0.1, $1))
    }
  }

  /// ½ ∮ (x dy − y dx) along the piece, with the region on its left.
  var areaIntegral: Double {
    let sign = isForward ? 1.0 : -1.0
    switch shape {
    case .segment(let a, let b): return sign * (a.x * b.y - a.y * b.x) / 2
    case .arc(let center, let radius, let from, let to):
      return sign * radius / 2
        * (radius * (to - from) + center.x * (sin(to) - sin(from)) - center.y * (cos(to) - cos(from)))
    }
  }

  private static func norm(_ v: SIMD2<Double>) -> Double { (v * v).sum().squareRoot() }
}
