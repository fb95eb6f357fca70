extension SparseMatrix where Scalar == Double {
  /// Refuses what no factorisation of a square matrix can take.
  func checkSquare(for purpose: String) throws {
    try requireSquare(for: purpose)
    try checkEntries()
  }

  /// Refuses matrices without elements, and infinite or NaN entries.
  func checkEntries() throws {
    guard rows > 0, columns > 0 else { throw DirectSolverError.empty }
    try requireFinite()
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
