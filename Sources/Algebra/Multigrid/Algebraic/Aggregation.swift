import Tensors

/// A partition of the nodes of a graph into small connected aggregates, which become the nodes of the coarse level.
///
/// The greedy algorithm of Vaněk, Mandel and Brezina (Computing 56, 1996): nodes whose strong neighbours are all free
/// make aggregates with them; what is left joins a neighbouring aggregate, or makes one with what is left around it.
/// Large graphs are cut into chunks of a fixed size that aggregate on their own, so that the result does not depend on
/// the number of threads.
struct Aggregation: Sendable {
  /// The aggregate of each node; negative for nodes without strong neighbours, which need no coarse correction.
  let aggregates: Buffer<Int32>
  /// The number of aggregates.
  let count: Int

  private static let free: Int32 = -1
  private static let isolated: Int32 = -2
  /// Nodes per chunk: aggregates at the seams are worse, so seams are rare.
  private static let chunkRows = 1 << 15

  init(_ pattern: SparsityPattern, strong: Buffer<UInt8>, pool: WorkerPool) {
    let n = pattern.rows
    let chunks = max((n + Self.chunkRows - 1) / Self.chunkRows, 1)
    let graph = StrengthGraph(
      starts: UnsafePointer(pattern.rowStarts.pointer), columns: UnsafePointer(pattern.columnIndices.pointer),
      strong: UnsafePointer(strong.pointer))
    // Numbers within chunks first.
    let (first, final) = (Buffer<Int32>(uninitialized: n), Buffer<Int32>(uninitialized: n))
    let counts = Buffer<Int32>(count: 2 * chunks + 1)
    func rows(_ chunk: Int) -> Range<Int> { n * chunk / chunks..<n * (chunk + 1) / chunks }
    pool.forEach(tiles: chunks) { chunk, _ in
      counts.pointer[chunk] = graph.seed(first.pointer, rows: rows(chunk))
    }
    // The chunk of a node tells how far its aggregate's number is shifted.
    pool.forEach(tiles: chunks) { chunk, _ in
      counts.pointer[chunks + chunk] = graph.join(
        first.pointer, final.pointer, rows: rows(chunk), seeded: counts.pointer[chunk])
    }
    let bases = Buffer<Int32>(uninitialized: chunks + 1)
    bases.pointer[0] = 0
    for chunk in 0..<chunks {
      bases.pointer[chunk + 1] = bases.pointer[chunk] + counts.pointer[chunks + chunk]
    }
    pool.forEach(tiles: chunks) { chunk, _ in
      for i in rows(chunk) where final.pointer[i] >= 0 { final.pointer[i] += bases.pointer[chunk] }
    }
    // Those that joined an aggregate of another chunk hold the node they joined, encoded below -2.
    pool.forEach(tiles: chunks) { chunk, _ in
      for i in rows(chunk) where final.pointer[i] < Self.isolated {
        first.pointer[i] = final.pointer[Int(-3 - final.pointer[i])]
      }
    }
    pool.forEach(tiles: chunks) { chunk, _ in
      for i in rows(chunk) where final.pointer[i] < Self.isolated { final.pointer[i] = first.pointer[i] }
    }
    aggregates = final
    count = Int(bases.pointer[chunks])
  }

  private init(aggregates: Buffer<Int32>, count: Int) { (self.aggregates, self.count) = (aggregates, count) }

  /// Aggregates of these aggregates: two that strong entries of the graph join are neighbours.
  func aggregatedAgain(_ pattern: SparsityPattern, strong: Buffer<UInt8>, pool: WorkerPool)
    throws(SparseMatrixError) -> Aggregation
  {
    var (rows, columns): ([Int32], [Int32]) = ([], [])
    for i in 0..<pattern.rows {
      let own = aggregates.pointer[i]
      for p in pattern.entries(ofRow: i) where strong.pointer[p] != 0 {
        let other = aggregates.pointer[Int(pattern.columnIndices.pointer[p])]
        if own >= 0 && other >= 0 && own != other {
          rows.append(own)
          columns.append(other)
        }
      }
    }
    // Every aggregate is its own neighbour, as a diagonal is part of a matrix's graph.
    for aggregate in 0..<Int32(count) {
      rows.append(aggregate)
      columns.append(aggregate)
    }
    let graph = try SparseMatrix<Float>(
      rows: count, columns: count, rowIndices: rows, columnIndices: columns,
      values: [Float](repeating: 1, count: rows.count), pool: pool)
    let flags = Buffer<UInt8>(uninitialized: graph.entryCount)
    flags.pointer.update(repeating: 1, count: graph.entryCount)
    let again = Aggregation(graph.pattern, strong: flags, pool: pool)
    // An aggregate without neighbours stays one.
    var (numbers, total) = (again.aggregates.elements.map { $0 }, Int32(again.count))
    for aggregate in numbers.indices where numbers[aggregate] < 0 {
      numbers[aggregate] = total
      total += 1
    }
    let composed = Buffer<Int32>(uninitialized: pattern.rows)
    for i in 0..<pattern.rows {
      let aggregate = aggregates.pointer[i]
      composed.pointer[i] = aggregate >= 0 ? numbers[Int(aggregate)] : aggregate
    }
    return Aggregation(aggregates: composed, count: Int(total))
  }

  /// The strong entries of a matrix, and the two passes over them.
  private struct StrengthGraph: @unchecked Sendable {
    // Unchecked: pointers into arrays that nobody changes meanwhile.
    let starts: UnsafePointer<Int32>
    let columns: UnsafePointer<Int32>
    let strong: UnsafePointer<UInt8>

    /// Makes aggregates around nodes whose strong neighbours in the chunk are all free; returns their number.
    func seed(_ out: UnsafeMutablePointer<Int32>, rows: Range<Int>) -> Int32 {
      let (low, high) = (
        Int32(truncatingIfNeeded: rows.lowerBound), Int32(truncatingIfNeeded: rows.upperBound)
      )
      for i in rows { out[i] = Aggregation.free }
      var next: Int32 = 0
      for i in rows where out[i] == Aggregation.free {
        let (begin, end) = (Int(starts[i]), Int(starts[i &+ 1]))
        var (neighbours, isSeed) = (0, true)
        var p = begin
        while p < end {
          let j = columns[p]
          if strong[p] != 0, Int(j) != i {
            neighbours &+= 1
            if j >= low, j < high, out[Int(j)] >= 0 {
              isSeed = false
              break
            }
          }
          p &+= 1
        }
        if neighbours == 0 {
          out[i] = Aggregation.isolated
          continue
        }
        guard isSeed else { continue }
        out[i] = next
        p = begin
        while p < end {
          let j = columns[p]
          if strong[p] != 0, j >= low, j < high { out[Int(j)] = next }
          p &+= 1
        }
        next &+= 1
      }
      return next
    }

    /// Lets free nodes join a seeded aggregate next to them, and aggregates the rest; returns the number of aggregates
    /// of the chunk. A node that joins across a seam notes its neighbour j as -3 - j.
    func join(
      _ seeds: UnsafePointer<Int32>, _ out: UnsafeMutablePointer<Int32>, rows: Range<Int>, seeded: Int32
    ) -> Int32 {
      let (low, high) = (
        Int32(truncatingIfNeeded: rows.lowerBound), Int32(truncatingIfNeeded: rows.upperBound)
      )
      var next = seeded
      for i in rows {
        out[i] = seeds[i]
        guard seeds[i] == Aggregation.free else { continue }
        var p = Int(starts[i])
        let end = Int(starts[i &+ 1])
        while p < end {
          let j = columns[p]
          if strong[p] != 0, seeds[Int(j)] >= 0 {
            out[i] = j >= low && j < high ? seeds[Int(j)] : -3 - j
            if j >= low && j < high { break }
          }
          p &+= 1
        }
      }
      for i in rows where out[i] == Aggregation.free {
        out[i] = next
        var p = Int(starts[i])
        let end = Int(starts[i &+ 1])
        while p < end {
          let j = columns[p]
          if strong[p] != 0, j >= low, j < high, out[Int(j)] == Aggregation.free { out[Int(j)] = next }
          p &+= 1
        }
        next &+= 1
      }
      return next
    }
  }
}
