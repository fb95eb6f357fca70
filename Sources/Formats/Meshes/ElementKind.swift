import Geometry

/// A kind of element in files: a shape and order, of which the second-order quadrilaterals and hexahedra may lack the
/// nodes inside faces and cells ("serendipity" elements of 8 and 20 nodes).
struct ElementKind: Hashable {
  let shape: CellShape
  let order: Int
  let isSerendipity: Bool

  init(_ shape: CellShape, _ order: Int = 1, serendipity: Bool = false) {
    (self.shape, self.order, isSerendipity) = (shape, order, serendipity)
  }

  /// The number of nodes in a file.
  var nodeCount: Int {
    isSerendipity ? shape.vertexCount + shape.edges.count : shape.nodeCount(order: order)
  }

  /// The kind with all nodes.
  var complete: ElementKind { ElementKind(shape, order) }
}

/// The nodes that serendipity elements lack, each made once, and shared between neighbours.
struct SerendipityCompletion {
  /// Corners and edge nodes of the face or cell of each further point; the value there of a function of the serendipity
  /// space is the sum over the edge nodes times `edgeWeight`, less that over the corners times a quarter.
  private(set) var points: [(corners: [Int32], edges: [Int32])] = []
  private let first: Int32
  private var faces: [SIMD4<Int32>: Int32] = [:]

  init(pointCount: Int) { first = Int32(pointCount) }

  /// The nodes of an element of `kind` with those that it lacks.
  mutating func completed(_ kind: ElementKind, _ nodes: ArraySlice<Int32>) -> [Int32] {
    let own = Array(nodes)
    let shape = kind.shape
    let sets = shape.edges.map { Set($0) }
    var result = own
    for corners in shape.innerNodes.dropFirst(shape.edges.count) {
      if corners.count == 4 {
        let c = corners.map { own[$0] }
        let sorted = c.sorted()
        let key = SIMD4(sorted[0], sorted[1], sorted[2], sorted[3])
        if let known = faces[key] {
          result.append(known)
          continue
        }
        let edges = (0..<4).map { i in
          own[shape.vertexCount + (sets.firstIndex(of: [corners[i], corners[(i + 1) % 4]]) ?? 0)]
        }
        faces[key] = add(c, edges)
        result.append(faces[key] ?? 0)
      } else {
        result.append(
          add(Array(own.prefix(shape.vertexCount)), Array(own.dropFirst(shape.vertexCount))))
      }
    }
    return result
  }

  private mutating func add(_ corners: [Int32], _ edges: [Int32]) -> Int32 {
    points.append((corners, edges))
    return first + Int32(points.count - 1)
  }

  /// Values of `width` components at all points, of which `values` are those in the file.
  func extended(_ values: [Double], width: Int) -> [Double] {
    var result = values
    for (corners, edges) in points {
      // At the middle of a square the corner functions are −1/4 and those of its 4 edges 1/2, of a cube's 12 edges 1/4.
      let weight = edges.count == 4 ? 0.5 : 0.25
      for c in 0..<width {
        let inner = edges.reduce(0) { $0 + result[width * Int($1) + c] }
        let outer = corners.reduce(0) { $0 + result[width * Int($1) + c] }
        result.append(weight * inner - 0.25 * outer)
      }
    }
    return result
  }
}
