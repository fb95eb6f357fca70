extension SparseMatrix where Scalar == Double {
  /// Refuses what no factorisation of a square matrix can take.
  func checkSquare(for purpose: String) throws {
    guard pattern.isSquare else {
      throw SparseMatrixError.notSquare(rows: rows, columns: columns, purpose: purpose)
    }
    try checkEntries()
  }

  /// Refuses matrices without elements, and infinite or NaN entries.
  func checkEntries() throws {
    guard rows > 0, columns > 0 else { throw DirectSolverError.empty }
    // x - x is NaN for what is not finite, and sums keep a NaN.
    if values.elements.reduce(0, { $0 + ($1 - $1) }) == 0 { return }
    for row in 0..<rows {
      for p in pattern.entries(ofRow: row) where !values.pointer[p].isFinite {
        throw SparseMatrixError.notFinite(row: row, column: Int(pattern.columnIndices.pointer[p]))
      }
    }
  }

  /// Refuses matrices that differ from their transpose by more than the rounding of an assembly.
  func checkSymmetric(for purpose: String, remedy: String) throws {
    if let (row, column) = firstAsymmetry(tolerance: 1e-10) {
      throw SparseMatrixError.notSymmetric(row: row, column: column, purpose: purpose, remedy: remedy)
    }
  }

  /// The first entry that differs from its mirror image by more than `tolerance` times the largest entry of both
  /// rows, or nil.
  private func firstAsymmetry(tolerance: Double) -> (row: Int, column: Int)? {
    let (starts, indices) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    let entries = values.pointer
    let scales = rowMaxima
    // Rows are visited in order, so the mirror images within row j come in order too: one cursor per row suffices.
    var cursors = [Int](unsafeUninitializedCapacity: rows) { cursors, count in
      for row in 0..<rows { cursors[row] = Int(starts[row]) }
      count = rows
    }
    func isNegligible(_ difference: Double, _ i: Int, _ j: Int) -> Bool {
      abs(difference) <= tolerance * max(scales[i], scales[j])
    }
    for i in 0..<rows {
      for p in Int(starts[i])..<Int(starts[i + 1]) {
        let j = Int(indices[p])
        guard j < i else { break }
        // Entries of row j left of column i and right of its diagonal have no mirror image: they must vanish.
        var q = cursors[j]
        let end = Int(starts[j + 1])
        while q < end, Int(indices[q]) < i {
          let k = Int(indices[q])
          if k > j, !isNegligible(entries[q], j, k) { return (j, k) }
          q += 1
        }
        let isMatch = q < end && Int(indices[q]) == i
        if !isNegligible(entries[p] - (isMatch ? entries[q] : 0), i, j) { return (i, j) }
        cursors[j] = isMatch ? q + 1 : q
      }
    }
    for j in 0..<rows {
      for q in cursors[j]..<Int(starts[j + 1]) {
        let k = Int(indices[q])
        if k > j, !isNegligible(entries[q], j, k) { return (j, k) }
      }
    }
    return nil
  }

  /// The largest magnitude of each row.
  var rowMaxima: [Double] {
    (0..<rows).map { row in
      pattern.entries(ofRow: row).reduce(0) { max($0, abs(values.pointer[$1])) }
    }
  }

  /// ‖A‖₁, the largest sum of magnitudes of a column.
  var norm1: Double {
    var sums = [Double](repeating: 0, count: columns)
    for p in 0..<entryCount { sums[Int(pattern.columnIndices.pointer[p])] += abs(values.pointer[p]) }
    return sums.max() ?? 0
  }
}

extension SparsityPattern {
  /// Whether two patterns have their entries in the same places.
  func hasSameEntries(as other: SparsityPattern) -> Bool {
    self === other
      || rows == other.rows && columns == other.columns && entryCount == other.entryCount
        && rowStarts.elements.elementsEqual(other.rowStarts.elements)
        && columnIndices.elements.elementsEqual(other.columnIndices.elements)
  }
}
