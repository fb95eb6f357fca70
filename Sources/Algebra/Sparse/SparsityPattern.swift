import Tensors

/// Where a sparse matrix has entries: compressed rows (CSR) with 32-bit indices, columns ascending within each row.
///
/// Matrices that are assembled again with other values share one pattern, and so do what is derived from it alone:
/// orderings, schedules, symbolic factorisations.
public final class SparsityPattern: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// Where each row begins in `columnIndices`, and the number of entries at the end: `rows` + 1 numbers.
  public let rowStarts: Buffer<Int32>
  /// The column of each entry, row after row.
  public let columnIndices: Buffer<Int32>

  /// The number of entries.
  public var entryCount: Int { columnIndices.count }
  /// Whether there are as many rows as columns.
  public var isSquare: Bool { rows == columns }

  /// A pattern from arrays that hold to the rules of ``fault(rows:columns:rowStarts:columnIndices:)``; only a debug
  /// build checks.
  public init(rows: Int, columns: Int, rowStarts: Buffer<Int32>, columnIndices: Buffer<Int32>) {
    (self.rows, self.columns) = (rows, columns)
    (self.rowStarts, self.columnIndices) = (rowStarts, columnIndices)
    assert(
      Self.fault(rows: rows, columns: columns, rowStarts: rowStarts, columnIndices: columnIndices) == nil)
  }

  /// A pattern from arrays of any origin.
  /// - Throws: ``SparseMatrixError/malformed(_:)`` when they are no compressed rows.
  public convenience init(rows: Int, columns: Int, rowStarts: [Int32], columnIndices: [Int32])
    throws(SparseMatrixError)
  {
    let (starts, indices) = (Buffer(rowStarts), Buffer(columnIndices))
    if let fault = Self.fault(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices) {
      throw .malformed(fault)
    }
    self.init(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }

  /// The positions of a row's entries.
  @inlinable public func entries(ofRow row: Int) -> Range<Int> {
    Int(rowStarts.pointer[row])..<Int(rowStarts.pointer[row + 1])
  }

  /// The position of the entry in a row and a column, or nil where the pattern has none.
  public func position(row: Int, column: Int) -> Int? {
    var range = entries(ofRow: row)
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      let found = Int(columnIndices.pointer[middle])
      if found == column { return middle }
      range = found < column ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// What keeps the arrays from being compressed rows, in words, or nil.
  static func fault(rows: Int, columns: Int, rowStarts: Buffer<Int32>, columnIndices: Buffer<Int32>)
    -> String?
  {
    guard rows >= 0, columns >= 0, columns <= Int(Int32.max) else {
      return "\(rows) rows and \(columns) columns"
    }
    guard rowStarts.count == rows + 1 else {
      return "\(rowStarts.count) row starts for \(rows) rows: \(rows + 1) are needed"
    }
    guard rowStarts.pointer[0] == 0, Int(rowStarts.pointer[rows]) == columnIndices.count else {
      return
        "the row starts run from \(rowStarts.pointer[0]) to \(rowStarts.pointer[rows]) for \(columnIndices.count) entries"
    }
    for row in 0..<rows {
      let (start, end) = (Int(rowStarts.pointer[row]), Int(rowStarts.pointer[row + 1]))
      guard start <= end, end <= columnIndices.count else { return "row \(row) ends before it starts" }
      for p in start..<end {
        let column = Int(columnIndices.pointer[p])
        guard (0..<columns).contains(column) else {
          return "row \(row) has an entry in column \(column) of \(columns)"
        }
        if p > start, column <= Int(columnIndices.pointer[p - 1]) {
          return "the columns of row \(row) do not ascend at column \(column)"
        }
      }
    }
    return nil
  }
}

extension Buffer {
  /// A buffer with the elements of an array.
  convenience init(_ elements: [Element]) {
    self.init(uninitialized: elements.count)
    elements.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
    }
  }

  /// The elements as an array.
  var array: [Element] { Array(elements) }
}
