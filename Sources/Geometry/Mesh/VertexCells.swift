/// The cells at each vertex of a mesh.
public struct VertexCells: Sendable {
  /// Where the cells of each point start in ``cells``, and their number at the end; points inside edges, faces and cells
  /// of second order have none.
  public let starts: [Int32]
  /// Cells, counted through all blocks, in ascending order at each vertex.
  public let cells: [Int32]

  /// The cells at each vertex of `mesh`, whose indices must be in range.
  public init(_ mesh: Mesh) {
    var next = [Int32](repeating: 0, count: mesh.pointCount + 1)
    for block in mesh.cells {
      for element in 0..<block.count {
        for corner in 0..<block.shape.vertexCount {
          next[Int(block.nodes[element * block.nodesPerElement + corner])] += 1
        }
      }
    }
    var sum: Int32 = 0
    for point in next.indices { (next[point], sum) = (sum, sum + next[point]) }
    starts = next
    var cells = [Int32](repeating: 0, count: Int(sum))
    var cell: Int32 = 0
    for block in mesh.cells {
      for element in 0..<block.count {
        for corner in 0..<block.shape.vertexCount {
          let point = Int(block.nodes[element * block.nodesPerElement + corner])
          cells[Int(next[point])] = cell
          next[point] += 1
        }
        cell += 1
      }
    }
    self.cells = cells
  }

  /// The cells at a vertex.
  public func callAsFunction(_ vertex: Int) -> ArraySlice<Int32> {
    cells[Int(starts[vertex])..<Int(starts[vertex + 1])]
  }
}
