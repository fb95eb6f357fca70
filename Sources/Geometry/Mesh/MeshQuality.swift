import Foundation

/// How well formed the cells of a mesh are.
public struct MeshQuality: Sendable {
  /// A measure of one cell between 0 (degenerate) and 1 (regular).
  public enum Measure: String, Sendable, CaseIterable {
    /// The mean ratio of the Jacobian against that of the regular cell, d det(A)^(2/d) / ‖A‖², the least over the corners
    /// (Knupp 2001). On a triangle 4√3 area / Σ edge².
    case meanRatio
    /// The least determinant of unit vectors along the edges at a corner, relative to that of the regular cell.
    case scaledJacobian
  }

  /// The measure of each cell, in the order of the blocks.
  public let values: [Double]
  /// The least value.
  public var least: Double { values.min() ?? 1 }
  /// The mean value.
  public var mean: Double { values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count) }
  /// The cell with the least value.
  public var worstCell: Int { values.indices.min { values[$0] < values[$1] } ?? 0 }
}

extension Mesh {
  /// The quality of the cells, judged by their corners; negative where a cell is inverted.
  public func quality(_ measure: MeshQuality.Measure = .meanRatio) -> MeshQuality {
    var values: [Double] = []
    values.reserveCapacity(cellCount)
    for block in cells {
      // At each corner, the corners that its edges lead to, ordered so that they form a right-handed frame.
      let frames = block.shape.cornerFrames
      let ideal = block.shape.idealFrameInverse
      for element in 0..<block.count {
        let nodes = Array(block.nodes(of: element))
        var worst = Double.infinity
        for frame in frames {
          let origin = point(Int(nodes[frame[0]]))
          let edges = frame.dropFirst().map { corner -> [Double] in
            zip(point(Int(nodes[corner])), origin).map { $0 - $1 }
          }
          worst = min(worst, Self.measure(edges, ideal, measure))
        }
        values.append(worst)
      }
    }
    return MeshQuality(values: values)
  }

  /// The shortest and the longest edge between vertices.
  ///
  /// - Throws: ``MeshError`` where the mesh has no topology.
  public func edgeLengths() throws(MeshError) -> ClosedRange<Double> {
    let topology = try MeshTopology(self, taggingFacets: false)
    var (shortest, longest) = (Double.infinity, 0.0)
    for edge in 0..<topology.edgeCount {
      let (a, b) = (
        point(Int(topology.edgeVertices[2 * edge])), point(Int(topology.edgeVertices[2 * edge + 1]))
      )
      let length = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      (shortest, longest) = (min(shortest, length), max(longest, length))
    }
    return shortest...longest
  }

  private static func measure(
    _ edges: [[Double]], _ ideal: [[Double]], _ measure: MeshQuality.Measure
  ) -> Double {
    let d = edges.count
    switch measure {
    case .meanRatio:
      // A = E W⁻¹, the map from the regular cell.
      let a = ideal.map { row in
        (0..<d).map { axis in (0..<d).reduce(0) { $0 + row[$1] * edges[$1][axis] } }
      }
      let determinant = determinant(a)
      let norm = a.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
      guard norm > 0 else { return 0 }
      return copysign(Double(d) * pow(abs(determinant), 2 / Double(d)) / norm, determinant)
    case .scaledJacobian:
      let lengths = edges.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      guard lengths.allSatisfy({ $0 > 0 }) else { return 0 }
      // Of the regular cell's unit edges; ideal is the inverse of their matrix.
      return determinant(zip(edges, lengths).map { edge, length in edge.map { $0 / length } })
        * determinant(ideal)
    }
  }

  private static func determinant(_ a: [[Double]]) -> Double {
    switch a.count {
    case 1: a[0][0]
    case 2: a[0][0] * a[1][1] - a[0][1] * a[1][0]
    default:
      a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
        + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0])
    }
  }
}

extension CellShape {
  /// Corners and the corners that edges lead to, in right-handed order: one for simplices, whose Jacobian is constant,
  /// except that the scaled Jacobian depends on the corner.
  fileprivate var cornerFrames: [[Int]] {
    switch self {
    case .vertex: []
    case .interval: [[0, 1]]
    case .triangle: [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    case .quadrilateral: (0..<4).map { [$0, ($0 + 1) % 4, ($0 + 3) % 4] }
    case .tetrahedron: [[0, 1, 2, 3], [1, 2, 0, 3], [2, 0, 1, 3], [3, 0, 2, 1]]
    case .hexahedron:
      (0..<4).map { [$0, ($0 + 1) % 4, ($0 + 3) % 4, $0 + 4] }
        + (0..<4).map { [$0 + 4, ($0 + 3) % 4 + 4, ($0 + 1) % 4 + 4, $0] }
    }
  }

  /// The inverse of the matrix whose rows are the unit edges at a corner of the regular cell.
  fileprivate var idealFrameInverse: [[Double]] {
    let (s3, s6) = (3.0.squareRoot(), 6.0.squareRoot())
    return switch self {
    case .vertex: []
    case .interval: [[1]]
    case .quadrilateral: [[1, 0], [0, 1]]
    case .hexahedron: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    // Rows (1, 0), (1/2, √3/2), and of the tetrahedron also (1/2, √3/6, √6/3).
    case .triangle: [[1, 0], [-1 / s3, 2 / s3]]
    case .tetrahedron: [[1, 0, 0], [-1 / s3, 2 / s3, 0], [-1 / s6, -1 / s6, s6 / 2]]
    }
  }
}
