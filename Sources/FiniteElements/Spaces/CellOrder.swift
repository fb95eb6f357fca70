import Geometry

/// An order of cells in which neighbours follow each other, for meshes whose own order is scattered, as that of some mesh
/// generators is: numbers of degrees of freedom and chunks of parallel work follow it.
package enum CellOrder {
  /// For each block, cells along Morton's curve (1966), or nil where the mesh's own order is local already.
  package static func orders(_ mesh: Mesh) -> [[Int]?] {
    mesh.cells.map { isLocal($0, mesh.pointCount) ? nil : curve($0, mesh) }
  }

  /// Whether chunks of cells share most of their corners.
  private static func isLocal(_ block: Mesh.Block, _ pointCount: Int) -> Bool {
    let chunk = AssemblyPattern.chunk
    let corners = block.shape.vertexCount
    guard block.count > 2 * chunk else { return true }
    var lastChunk = [Int32](repeating: -1, count: pointCount)
    var distinct = 0
    for cell in 0..<block.count {
      let stamp = Int32(cell / chunk)
      for k in 0..<corners {
        let point = Int(block.nodes[cell * block.nodesPerElement + k])
        if lastChunk[point] != stamp {
          lastChunk[point] = stamp
          distinct += 1
        }
      }
    }
    // A row of intervals shares half of its corners, compact chunks of other shapes more.
    return Double(distinct) < 0.55 * Double(block.count * corners)
  }

  private static func curve(_ block: Mesh.Block, _ mesh: Mesh) -> [Int] {
    let (d, corners) = (mesh.dimension, block.shape.vertexCount)
    let bounds = mesh.boundingBox.intervals
    let bits = 63 / d
    let cells = Double(1 << min(bits, 20))
    var keyed: [(key: UInt64, cell: Int)] = []
    keyed.reserveCapacity(block.count)
    for cell in 0..<block.count {
      var key: UInt64 = 0
      for axis in 0..<d {
        var sum = 0.0
        for k in 0..<corners {
          sum += mesh.coordinates[Int(block.nodes[cell * block.nodesPerElement + k]) * d + axis]
        }
        let place = (sum / Double(corners) - bounds[axis].lower) / bounds[axis].length * cells
        let number = UInt64(max(0, min(place, cells - 1)))
        for bit in 0..<min(bits, 20) { key |= (number >> UInt64(bit) & 1) << UInt64(bit * d + axis) }
      }
      keyed.append((key, cell))
    }
    keyed.sort { ($0.key, $0.cell) < ($1.key, $1.cell) }
    return keyed.map(\.cell)
  }
}
