import Algebra
import Geometry
import Synchronization
import Tensors

/// Where the entries of element matrices go: the pattern of the matrix, the place of each entry of a cell's blocks within
/// its rows, and an order of chunks of cells in which two threads never meet in a row. Made once for a mixed space.
final class AssemblyPattern: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// Cells per chunk, the unit of parallel work.
  static let chunk = 512

  /// Cells of one block that are assembled together, as positions in the order in which the block's cells are taken.
  struct Chunk {
    var block: Int
    var cells: Range<Int>
  }

  let space: MixedSpace
  /// Whether equation i contains unknown j.
  let couples: [[Bool]]
  let pattern: SparsityPattern
  /// offsets[i][j][block]: for each cell, local row and local column of unknowns i and j, the distance from the row's
  /// first entry.
  private(set) var offsets: [[[Buffer<UInt16>?]]]
  /// Chunks that no two share a degree of freedom within one colour.
  let colors: [[Chunk]]
  /// Chunks beyond the last colour, which one thread assembles.
  let rest: [Chunk]

  init(_ space: MixedSpace, couples: [[Bool]], pool: WorkerPool) throws {
    self.space = space
    self.couples = couples
    let blocks = space.mesh.cells
    offsets = space.fields.indices.map { i in
      space.fields.indices.map { j in
        blocks.indices.map { b in
          guard couples[i][j] else { return nil }
          let (r, c) = (
            space.fields[i].space.blocks[b].element.functionCount,
            space.fields[j].space.blocks[b].element.functionCount
          )
          return Buffer(uninitialized: blocks[b].count * r * c)
        }
      }
    }
    // Both are serial, and neither needs the other.
    let found = Mutex((incidence: [CellIncidence](), colors: [[Chunk]](), rest: [Chunk]()))
    pool.forEach(tiles: 2) { tile, _ in
      if tile == 0 {
        let incidence = space.spaces.map { CellIncidence($0) }
        found.withLock { $0.incidence = incidence }
      } else {
        let (colors, rest) = Self.color(space)
        found.withLock { ($0.colors, $0.rest) = (colors, rest) }
      }
    }
    let incidence = found.withLock { $0.incidence }
    (colors, rest) = found.withLock { ($0.colors, $0.rest) }
    pattern = try Self.rows(space, couples, incidence, offsets, pool)
  }

  // MARK: - Rows

  /// A tile of rows of one unknown.
  private struct RowTile {
    var field: Int
    var dofs: Range<Int>
  }

  private final class TileColumns: @unchecked Sendable {
    // Unchecked: written by the tile that owns it, read after all have ended.
    var columns: UnsafeMutablePointer<Int32>
    var count = 0
    var capacity: Int

    init(capacity: Int) {
      self.capacity = capacity
      columns = .allocate(capacity: capacity)
    }
    deinit { columns.deallocate() }

    func reserve(_ more: Int) {
      guard count + more > capacity else { return }
      let larger = max(2 * capacity, count + more)
      let new = UnsafeMutablePointer<Int32>.allocate(capacity: larger)
      // The row under way lies beyond the count.
      new.update(from: columns, count: capacity)
      columns.deallocate()
      (columns, capacity) = (new, larger)
    }
  }

  private static func rows(
    _ space: MixedSpace, _ couples: [[Bool]], _ incidence: [CellIncidence],
    _ offsets: [[[Buffer<UInt16>?]]], _ pool: WorkerPool
  ) throws -> SparsityPattern {
    let n = space.dofCount
    let lengths = Buffer<Int32>(uninitialized: n + 1)
    var tiles: [RowTile] = []
    for (f, field) in space.fields.enumerated() {
      for start in stride(from: 0, to: field.space.dofCount, by: 2048) {
        tiles.append(RowTile(field: f, dofs: start..<min(start + 2048, field.space.dofCount)))
      }
    }
    let results = tiles.map { TileColumns(capacity: $0.dofs.count * 8) }
    // Where a column of the current row was first met, and for which row that holds.
    let markers = (0..<pool.threadCount).map { _ in Buffer<Int32>(uninitialized: n) }
    for marker in markers { marker.elements.update(repeating: -1) }
    let widest = Buffer<Int32>(count: pool.threadCount)
    pool.forEach(tiles: tiles.count) { t, worker in
      let tile = tiles[t]
      let widths = rows(
        tile, space, couples, incidence, offsets, results[t], markers[worker].pointer, lengths.pointer)
      widest.pointer[worker] = max(widest.pointer[worker], widths)
    }
    let longest = widest.elements.max() ?? 0
    guard longest <= Int32(UInt16.max) else {
      throw FiniteElementError(
        "a row of the matrix has \(longest) entries: too many cells meet in one point; improve the mesh")
    }
    let starts = Buffer<Int32>(uninitialized: n + 1)
    var sum = 0
    for row in 0..<n {
      starts.pointer[row] = Int32(truncatingIfNeeded: sum)
      sum += Int(lengths.pointer[row])
    }
    guard sum <= Int(Int32.max) else {
      throw FiniteElementError(
        "the matrix has \(sum) entries, more than 32-bit numbers can count: use a coarser mesh")
    }
    starts.pointer[n] = Int32(sum)
    let columns = Buffer<Int32>(uninitialized: sum)
    pool.forEach(tiles: tiles.count) { t, _ in
      let field = space.fields[tiles[t].field]
      var source = results[t].columns
      for dof in tiles[t].dofs {
        let row = field.index(dof)
        let length = Int(lengths.pointer[row])
        (columns.pointer + Int(starts.pointer[row])).update(from: source, count: length)
        source += length
      }
    }
    return SparsityPattern(rows: n, columns: n, rowStarts: starts, columnIndices: columns)
  }

  /// Finds the sorted columns of the rows of a tile, writes places within rows, and gives the longest row.
  private static func rows(
    _ tile: RowTile, _ space: MixedSpace, _ couples: [[Bool]], _ incidence: [CellIncidence],
    _ offsets: [[[Buffer<UInt16>?]]], _ result: TileColumns, _ marker: UnsafeMutablePointer<Int32>,
    _ lengths: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    let field = space.fields[tile.field]
    let own = incidence[field.spaceIndex]
    let trials = space.fields.indices.filter { couples[tile.field][$0] }
    /// What the loops need of one unknown on one block, as plain data.
    struct Trial {
      var dofs: UnsafePointer<Int32>
      var count: Int
      var first: Int
      var stride: Int
      var offsets: UnsafeMutablePointer<UInt16>
    }
    let blockCount = space.mesh.cells.count
    let table = (0..<blockCount).flatMap { b in
      trials.map { j -> Trial in
        let (f, block) = (space.fields[j], space.fields[j].space.blocks[b])
        return Trial(
          dofs: UnsafePointer(block.dofs.pointer), count: block.element.functionCount, first: f.first,
          stride: f.stride, offsets: offsets[tile.field][j][b]!.pointer)
      }
    }
    let sizes = (0..<blockCount).map { field.space.blocks[$0].element.functionCount }
    var widest: Int32 = 0
    table.withUnsafeBufferPointer { table in
      for dof in tile.dofs {
        let row = field.index(dof)
        var count = 0
        result.reserve(64)
        var list = result.columns + result.count
        // The diagonal always has an entry.
        marker[row] = Int32(truncatingIfNeeded: row)
        list[0] = Int32(truncatingIfNeeded: row)
        count = 1
        let slots = Int(own.starts.pointer[dof])..<Int(own.starts.pointer[dof + 1])
        for s in slots {
          let (b, cell, _) = own.place(Int(own.slots.pointer[s]), sizes)
          for t in 0..<trials.count {
            let trial = table[b * trials.count + t]
            result.reserve(count + trial.count)
            list = result.columns + result.count
            let dofs = trial.dofs + cell * trial.count
            for k in 0..<trial.count {
              let column = trial.first + trial.stride * Int(dofs[k])
              if marker[column] != Int32(truncatingIfNeeded: row) {
                marker[column] = Int32(truncatingIfNeeded: row)
                list[count] = Int32(truncatingIfNeeded: column)
                count += 1
              }
            }
          }
        }
        sort(list, count)
        // The marker now holds places, coded below -1 so that no row number equals them.
        for p in 0..<count { marker[Int(list[p])] = Int32(truncatingIfNeeded: -2 - p) }
        for s in slots {
          let (b, cell, local) = own.place(Int(own.slots.pointer[s]), sizes)
          for t in 0..<trials.count {
            let trial = table[b * trials.count + t]
            let dofs = trial.dofs + cell * trial.count
            let out = trial.offsets + (cell * sizes[b] + local) * trial.count
            for k in 0..<trial.count {
              out[k] = UInt16(truncatingIfNeeded: -2 - marker[trial.first + trial.stride * Int(dofs[k])])
            }
          }
        }
        lengths[row] = Int32(truncatingIfNeeded: count)
        widest = max(widest, Int32(truncatingIfNeeded: count))
        result.count += count
      }
    }
    return widest
  }

  @inline(__always)
  private static func sort(_ list: UnsafeMutablePointer<Int32>, _ count: Int) {
    guard count <= 64 else {
      var all = UnsafeMutableBufferPointer(start: list, count: count)
      all.sort()
      return
    }
    for i in 1..<max(count, 1) {
      let value = list[i]
      var j = i
      while j > 0, list[j - 1] > value {
        list[j] = list[j - 1]
        j -= 1
      }
      list[j] = value
    }
  }

  // MARK: - Colours

  /// Gives each chunk the first of 64 colours that no neighbour has; chunks without one are left over.
  private static func color(_ space: MixedSpace) -> ([[Chunk]], [Chunk]) {
    var colors: [[Chunk]] = []
    var rest: [Chunk] = []
    let taken = space.spaces.map { Buffer<UInt64>(count: $0.dofCount) }
    for (b, block) in space.mesh.cells.enumerated() {
      let order = space.cellOrders[b]
      let own = space.spaces.map { (dofs: $0.blocks[b].dofs, size: $0.blocks[b].element.functionCount) }
      for start in stride(from: 0, to: block.count, by: chunk) {
        let chunk = Chunk(block: b, cells: start..<min(start + Self.chunk, block.count))
        var mask: UInt64 = 0
        for (taken, own) in zip(taken, own) {
          for position in chunk.cells {
            let cell = order?[position] ?? position
            for k in cell * own.size..<(cell + 1) * own.size {
              mask |= taken.pointer[Int(own.dofs.pointer[k])]
            }
          }
        }
        let color = (~mask).trailingZeroBitCount
        guard color < 64 else {
          rest.append(chunk)
          continue
        }
        for (taken, own) in zip(taken, own) {
          for position in chunk.cells {
            let cell = order?[position] ?? position
            for k in cell * own.size..<(cell + 1) * own.size {
              taken.pointer[Int(own.dofs.pointer[k])] |= 1 << UInt64(color)
            }
          }
        }
        while colors.count <= color { colors.append([]) }
        colors[color].append(chunk)
      }
    }
    return (colors, rest)
  }
}

/// The cells at each degree of freedom of a space, with the local number there.
private struct CellIncidence: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// Where the slots of each degree of freedom begin.
  let starts: Buffer<Int32>
  /// Slots, numbers of (block, cell, local), ascending for each degree of freedom.
  let slots: Buffer<Int32>
  private let firstSlots: [Int]

  init(_ space: FunctionSpace) {
    var first = [0]
    for block in space.blocks {
      first.append(first[first.count - 1] + block.cellCount * block.element.functionCount)
    }
    firstSlots = first
    starts = Buffer(count: space.dofCount + 1)
    slots = Buffer(uninitialized: first[first.count - 1])
    let (counts, slots) = (starts.pointer, slots.pointer)
    for block in space.blocks {
      for k in 0..<block.dofs.count { counts[Int(block.dofs.pointer[k])] += 1 }
    }
    var sum: Int32 = 0
    for dof in 0...space.dofCount { (counts[dof], sum) = (sum, sum &+ counts[dof]) }
    for (b, block) in space.blocks.enumerated() {
      for k in 0..<block.dofs.count {
        let dof = Int(block.dofs.pointer[k])
        slots[Int(counts[dof])] = Int32(truncatingIfNeeded: first[b] + k)
        counts[dof] += 1
      }
    }
    // Starts have moved on to ends: shift them back.
    for dof in stride(from: space.dofCount, to: 0, by: -1) { counts[dof] = counts[dof - 1] }
    counts[0] = 0
  }

  @inline(__always)
  func place(_ slot: Int, _ sizes: [Int]) -> (block: Int, cell: Int, local: Int) {
    var b = 0
    while slot >= firstSlots[b + 1] { b += 1 }
    let k = slot - firstSlots[b]
    return (b, k / sizes[b], k % sizes[b])
  }
}
