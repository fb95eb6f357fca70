/// A mesh with smaller cells, and where they come from.
public struct RefinedMesh: Sendable {
  /// The mesh. Its first points are the vertices of the coarse mesh (all its points, if that is of second order and
  /// refined uniformly), in their order.
  public var mesh: Mesh
  /// The cell of the coarse mesh in which each cell lies, both counted through all blocks.
  public var parents: [Int32]
}

extension Mesh {
  /// The mesh refined uniformly a number of times.
  ///
  /// - Throws: ``MeshError`` where the mesh has no topology.
  public func refined(times: Int = 1) throws(MeshError) -> Mesh {
    var mesh = self
    for _ in 0..<times { mesh = try mesh.uniformRefinement().mesh }
    return mesh
  }

  /// Moves the nodes from `first` on to where the cells of `coarse`, in which they lie, map them.
  ///
  /// - Parameters:
  ///   - parents: the cell of `coarse` for each cell of this mesh.
  ///   - places: the reference coordinates in the coarse cell of all nodes of a cell, for a variant of division and a
  ///     number of the child.
  mutating func placeNodes(
    from first: Int, in coarse: Mesh, parents: [Int32], places: (_ cell: Int) -> [[Double]]
  ) {
    var cell = 0
    for block in cells {
      for element in 0..<block.count {
        let nodes = Array(block.nodes(of: element))
        if nodes.contains(where: { Int($0) >= first }) {
          let (b, e) = coarse.place(ofCell: Int(parents[cell]))
          let reference = ReferenceCell(coarse.cells[b].shape, order: coarse.cells[b].order)
          let parent = coarse.cells[b].nodes(of: e)
          let points = places(cell)
          for (node, place) in zip(nodes, points) where Int(node) >= first {
            let values = reference.values(at: place)
            for axis in 0..<dimension {
              coordinates[dimension * Int(node) + axis] = zip(values, parent).reduce(0) {
                $0 + $1.0 * coarse.coordinates[dimension * Int($1.1) + axis]
              }
            }
          }
        }
        cell += 1
      }
    }
  }
}
