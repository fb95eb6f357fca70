import Foundation

/// x ↦ scale · R x + shift with a rotation R: what keeps the shape of a body, and its distances but for a factor.
struct Similarity: Sendable {
  /// The rows of R.
  var rotation = Rows.identity
  var scale = 1.0
  var shift = SIMD3<Double>.zero

  /// Three orthonormal rows.
  struct Rows: Sendable {
    var x, y, z: SIMD3<Double>
    static let identity = Rows(x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), z: SIMD3(0, 0, 1))

    @inline(__always) func callAsFunction(_ v: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3((x * v).sum(), (y * v).sum(), (z * v).sum())
    }

    @inline(__always) func transposed(_ v: SIMD3<Double>) -> SIMD3<Double> { x * v.x + y * v.y + z * v.z }

    /// The rows of a body's frame when the body is rotated.
    func rotated(by r: Rows) -> Rows { Rows(x: r(x), y: r(y), z: r(z)) }
  }

  static let identity = Similarity()

  @inline(__always) func callAsFunction(_ x: SIMD3<Double>) -> SIMD3<Double> { scale * rotation(x) + shift }

  /// The point that is mapped to x.
  @inline(__always) func inverse(_ x: SIMD3<Double>) -> SIMD3<Double> {
    rotation.transposed(x - shift) / scale
  }

  /// This map, then another one.
  func followed(by next: Similarity) -> Similarity {
    let columns = (next.rotation(columnX), next.rotation(columnY), next.rotation(columnZ))
    return Similarity(
      rotation: Rows(
        x: SIMD3(columns.0.x, columns.1.x, columns.2.x), y: SIMD3(columns.0.y, columns.1.y, columns.2.y),
        z: SIMD3(columns.0.z, columns.1.z, columns.2.z)),
      scale: scale * next.scale, shift: next(shift))
  }

  private var columnX: SIMD3<Double> { SIMD3(rotation.x.x, rotation.y.x, rotation.z.x) }
  private var columnY: SIMD3<Double> { SIMD3(rotation.x.y, rotation.y.y, rotation.z.y) }
  private var columnZ: SIMD3<Double> { SIMD3(rotation.x.z, rotation.y.z, rotation.z.z) }

  /// The rotation about an axis of length 1 through a point (Rodrigues).
  static func rotation(by angle: Double, about center: SIMD3<Double>, axis k: SIMD3<Double>) -> Similarity {
    // Multiples of a right angle are exact, so that boxes turned by them stay along the axes.
    let quarter = angle / (.pi / 2)
    let isQuarter = abs(quarter - quarter.rounded()) < 1e-14 * max(1, abs(quarter))
    let (c, s) = isQuarter ? (cos(angle).rounded(), sin(angle).rounded()) : (cos(angle), sin(angle))
    func image(_ v: SIMD3<Double>) -> SIMD3<Double> {
      let cross = SIMD3(k.y * v.z - k.z * v.y, k.z * v.x - k.x * v.z, k.x * v.y - k.y * v.x)
      return c * v + s * cross + (k * v).sum() * (1 - c) * k
    }
    let (a, b, d) = (image(SIMD3(1, 0, 0)), image(SIMD3(0, 1, 0)), image(SIMD3(0, 0, 1)))
    let rows = Rows(x: SIMD3(a.x, b.x, d.x), y: SIMD3(a.y, b.y, d.y), z: SIMD3(a.z, b.z, d.z))
    return Similarity(rotation: rows, shift: center - rows(center))
  }
}
