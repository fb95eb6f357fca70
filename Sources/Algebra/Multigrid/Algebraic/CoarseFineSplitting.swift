import CKernels
import Tensors

/// Which entries of a matrix are strong in the sense of Ruge and Stüben (1987): −a_ij ≥ θ max_k (−a_ik), as a graph.
struct RugeStuebenStrength: Sendable {
  /// Row i has the unknowns that i strongly depends on.
  let dependences: SparsityPattern
  /// Row i has the unknowns that strongly depend on i.
  let influences: SparsityPattern

  init(_ matrix: SparseMatrix<Float>, threshold: Float, pool: WorkerPool) {
    let (n, pattern, values) = (matrix.rows, matrix.pattern, matrix.values)
    let starts = Buffer<Int32>(uninitialized: n + 1)
    let limits = Buffer<Float>(uninitialized: n)
    let columns = pattern.columnIndices
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        let entries = pattern.entries(ofRow: i)
        var largest: Float = 0
        for p in entries where Int(columns.pointer[p]) != i { largest = max(largest, -values.pointer[p]) }
        let limit = largest > 0 ? threshold * largest : .infinity
        limits.pointer[i] = limit
        var count: Int32 = 0
        for p in entries where Int(columns.pointer[p]) != i && -values.pointer[p] >= limit { count &+= 1 }
        starts.pointer[i + 1] = count
      }
    }
    let total = Int(ck_accumulate_starts(starts.pointer, Int64(n)))
    let strong = Buffer<Int32>(uninitialized: total)
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        var q = Int(starts.pointer[i])
        for p in pattern.entries(ofRow: i)
        where Int(columns.pointer[p]) != i && -values.pointer[p] >= limits.pointer[i] {
          strong.pointer[q] = columns.pointer[p]
          q &+= 1
        }
      }
    }
    dependences = SparsityPattern(rows: n, columns: n, rowStarts: starts, columnIndices: strong)
    influences = dependences.transposed(pool: pool).pattern
  }
}

/// A splitting of the unknowns into those of the coarse level and those that are interpolated from them, by the parallel
/// algorithm PMIS of H. De Sterck, U. M. Yang and J. J. Heys (SIAM J. Matrix Anal. Appl. 27, 2006): unknowns with more
/// influence than all undecided neighbours become coarse, those that depend on them fine, until all are decided.
/// Ties are broken by a number that is drawn for each unknown, so that the result does not depend on threads.
struct CoarseFineSplitting: Sendable {
  /// The number of each coarse unknown on the coarse level, -1 for fine ones.
  let coarseNumbers: Buffer<Int32>
  /// The number of coarse unknowns.
  let count: Int

  init(_ strength: RugeStuebenStrength, seed: UInt64, pool: WorkerPool) {
    let n = strength.dependences.rows
    let (dependences, influences) = (strength.dependences, strength.influences)
    let weights = Buffer<Float>(uninitialized: n)
    Float.fillUniform(weights.pointer, count: n, seed: seed, stream: 0, first: 0)
    // 0 undecided, 1 coarse, 2 fine
    let (state, next) = (Buffer<UInt8>(uninitialized: n), Buffer<UInt8>(uninitialized: n))
    for i in 0..<n {
      let influence = influences.entries(ofRow: i).count
      weights.pointer[i] += Float(influence)
      state.pointer[i] = influence == 0 ? 2 : 0
    }
    let tiles = RowTiles.count(n)
    let left = Buffer<Int>(uninitialized: max(tiles, 1))
    func exceeds(_ i: Int, _ j: Int) -> Bool {
      let (a, b) = (weights.pointer[i], weights.pointer[j])
      return a > b || (a == b && i > j)
    }
    func isLargest(_ i: Int) -> Bool {
      for graph in [dependences, influences] {
        for p in graph.entries(ofRow: i) {
          let j = Int(graph.columnIndices.pointer[p])
          if state.pointer[j] == 0 && !exceeds(i, j) { return false }
        }
      }
      return true
    }
    while true {
      pool.forEach(tiles: tiles) { tile, _ in
        for i in RowTiles.range(tile, of: n) {
          next.pointer[i] = state.pointer[i] == 0 && isLargest(i) ? 1 : state.pointer[i]
        }
      }
      pool.forEach(tiles: tiles) { tile, _ in
        var undecided = 0
        for i in RowTiles.range(tile, of: n) {
          state.pointer[i] = next.pointer[i]
          guard next.pointer[i] == 0 else { continue }
          undecided += 1
          for p in dependences.entries(ofRow: i)
          where next.pointer[Int(dependences.columnIndices.pointer[p])] == 1 {
            state.pointer[i] = 2
            undecided -= 1
            break
          }
        }
        left.pointer[tile] = undecided
      }
      if (0..<tiles).allSatisfy({ left.pointer[$0] == 0 }) { break }
    }
    let numbers = Buffer<Int32>(uninitialized: n)
    var total: Int32 = 0
    for i in 0..<n {
      numbers.pointer[i] = state.pointer[i] == 1 ? total : -1
      if state.pointer[i] == 1 { total += 1 }
    }
    (coarseNumbers, count) = (numbers, Int(total))
  }
}
