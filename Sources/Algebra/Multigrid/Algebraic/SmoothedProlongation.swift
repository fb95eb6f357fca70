import CKernels
import Foundation
import Tensors

/// Which entries of a level's matrix are strong, by |a_ij|² > θ² a_ii a_jj, for matrices of one unknown per node or of
/// blocks, of which the Frobenius norms are compared.
struct StrengthOfConnection {
  /// One flag per entry of the matrix; the diagonal, and entries within a node, are strong.
  let entries: Buffer<UInt8>
  /// The graph of nodes with its flags: the matrix's own where nodes have one unknown.
  let nodes: SparsityPattern
  let nodeFlags: Buffer<UInt8>

  init(_ matrix: SparseMatrix<Float>, blockSize: Int, threshold: Float, pool: WorkerPool) {
    let pattern = matrix.pattern
    guard blockSize > 1 else {
      entries = Self.flags(matrix, threshold: threshold, pool: pool)
      (nodes, nodeFlags) = (pattern, entries)
      return
    }
    let condensed = Self.condensed(matrix, blockSize: blockSize)
    let flags = Self.flags(condensed, threshold: threshold, pool: pool)
    let spread = Buffer<UInt8>(uninitialized: matrix.entryCount)
    pool.forEach(tiles: RowTiles.count(matrix.rows)) { tile, _ in
      for row in RowTiles.range(tile, of: matrix.rows) {
        var q = Int(condensed.pattern.rowStarts.pointer[row / blockSize])
        for p in pattern.entries(ofRow: row) {
          let node = pattern.columnIndices.pointer[p] / Int32(blockSize)
          while condensed.pattern.columnIndices.pointer[q] < node { q += 1 }
          spread.pointer[p] = flags.pointer[q]
        }
      }
    }
    (entries, nodes, nodeFlags) = (spread, condensed.pattern, flags)
  }

  private static func flags(_ matrix: SparseMatrix<Float>, threshold: Float, pool: WorkerPool) -> Buffer<
    UInt8
  > {
    let (pattern, values) = (matrix.pattern, matrix.values)
    let result = Buffer<UInt8>(uninitialized: matrix.entryCount)
    let diagonal = matrix.diagonalBuffer(pool: pool)
    pool.forEach(tiles: RowTiles.count(matrix.rows)) { tile, _ in
      let rows = RowTiles.range(tile, of: matrix.rows)
      ck_amg_strength(
        result.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer,
        diagonal.pointer, threshold, Int64(rows.lowerBound), Int64(rows.upperBound))
    }
    return result
  }

  /// The matrix of Frobenius norms of blocks.
  private static func condensed(_ matrix: SparseMatrix<Float>, blockSize: Int) -> SparseMatrix<Float> {
    let nodes = matrix.rows / blockSize
    var (starts, columns, values): ([Int32], [Int32], [Float]) = ([0], [], [])
    var norms: [Int32: Float] = [:]
    for node in 0..<nodes {
      norms.removeAll(keepingCapacity: true)
      for row in node * blockSize..<(node + 1) * blockSize {
        for p in matrix.pattern.entries(ofRow: row) {
          let value = matrix.values.pointer[p]
          norms[matrix.pattern.columnIndices.pointer[p] / Int32(blockSize), default: 0] += value * value
        }
      }
      for (column, sum) in norms.sorted(by: { $0.key < $1.key }) {
        columns.append(column)
        values.append(sum.squareRoot())
      }
      starts.append(Int32(columns.count))
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: nodes, columns: nodes, rowStarts: Buffer(starts), columnIndices: Buffer(columns)),
      values: Buffer(values))
  }
}

/// Near-null vectors cut into aggregates: row i of the tentative prolongator holds the values of the vectors at unknown i
/// after they were made orthonormal on its aggregate, and the coarse vectors are what represents them.
struct TentativeProlongation: Sendable {
  /// `width` numbers per row.
  let values: Buffer<Float>
  let width: Int
  /// The near-null vectors of the coarse level, vector after vector.
  let coarse: [[Float]]
  /// The aggregate of each unknown, negative for none.
  let aggregates: Buffer<Int32>

  init(_ aggregation: Aggregation, vectors: [[Float]], blockSize: Int) {
    let n = vectors[0].count
    width = vectors.count
    let (width, count) = (width, aggregation.count)
    var aggregates = aggregation.aggregates
    if blockSize > 1 {
      let spread = Buffer<Int32>(uninitialized: n)
      for i in 0..<n { spread.pointer[i] = aggregates.pointer[i / blockSize] }
      aggregates = spread
    }
    self.aggregates = aggregates
    let values = Buffer<Float>(uninitialized: n * width)
    for k in 0..<width { for i in 0..<n { values.pointer[i * width + k] = vectors[k][i] } }
    self.values = values
    // Members of each aggregate: modified Gram–Schmidt, twice, over all aggregates at once. A vector that depends on
    // those before it on an aggregate is dropped there: its coarse unknown decouples.
    var coarse = [[Float]](repeating: [Float](repeating: 0, count: count * width), count: width)
    var sums = [Double](repeating: 0, count: count)
    func accumulate(_ a: Int, _ b: Int) {
      for i in sums.indices { sums[i] = 0 }
      for i in 0..<n where aggregates.pointer[i] >= 0 {
        sums[Int(aggregates.pointer[i])] +=
          Double(values.pointer[i * width + a]) * Double(values.pointer[i * width + b])
      }
    }
    for k in 0..<width {
      accumulate(k, k)
      let original = sums
      for _ in 0..<2 {
        for m in 0..<k {
          accumulate(m, k)
          for i in 0..<n where aggregates.pointer[i] >= 0 {
            values.pointer[i * width + k] -=
              Float(sums[Int(aggregates.pointer[i])]) * values.pointer[i * width + m]
          }
          for a in 0..<count { coarse[k][a * width + m] += Float(sums[a]) }
        }
      }
      accumulate(k, k)
      for a in 0..<count {
        let isKept = sums[a] > 1e-8 * original[a] && sums[a] > 0
        coarse[k][a * width + k] = isKept ? Float(sums[a].squareRoot()) : 0
        sums[a] = isKept ? 1 / sums[a].squareRoot() : 0
      }
      for i in 0..<n {
        let a = aggregates.pointer[i]
        values.pointer[i * width + k] *= a >= 0 ? Float(sums[Int(a)]) : 0
      }
    }
    self.coarse = coarse
  }
}

/// The smoothed prolongator P = (I − ω D⁻¹ A) T with ω = 4/3 / ρ(D⁻¹ A), where A holds strong entries only.
enum SmoothedProlongation {
  static func make(
    _ matrix: SparseMatrix<Float>, strong: Buffer<UInt8>, tentative: TentativeProlongation, count: Int,
    smoothing: Double, pool: WorkerPool
  ) throws(SparseMatrixError) -> SparseMatrix<Float> {
    let (n, width, pattern, values) = (matrix.rows, tentative.width, matrix.pattern, matrix.values)
    let radius = spectralRadius(matrix, strong: strong, pool: pool)
    let omega = Float(smoothing / radius)
    let starts = Buffer<Int32>(uninitialized: n + 1)
    let tiles = RowTiles.count(n)
    // Rows are written where they are sure to have room, and moved together once their lengths are known.
    let room = Buffer<Int>(uninitialized: tiles + 1)
    for tile in 0...tiles {
      let row = min(tile * RowTiles.rows, n)
      room.pointer[tile] = width * (row + Int(pattern.rowStarts.pointer[row]))
    }
    let (columns, numbers) = (
      Buffer<Int32>(uninitialized: room.pointer[tiles]), Buffer<Float>(uninitialized: room.pointer[tiles])
    )
    let stride = (count + 31) / 16 * 16
    let markers = Buffer<Int32>(uninitialized: stride * pool.threadCount)
    markers.pointer.update(repeating: -1, count: markers.count)
    let lengths = Buffer<Int>(uninitialized: tiles)
    pool.forEach(tiles: tiles) { tile, worker in
      let rows = RowTiles.range(tile, of: n)
      lengths.pointer[tile] = Int(
        ck_amg_smooth_prolongator(
          starts.pointer + 1, columns.pointer + room.pointer[tile], numbers.pointer + room.pointer[tile],
          pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer, strong.pointer,
          tentative.aggregates.pointer, tentative.values.pointer, Int64(width), omega,
          markers.pointer + stride * worker, Int64(rows.lowerBound), Int64(rows.upperBound)))
    }
    let total = Int(ck_accumulate_starts(starts.pointer, Int64(n)))
    guard total <= Int(Int32.max) else { throw .tooManyEntries(total) }
    let (finalColumns, finalValues) = (
      Buffer<Int32>(uninitialized: total), Buffer<Float>(uninitialized: total)
    )
    pool.forEach(tiles: tiles) { tile, _ in
      let target = Int(starts.pointer[tile * RowTiles.rows])
      (finalColumns.pointer + target).update(
        from: columns.pointer + room.pointer[tile], count: lengths.pointer[tile])
      (finalValues.pointer + target).update(
        from: numbers.pointer + room.pointer[tile], count: lengths.pointer[tile])
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: n, columns: count * width, rowStarts: starts, columnIndices: finalColumns),
      values: finalValues)
  }

  /// An estimate from above of the spectral radius of D⁻¹ A: the largest absolute row sum, which is 2 for M-matrices and
  /// close to the radius there; for others, eight steps of Lanczos' iteration in the inner product of D and 10 % more.
  static func spectralRadius(_ matrix: SparseMatrix<Float>, strong: Buffer<UInt8>, pool: WorkerPool) -> Double
  {
    let (n, pattern, values) = (matrix.rows, matrix.pattern, matrix.values)
    let tiles = RowTiles.count(n)
    let largest = Buffer<Float>(uninitialized: max(tiles, 1))
    pool.forEach(tiles: tiles) { tile, _ in
      let rows = RowTiles.range(tile, of: n)
      largest.pointer[tile] = ck_amg_row_sum(
        pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer, strong.pointer,
        Int64(rows.lowerBound), Int64(rows.upperBound))
    }
    let bound = Double(Float.maximum(largest.pointer, count: tiles))
    guard bound > 2.01 else { return max(bound, 1) }
    return min(bound, 1.1 * lanczosRadius(matrix, strong: strong, steps: 8, pool: pool))
  }

  private static func lanczosRadius(
    _ matrix: SparseMatrix<Float>, strong: Buffer<UInt8>, steps: Int, pool: WorkerPool
  ) -> Double {
    let (n, pattern, values) = (matrix.rows, matrix.pattern, matrix.values)
    let diagonal = matrix.diagonalBuffer(pool: pool)
    // Sums over fixed tiles, added in their order.
    let partial = Buffer<Double>(uninitialized: RowTiles.count(n))
    func inner(_ x: Buffer<Float>, _ y: Buffer<Float>) -> Double {
      pool.forEach(tiles: partial.count) { tile, _ in
        let rows = RowTiles.range(tile, of: n)
        var sum = 0.0
        for i in rows {
          sum += Double(x.pointer[i]) * Double(y.pointer[i]) * Double(abs(diagonal.pointer[i]))
        }
        partial.pointer[tile] = sum
      }
      return partial.elements.reduce(0, +)
    }
    var (previous, current, next) = (
      Buffer<Float>(count: n), Buffer<Float>(uninitialized: n), Buffer<Float>(uninitialized: n)
    )
    Float.fillUniform(current.pointer, count: n, seed: 1, stream: 0, first: 0)
    for i in 0..<n { current.pointer[i] -= 0.5 }
    var (alphas, betas): ([Double], [Double]) = ([], [])
    let norm = inner(current, current).squareRoot()
    guard norm > 0 else { return 1 }
    Float.scale(current.pointer, by: Float(1 / norm), count: n)
    for _ in 0..<steps {
      pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
        let rows = RowTiles.range(tile, of: n)
        ck_amg_filtered_multiply(
          next.pointer, current.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer,
          values.pointer, strong.pointer, Int64(rows.lowerBound), Int64(rows.upperBound))
      }
      let alpha = inner(next, current)
      Float.axpy(Float(-alpha), current.pointer, next.pointer, count: n)
      if let beta = betas.last { Float.axpy(Float(-beta), previous.pointer, next.pointer, count: n) }
      alphas.append(alpha)
      let beta = inner(next, next).squareRoot()
      guard beta > 1e-6 * abs(alpha) else { break }
      betas.append(beta)
      Float.scale(next.pointer, by: Float(1 / beta), count: n)
      (previous, current, next) = (current, next, previous)
    }
    let m = alphas.count
    var tridiagonal = Matrix<Double>(rows: m, columns: m)
    for i in 0..<m {
      tridiagonal[i, i] = alphas[i]
      if i + 1 < m { (tridiagonal[i, i + 1], tridiagonal[i + 1, i]) = (betas[i], betas[i]) }
    }
    let largest = (try? SymmetricEigen(tridiagonal).values.last) ?? nil
    // What the last step could still add, after Kaniel and Saad; covers a start that misses the top of the spectrum.
    return max(largest ?? 2, 1)
  }
}
