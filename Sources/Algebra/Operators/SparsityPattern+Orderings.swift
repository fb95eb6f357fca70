import CSuiteSparse
import Tensors

extension SparsityPattern {
  /// The order of rows of approximate minimum degree, which keeps the factors of a symmetric matrix sparse (Amestoy,
  /// Davis & Duff 1996): place k holds row `order[k]`. A pattern that is not symmetric is taken with its transpose.
  public func approximateMinimumDegree() -> [Int32] {
    precondition(isSquare, "an ordering of a pattern of \(rows) × \(columns)")
    guard rows > 0 else { return [] }
    var order = [Int32](repeating: 0, count: rows)
    let status = amd_order(Int32(rows), rowStarts.pointer, columnIndices.pointer, &order, nil, nil)
    precondition(status == AMD_OK || status == AMD_OK_BUT_JUMBLED, "AMD ended with status \(status)")
    return order
  }

  /// The reverse Cuthill-McKee order, which keeps entries near the diagonal (Cuthill & McKee 1969, George 1971), each
  /// component from a pseudo-peripheral row (George & Liu 1979): place k holds row `order[k]`. The pattern should be
  /// symmetric.
  public func reverseCuthillMcKee() -> [Int32] {
    precondition(isSquare, "an ordering of a pattern of \(rows) × \(columns)")
    let n = rows
    var order: [Int32] = []
    order.reserveCapacity(n)
    var isPlaced = [Bool](repeating: false, count: n)
    // The search that marked a row last, so that marks need no clearing.
    var mark = [Int32](repeating: -1, count: n)
    var search: Int32 = 0
    func degree(_ row: Int32) -> Int32 { rowStarts.pointer[Int(row) + 1] - rowStarts.pointer[Int(row)] }

    /// The rows reachable from a root in order of distance, and where the last level begins.
    func levels(from root: Int32) -> (rows: [Int32], last: Int, depth: Int) {
      search += 1
      var found = [root]
      mark[Int(root)] = search
      var (first, depth) = (0, 0)
      while true {
        let end = found.count
        for k in first..<end {
          for p in entries(ofRow: Int(found[k])) {
            let column = columnIndices.pointer[p]
            if mark[Int(column)] != search {
              mark[Int(column)] = search
              found.append(column)
            }
          }
        }
        if found.count == end { return (found, first, depth) }
        (first, depth) = (end, depth + 1)
      }
    }

    for start in 0..<n where !isPlaced[start] {
      var root = Int32(start)
      var component = levels(from: root)
      while true {
        let far = component.rows[component.last...].min { (degree($0), $0) < (degree($1), $1) }!
        let other = levels(from: far)
        if other.depth <= component.depth { break }
        (root, component) = (far, other)
      }
      var next = order.count
      order.append(root)
      isPlaced[Int(root)] = true
      while next < order.count {
        let first = order.count
        for p in entries(ofRow: Int(order[next])) {
          let column = columnIndices.pointer[p]
          if !isPlaced[Int(column)] {
            isPlaced[Int(column)] = true
            order.append(column)
          }
        }
        if order.count > first + 1 { order[first...].sort { (degree($0), $0) < (degree($1), $1) } }
        next += 1
      }
    }
    return order.reversed()
  }

  /// The largest distance of an entry from the diagonal.
  public var bandwidth: Int {
    (0..<rows).reduce(0) { widest, row in
      entries(ofRow: row).reduce(widest) { max($0, abs(Int(columnIndices.pointer[$1]) - row)) }
    }
  }

  /// A colour for each row such that neighbours differ, each the smallest that is free when its row comes: two on grids
  /// with 5 or 7 points, red and black. The pattern should be symmetric.
  public func greedyColouring() -> [Int32] {
    precondition(isSquare, "a colouring of a pattern of \(rows) × \(columns)")
    var colours = [Int32](repeating: -1, count: rows)
    var lastUse: [Int] = []
    for row in 0..<rows {
      for p in entries(ofRow: row) {
        let colour = colours[Int(columnIndices.pointer[p])]
        if colour >= 0 { lastUse[Int(colour)] = row }
      }
      let free = lastUse.firstIndex { $0 != row } ?? lastUse.count
      if free == lastUse.count { lastUse.append(-1) }
      colours[row] = Int32(free)
    }
    return colours
  }
}
