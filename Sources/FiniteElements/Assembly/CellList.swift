import Geometry
import Tensors

/// Cells of one block as assembly reads them: all of them in order, or those at some facets, copied together.
final class CellList: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let count: Int
  /// Points of the mesh, one cell after another.
  let points: Buffer<Int32>
  /// Degrees of freedom by distinct space, one cell after another.
  let dofs: [Buffer<Int32>]
  /// The numbers of the cells within their block, or nil for all in order.
  let cells: [Int]?
  private let pattern: AssemblyPattern?
  private let block: Int
  private var gathered: [PointForm.Pair: Buffer<UInt16>] = [:]

  /// The cells of a block, all or those with the given numbers.
  ///
  /// - Parameter pattern: Where entries of matrices go, if any will be assembled.
  init(
    _ space: MixedSpace, block: Int, cells: [Int]? = nil, pattern: AssemblyPattern?, pairs: [PointForm.Pair]
  ) {
    (self.pattern, self.block, self.cells) = (pattern, block, cells)
    let blocks = space.spaces.map { $0.blocks[block] }
    guard let cells else {
      count = blocks[0].cellCount
      points = blocks[0].points
      dofs = blocks.map(\.dofs)
      return
    }
    count = cells.count
    points = Self.rows(blocks[0].points, blocks[0].geometry.nodeCount, cells)
    dofs = blocks.map { Self.rows($0.dofs, $0.element.functionCount, cells) }
    for pair in pairs {
      let size =
        space.fields[pair.test].space.blocks[block].element.functionCount
        * space.fields[pair.trial].space.blocks[block].element.functionCount
      gathered[pair] = pattern?.offsets[pair.test][pair.trial][block].map { Self.rows($0, size, cells) }
    }
  }

  /// Places within rows of the entries of a pair's element matrices.
  func offsets(_ pair: PointForm.Pair) -> Buffer<UInt16>? {
    cells == nil ? pattern?.offsets[pair.test][pair.trial][block] : gathered[pair]
  }

  private static func rows<T: BitwiseCopyable>(_ source: Buffer<T>, _ size: Int, _ cells: [Int]) -> Buffer<T>
  {
    let result = Buffer<T>(uninitialized: cells.count * size)
    for (i, cell) in cells.enumerated() {
      (result.pointer + i * size).update(from: source.pointer + cell * size, count: size)
    }
    return result
  }
}
