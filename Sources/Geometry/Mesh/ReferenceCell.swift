/// The Lagrange functions of a shape of first or second order on its reference cell, which carry a cell's nodes to its
/// points: x(ξ) = Σ xₙ φₙ(ξ).
///
/// Reference cells are those of VTK: the unit interval, square and cube, and the simplices with the vertices 0 and the
/// unit vectors.
public struct ReferenceCell: Sendable, Hashable {
  /// The shape.
  public let shape: CellShape
  /// The order, 1 or 2.
  public let order: Int

  /// The reference cell of a shape and order.
  public init(_ shape: CellShape, order: Int = 1) {
    precondition(order == 1 || order == 2, "cells are of order 1 or 2 in geometry, not \(order)")
    (self.shape, self.order) = (shape, order)
  }

  /// The number of nodes.
  public var nodeCount: Int { shape.nodeCount(order: order) }

  /// The reference coordinates of each node, in VTK's order.
  public var nodes: [[Double]] {
    let corners: [[Double]] =
      switch shape {
      case .vertex: [[]]
      case .interval: [[0], [1]]
      case .triangle: [[0, 0], [1, 0], [0, 1]]
      case .quadrilateral: [[0, 0], [1, 0], [1, 1], [0, 1]]
      case .tetrahedron: [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
      case .hexahedron:
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
      }
    guard order == 2 else { return corners }
    return corners + shape.innerNodes.map { ends in shape.mean(of: ends.map { corners[$0] }) }
  }

  /// A point inside, where a search for reference coordinates starts.
  public var centre: [Double] { shape.mean(of: ReferenceCell(shape).nodes) }

  /// The value of each node's function at ξ.
  public func values(at point: [Double]) -> [Double] {
    precondition(point.count == shape.dimension, "\(point.count) coordinates in a \(shape)")
    guard shape.dimension > 0 else { return [1] }
    if shape.isSimplex {
      let l = Self.barycentric(point)
      guard order == 2 else { return l }
      return l.map { $0 * (2 * $0 - 1) } + shape.edges.map { 4 * l[$0[0]] * l[$0[1]] }
    }
    let lines = point.map { Self.lagrange($0, order: order).values }
    return lattice.map { index in
      index.enumerated().reduce(1) { $0 * lines[$1.offset][$1.element] }
    }
  }

  /// The gradient of each node's function at ξ, with respect to ξ.
  public func gradients(at point: [Double]) -> [[Double]] {
    precondition(point.count == shape.dimension, "\(point.count) coordinates in a \(shape)")
    let axes = 0..<shape.dimension
    guard shape.dimension > 0 else { return [[]] }
    if shape.isSimplex {
      let l = Self.barycentric(point)
      func slope(_ vertex: Int, _ axis: Int) -> Double { vertex == 0 ? -1 : (vertex == axis + 1 ? 1 : 0) }
      let corners = l.indices.map { v in
        axes.map { slope(v, $0) * (order == 2 ? 4 * l[v] - 1 : 1) }
      }
      guard order == 2 else { return corners }
      return corners
        + shape.edges.map { ends in
          axes.map { 4 * (l[ends[0]] * slope(ends[1], $0) + l[ends[1]] * slope(ends[0], $0)) }
        }
    }
    let lines = point.map { Self.lagrange($0, order: order) }
    return lattice.map { index in
      axes.map { axis in
        axes.reduce(1) { $0 * ($1 == axis ? lines[$1].slopes[index[$1]] : lines[$1].values[index[$1]]) }
      }
    }
  }

  /// For each node of a line, square or cube, its number in each line of nodes (0, 1, and 2 for the middle one).
  private var lattice: [[Int]] {
    nodes.map { $0.map { $0 == 0.5 ? 2 : Int($0) } }
  }

  private static func barycentric(_ point: [Double]) -> [Double] { [1 - point.reduce(0, +)] + point }

  /// The functions of the nodes 0, 1 and, in second order, ½ of the unit interval.
  private static func lagrange(_ x: Double, order: Int) -> (values: [Double], slopes: [Double]) {
    order == 1
      ? ([1 - x, x], [-1, 1])
      : ([(1 - x) * (1 - 2 * x), x * (2 * x - 1), 4 * x * (1 - x)], [4 * x - 3, 4 * x - 1, 4 - 8 * x])
  }
}

extension CellShape {
  /// The corners between which each further node of second order lies: those of its edge, of its face (in the order
  /// x₋, x₊, y₋, y₊, z₋, z₊ of the cube), or all.
  public var innerNodes: [[Int]] {
    switch self {
    case .quadrilateral: edges + [[0, 1, 2, 3]]
    case .hexahedron:
      edges + [[0, 3, 7, 4], [1, 2, 6, 5], [0, 1, 5, 4], [3, 2, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7]]
        + [[0, 1, 2, 3, 4, 5, 6, 7]]
    default: edges
    }
  }

  /// The nodes in the order that turns a cell into its mirror image: corners, and with order 2 all nodes.
  func mirrored(order: Int) -> [Int] {
    let corners: [Int] =
      switch self {
      case .vertex: [0]
      case .interval: [1, 0]
      case .triangle: [0, 2, 1]
      case .quadrilateral: [0, 3, 2, 1]
      case .tetrahedron: [0, 2, 1, 3]
      case .hexahedron: [0, 3, 2, 1, 4, 7, 6, 5]
      }
    guard order == 2 else { return corners }
    let sets = innerNodes.map { Set($0) }
    return corners
      + sets.map { ends in
        vertexCount + (sets.firstIndex { $0 == Set(ends.map { corners[$0] }) } ?? 0)
      }
  }

  fileprivate func mean(of points: [[Double]]) -> [Double] {
    (0..<dimension).map { axis in points.reduce(0) { $0 + $1[axis] } / Double(points.count) }
  }
}
