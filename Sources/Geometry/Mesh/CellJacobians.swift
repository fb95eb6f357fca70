/// The Jacobian determinants of the map from the reference cell, at the points where their sign is judged: once for
/// linear simplices, whose Jacobian is constant, and at every node of the second-order cell otherwise.
///
/// On a quadrilateral the four corners decide exactly; on hexahedra and cells of second order the nodes are those where
/// a Jacobian fails in practice.
struct CellJacobians {
  let dimension: Int
  let nodeCount: Int
  private let points: Int
  /// ∂φ/∂ξ, `dimension` numbers per node, for one point after another.
  private let gradients: [Double]

  init(_ shape: CellShape, order: Int) {
    let cell = ReferenceCell(shape, order: order)
    let isConstant = shape.isSimplex && order == 1
    let places = isConstant ? [cell.centre] : ReferenceCell(shape, order: 2).nodes
    dimension = shape.dimension
    nodeCount = cell.nodeCount
    points = places.count
    gradients = places.flatMap { cell.gradients(at: $0).flatMap(\.self) }
  }

  /// The smallest and largest determinant of a cell, and the product of its largest column norms, which scales them.
  @inline(__always)
  func range(
    _ nodes: UnsafePointer<Int32>, _ coordinates: UnsafePointer<Double>
  ) -> (least: Double, greatest: Double, scale: Double) {
    var (least, greatest, scale) = (Double.infinity, -Double.infinity, 0.0)
    gradients.withUnsafeBufferPointer { gradients in
      var slopes = gradients.baseAddress.unsafelyUnwrapped
      for _ in 0..<points {
        let (determinant, size) = jacobian(nodes, coordinates, slopes)
        least = min(least, determinant)
        greatest = max(greatest, determinant)
        scale = max(scale, size)
        slopes += nodeCount * dimension
      }
    }
    return (least, greatest, scale)
  }

  @inline(__always)
  private func jacobian(
    _ nodes: UnsafePointer<Int32>, _ coordinates: UnsafePointer<Double>, _ slopes: UnsafePointer<Double>
  ) -> (determinant: Double, scale: Double) {
    switch dimension {
    case 1:
      var j = 0.0
      for n in 0..<nodeCount { j += coordinates[Int(nodes[n])] * slopes[n] }
      return (j, abs(j))
    case 2:
      var (a, b) = (SIMD2<Double>.zero, SIMD2<Double>.zero)
      for n in 0..<nodeCount {
        let x = coordinates + 2 * Int(nodes[n])
        let p = SIMD2(x[0], x[1])
        a += p * slopes[2 * n]
        b += p * slopes[2 * n + 1]
      }
      return (a.x * b.y - a.y * b.x, max((a * a).sum(), (b * b).sum()))
    default:
      var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
      for n in 0..<nodeCount {
        let x = coordinates + 3 * Int(nodes[n])
        let p = SIMD3(x[0], x[1], x[2])
        a += p * slopes[3 * n]
        b += p * slopes[3 * n + 1]
        c += p * slopes[3 * n + 2]
      }
      let cross = SIMD3(b.y * c.z - b.z * c.y, b.z * c.x - b.x * c.z, b.x * c.y - b.y * c.x)
      let longest = max((a * a).sum(), (b * b).sum(), (c * c).sum())
      return ((a * cross).sum(), longest * longest.squareRoot())
    }
  }
}
