/// The functions of a reference cell and their gradients, written to memory of the caller: what ``ReferenceCell`` gives
/// as arrays, for searches that evaluate them often.
struct CellFunctions: Sendable {
  let dimension: Int
  let nodeCount: Int
  private let isSimplex: Bool
  private let order: Int
  /// The ends of edges, or for each node its number in each line of nodes.
  private let table: [Int]
  let centre: SIMD3<Double>

  init(_ shape: CellShape, order: Int) {
    let cell = ReferenceCell(shape, order: order)
    dimension = shape.dimension
    nodeCount = cell.nodeCount
    isSimplex = shape.isSimplex
    self.order = order
    table =
      shape.isSimplex
      ? (order == 2 ? shape.edges.flatMap(\.self) : [])
      : cell.nodes.flatMap { $0.map { $0 == 0.5 ? 2 : Int($0) } }
    var centre = SIMD3<Double>.zero
    for (axis, x) in cell.centre.enumerated() { centre[axis] = x }
    self.centre = centre
  }

  /// Values and gradients of all functions at ξ.
  @inline(__always)
  func evaluate(
    at point: SIMD3<Double>, _ values: UnsafeMutablePointer<Double>,
    _ gradients: UnsafeMutablePointer<SIMD3<Double>>
  ) {
    if isSimplex { simplex(point, values, gradients) } else { tensor(point, values, gradients) }
  }

  private func simplex(
    _ point: SIMD3<Double>, _ values: UnsafeMutablePointer<Double>,
    _ gradients: UnsafeMutablePointer<SIMD3<Double>>
  ) {
    values[0] = 1
    gradients[0] = .zero
    for axis in 0..<dimension {
      values[0] -= point[axis]
      gradients[0][axis] = -1
      values[axis + 1] = point[axis]
      gradients[axis + 1] = .zero
      gradients[axis + 1][axis] = 1
    }
    guard order == 2 else { return }
    for e in 0..<(table.count / 2) {
      let (a, b) = (table[2 * e], table[2 * e + 1])
      values[dimension + 1 + e] = 4 * values[a] * values[b]
      gradients[dimension + 1 + e] = 4 * (values[a] * gradients[b] + values[b] * gradients[a])
    }
    for v in 0...dimension {
      gradients[v] *= 4 * values[v] - 1
      values[v] *= 2 * values[v] - 1
    }
  }

  private func tensor(
    _ point: SIMD3<Double>, _ values: UnsafeMutablePointer<Double>,
    _ gradients: UnsafeMutablePointer<SIMD3<Double>>
  ) {
    // Per axis the functions of the nodes 0, 1 and ½ of a line.
    var lines = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    var slopes = lines
    for axis in 0..<dimension {
      let x = point[axis]
      if order == 1 {
        (lines.0[axis], lines.1[axis]) = (1 - x, x)
        (slopes.0[axis], slopes.1[axis]) = (-1, 1)
      } else {
        (lines.0[axis], slopes.0[axis]) = ((1 - x) * (1 - 2 * x), 4 * x - 3)
        (lines.1[axis], slopes.1[axis]) = (x * (2 * x - 1), 4 * x - 1)
        (lines.2[axis], slopes.2[axis]) = (4 * x * (1 - x), 4 - 8 * x)
      }
    }
    for n in 0..<nodeCount {
      var value = SIMD3<Double>(repeating: 1)
      var slope = SIMD3<Double>.zero
      for axis in 0..<dimension {
        switch table[n * dimension + axis] {
        case 0: (value[axis], slope[axis]) = (lines.0[axis], slopes.0[axis])
        case 1: (value[axis], slope[axis]) = (lines.1[axis], slopes.1[axis])
        default: (value[axis], slope[axis]) = (lines.2[axis], slopes.2[axis])
        }
      }
      values[n] = value.x * value.y * value.z
      gradients[n] = SIMD3(
        slope.x * value.y * value.z, value.x * slope.y * value.z, value.x * value.y * slope.z)
    }
  }
}
