/// Numbers for the edges or facets of cells: one for each set of vertices, in the order of the smallest vertex, then of
/// the others, so that numbers are local where those of the vertices are, and can be looked up by bisection.
///
/// Uses are put into one bucket per smallest vertex by counting, and each bucket is sorted: linear time, and one pass of
/// scattered writes.
struct SubentityNumbering: Sendable {
  /// The first entity whose smallest vertex is at least v, for v up to the number of points inclusive.
  let starts: [Int32]
  /// The second and the third vertex of each entity, in ascending order, as the two halves of a word.
  let keys: [UInt64]
  /// For each block, the entities of its cells, as many per cell as its shape has.
  let ofCells: [[Int32]]
  /// The first two uses of each entity, a use being counted through blocks, cells and local numbers; −1 for none.
  let uses: [Int32]
  /// The first entity that is used more than twice, or −1.
  let branching: Int

  var count: Int { keys.count }

  private struct Use {
    var key: UInt64
    var number: UInt32
    static func < (a: Use, b: Use) -> Bool { a.key != b.key ? a.key < b.key : a.number < b.number }
  }

  /// The vertices in ascending order: the smallest, and the next two as a key; 0 stands for those that are missing.
  @inline(__always)
  static func key(_ nodes: UnsafePointer<Int32>, _ local: UnsafePointer<Int>, _ count: Int) -> (
    Int, UInt64
  ) {
    switch count {
    case 1: return (Int(nodes[local[0]]), 0)
    case 2:
      let (a, b) = (nodes[local[0]], nodes[local[1]])
      return (Int(min(a, b)), UInt64(UInt32(bitPattern: max(a, b))) << 32)
    case 3:
      let (a, b, c) = (nodes[local[0]], nodes[local[1]], nodes[local[2]])
      let (low, high) = (min(a, b), max(a, b))
      let (first, last) = (min(low, c), max(high, c))
      let middle = max(low, min(high, c))
      return (Int(first), pack(middle, last))
    default:
      let (a, b, c, d) = (nodes[local[0]], nodes[local[1]], nodes[local[2]], nodes[local[3]])
      let (lowA, highA) = (min(a, b), max(a, b))
      let (lowB, highB) = (min(c, d), max(c, d))
      let (first, rest) = (min(lowA, lowB), max(lowA, lowB))
      let other = min(highA, highB)
      return (Int(first), pack(min(rest, other), max(rest, other)))
    }
  }

  @inline(__always)
  private static func pack(_ a: Int32, _ b: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
  }

  /// Numbers the entities that `local` lists for each shape; all node indices must be in range.
  init(_ blocks: [Mesh.Block], pointCount: Int, local: (CellShape) -> [[Int]]) {
    let tables = blocks.map { block in
      let entities = local(block.shape)
      return (flat: entities.flatMap(\.self), count: entities.count, size: entities.first?.count ?? 0)
    }
    var bucketStarts = [Int32](repeating: 0, count: pointCount + 1)
    let total = zip(blocks, tables).reduce(0) { $0 + $1.0.count * $1.1.count }
    bucketStarts.withUnsafeMutableBufferPointer { starts in
      Self.forEachUse(blocks, tables) { vertex, _, _ in starts[vertex] &+= 1 }
      var sum: Int32 = 0
      for v in 0...pointCount { (starts[v], sum) = (sum, sum &+ starts[v]) }
    }
    let uses = UnsafeMutableBufferPointer<Use>.allocate(capacity: total)
    defer { uses.deallocate() }
    bucketStarts.withUnsafeMutableBufferPointer { next in
      Self.forEachUse(blocks, tables) { vertex, key, number in
        (uses.baseAddress.unsafelyUnwrapped + Int(next[vertex])).initialize(to: Use(key: key, number: number))
        next[vertex] &+= 1
      }
    }
    // Now bucketStarts[v] is the end of bucket v.
    var entityStarts = [Int32](repeating: 0, count: pointCount + 1)
    var entities = 0
    for v in 0..<pointCount {
      let bucket = (v == 0 ? 0 : Int(bucketStarts[v - 1]))..<Int(bucketStarts[v])
      Self.sort(uses, bucket)
      entityStarts[v] = Int32(truncatingIfNeeded: entities)
      for i in bucket where i == bucket.lowerBound || uses[i].key != uses[i - 1].key { entities += 1 }
    }
    entityStarts[pointCount] = Int32(truncatingIfNeeded: entities)
    var keys = [UInt64](repeating: 0, count: entities)
    var firstUses = [Int32](repeating: -1, count: 2 * entities)
    var numbers = [Int32](repeating: 0, count: total)
    var branching = -1
    var entity = -1
    for v in 0..<pointCount {
      let bucket = (v == 0 ? 0 : Int(bucketStarts[v - 1]))..<Int(bucketStarts[v])
      for i in bucket {
        let use = uses[i]
        if i == bucket.lowerBound || use.key != uses[i - 1].key {
          entity += 1
          keys[entity] = use.key
          firstUses[2 * entity] = Int32(bitPattern: use.number)
        } else if firstUses[2 * entity + 1] < 0 {
          firstUses[2 * entity + 1] = Int32(bitPattern: use.number)
        } else if branching < 0 {
          branching = entity
        }
        numbers[Int(use.number)] = Int32(truncatingIfNeeded: entity)
      }
    }
    starts = entityStarts
    self.keys = keys
    self.uses = firstUses
    self.branching = branching
    var (perBlock, start): ([[Int32]], Int) = ([], 0)
    for (block, table) in zip(blocks, tables) {
      perBlock.append(
        blocks.count == 1 ? numbers : Array(numbers[start..<(start + block.count * table.count)]))
      start += block.count * table.count
    }
    ofCells = perBlock
  }

  @inline(__always)
  private static func forEachUse(
    _ blocks: [Mesh.Block], _ tables: [(flat: [Int], count: Int, size: Int)],
    _ body: (_ vertex: Int, _ key: UInt64, _ number: UInt32) -> Void
  ) {
    var number: UInt32 = 0
    for (block, table) in zip(blocks, tables) {
      let stride = block.nodesPerElement
      block.nodes.withUnsafeBufferPointer { nodes in
        table.flat.withUnsafeBufferPointer { flat in
          guard let nodes = nodes.baseAddress, let flat = flat.baseAddress else { return }
          for cell in 0..<block.count {
            for entity in 0..<table.count {
              let (vertex, key) = key(nodes + cell * stride, flat + entity * table.size, table.size)
              body(vertex, key, number)
              number &+= 1
            }
          }
        }
      }
    }
  }

  /// Sorts a bucket: by insertion while it is short, as it is in any reasonable mesh.
  @inline(__always)
  private static func sort(_ uses: UnsafeMutableBufferPointer<Use>, _ bucket: Range<Int>) {
    guard bucket.count <= 48 else {
      var slice = UnsafeMutableBufferPointer(rebasing: uses[bucket])
      slice.sort(by: <)
      return
    }
    for i in bucket.dropFirst() {
      let use = uses[i]
      var j = i
      while j > bucket.lowerBound, use < uses[j - 1] {
        uses[j] = uses[j - 1]
        j -= 1
      }
      uses[j] = use
    }
  }

  /// The entity with these vertices, in any order, or nil.
  func entity(of vertices: some Collection<Int32>) -> Int? {
    let nodes = Array(vertices)
    guard (1...4).contains(nodes.count) else { return nil }
    let (vertex, key) = Self.key(nodes, [0, 1, 2, 3], nodes.count)
    guard vertex >= 0, vertex + 1 < starts.count else { return nil }
    var (low, high) = (Int(starts[vertex]), Int(starts[vertex + 1]))
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < Int(starts[vertex + 1]) && keys[low] == key ? low : nil
  }
}
