import CKernels
import Tensors

/// How classical algebraic multigrid interpolates fine unknowns.
public enum ClassicalInterpolation: String, Sendable, Codable, CaseIterable {
  /// From coarse neighbours only (K. Stüben 2001): cheap, and weak where neighbours are fine.
  case direct
  /// From coarse neighbours, and those of fine neighbours ("extended+i", H. De Sterck, R. D. Falgout, J. W. Nolting and
  /// U. M. Yang, Numer. Linear Algebra Appl. 15, 2008).
  case extended
}

extension ClassicalInterpolation {
  /// The interpolation matrix, with at most `limit` entries per row: the largest, rescaled to the same sum.
  func matrix(
    _ matrix: SparseMatrix<Float>, _ strength: RugeStuebenStrength, _ splitting: CoarseFineSplitting,
    limit: Int,
    pool: WorkerPool
  ) throws(SparseMatrixError) -> SparseMatrix<Float> {
    let n = matrix.rows
    let tiles = RowTiles.count(n)
    let starts = Buffer<Int32>(uninitialized: n + 1)
    let (columns, values) = (
      Buffer<Int32>(uninitialized: limit * n), Buffer<Float>(uninitialized: limit * n)
    )
    let workers = (0..<pool.threadCount).map { _ in
      InterpolationRow(matrix, strength.dependences, splitting, limit: limit)
    }
    pool.forEach(tiles: tiles) { tile, worker in
      let own = workers[worker]
      for i in RowTiles.range(tile, of: n) {
        switch self {
        case .direct: own.direct(i)
        case .extended: own.extended(i)
        }
        starts.pointer[i + 1] = Int32(own.write(columns.pointer + limit * i, values.pointer + limit * i))
      }
    }
    let total = Int(ck_accumulate_starts(starts.pointer, Int64(n)))
    let (finalColumns, finalValues) = (
      Buffer<Int32>(uninitialized: total), Buffer<Float>(uninitialized: total)
    )
    pool.forEach(tiles: tiles) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        let (target, end) = (Int(starts.pointer[i]), Int(starts.pointer[i + 1]))
        for k in 0..<end - target {
          finalColumns.pointer[target + k] = columns.pointer[limit * i + k]
          finalValues.pointer[target + k] = values.pointer[limit * i + k]
        }
      }
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: n, columns: splitting.count, rowStarts: starts, columnIndices: finalColumns),
      values: finalValues)
  }
}

/// One row of an interpolation matrix while it is made, with the scratch of one worker.
private final class InterpolationRow: @unchecked Sendable {
  // Unchecked: belongs to one worker of a region.

  private let matrix: SparseMatrix<Float>
  private let dependences: SparsityPattern
  private let numbers: Buffer<Int32>
  private let limit: Int
  /// The place of a coarse unknown (by its fine number) in the row, -1 for none.
  private let place: Buffer<Int32>
  /// Whether the row's unknown strongly depends on an unknown.
  private let isStrong: Buffer<Bool>
  private var points: [Int32] = []
  private var weights: [Float] = []

  init(
    _ matrix: SparseMatrix<Float>, _ dependences: SparsityPattern, _ splitting: CoarseFineSplitting,
    limit: Int
  ) {
    (self.matrix, self.dependences, self.limit) = (matrix, dependences, limit)
    numbers = splitting.coarseNumbers
    place = Buffer(uninitialized: matrix.rows)
    place.pointer.update(repeating: -1, count: matrix.rows)
    isStrong = Buffer(count: matrix.rows)
  }

  private func add(_ point: Int32) {
    guard place.pointer[Int(point)] < 0 else { return }
    place.pointer[Int(point)] = Int32(points.count)
    points.append(point)
    weights.append(0)
  }

  private func begin(_ i: Int) -> Bool {
    points.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    if numbers.pointer[i] >= 0 {
      points.append(Int32(i))
      weights.append(1)
      return false
    }
    return true
  }

  private func end() { for point in points { place.pointer[Int(point)] = -1 } }

  func direct(_ i: Int) {
    guard begin(i) else { return }
    for p in dependences.entries(ofRow: i) {
      let j = dependences.columnIndices.pointer[p]
      if numbers.pointer[Int(j)] >= 0 { add(j) }
    }
    defer { end() }
    guard !points.isEmpty else { return }
    // Negative couplings are spread over the coarse ones among them; positive ones go to the diagonal.
    var (diagonal, negative, coarse): (Float, Float, Float) = (0, 0, 0)
    for p in matrix.pattern.entries(ofRow: i) {
      let (j, a) = (Int(matrix.pattern.columnIndices.pointer[p]), matrix.values.pointer[p])
      if j == i || a > 0 { diagonal += a } else { negative += a }
      if j != i, place.pointer[j] >= 0 {
        weights[Int(place.pointer[j])] = a
        coarse += a
      }
    }
    let factor = diagonal > 0 && coarse < 0 ? -negative / (coarse * diagonal) : 0
    for k in weights.indices { weights[k] *= factor }
  }

  func extended(_ i: Int) {
    guard begin(i) else { return }
    let (columns, values) = (matrix.pattern.columnIndices.pointer, matrix.values.pointer)
    for p in dependences.entries(ofRow: i) {
      let j = dependences.columnIndices.pointer[p]
      isStrong.pointer[Int(j)] = true
      if numbers.pointer[Int(j)] >= 0 {
        add(j)
      } else {
        for q in dependences.entries(ofRow: Int(j)) {
          let k = dependences.columnIndices.pointer[q]
          if numbers.pointer[Int(k)] >= 0 { add(k) }
        }
      }
    }
    var diagonal: Float = 0
    for p in matrix.pattern.entries(ofRow: i) {
      let (k, a) = (Int(columns[p]), values[p])
      if k == i {
        diagonal += a
      } else if place.pointer[k] >= 0 {
        weights[Int(place.pointer[k])] += a
      } else if isStrong.pointer[k] {
        // A fine neighbour is replaced by what it depends on: the coarse unknowns of this row, and this unknown.
        var sum: Float = 0
        for q in matrix.pattern.entries(ofRow: k) where values[q] < 0 {
          let l = Int(columns[q])
          if l == i || place.pointer[l] >= 0 { sum += values[q] }
        }
        guard sum < 0 else {
          diagonal += a
          continue
        }
        for q in matrix.pattern.entries(ofRow: k) where values[q] < 0 {
          let l = Int(columns[q])
          if l == i {
            diagonal += a * values[q] / sum
          } else if place.pointer[l] >= 0 {
            weights[Int(place.pointer[l])] += a * values[q] / sum
          }
        }
      } else {
        diagonal += a
      }
    }
    let factor: Float = diagonal > 0 ? -1 / diagonal : 0
    for k in weights.indices { weights[k] *= factor }
    for p in dependences.entries(ofRow: i) {
      isStrong.pointer[Int(dependences.columnIndices.pointer[p])] = false
    }
    end()
  }

  /// Writes the largest weights in the order of columns; returns their number.
  func write(_ columns: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>) -> Int {
    var total: Float = 0
    for w in weights { total += w }
    var (count, kept): (Int, Float) = (0, 0)
    while count < min(limit, weights.count) {
      var best = -1
      for k in weights.indices where weights[k] != 0 && (best < 0 || abs(weights[k]) > abs(weights[best])) {
        best = k
      }
      guard best >= 0 else { break }
      let column = numbers.pointer[Int(points[best])]
      var slot = count
      while slot > 0 && columns[slot - 1] > column {
        (columns[slot], values[slot]) = (columns[slot - 1], values[slot - 1])
        slot -= 1
      }
      (columns[slot], values[slot]) = (column, weights[best])
      kept += weights[best]
      weights[best] = 0
      count += 1
    }
    let scale = abs(kept) > 1e-3 * abs(total) ? total / kept : 1
    for k in 0..<count { values[k] *= scale }
    return count
  }
}
