import Tensors

/// A dense complex matrix of a few rows, as systems of equations have per Fourier mode.
///
/// For large matrices use LAPACK's factorisations; here their call costs more than the work.
public struct SmallComplexMatrix: Hashable, Sendable {
  public let rows: Int
  public let columns: Int
  /// Elements row by row.
  public var elements: [Complex<Double>]

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    elements = Array(repeating: .zero, count: rows * columns)
  }

  /// The square matrix with the given elements, row by row.
  public init(size: Int, elements: [Complex<Double>]) {
    precondition(
      elements.count == size * size,
      "a matrix of \(size) × \(size) has \(size * size) elements, not \(elements.count)")
    (rows, columns, self.elements) = (size, size, elements)
  }

  /// The diagonal matrix with the given elements.
  public init(diagonal: [Complex<Double>]) {
    self.init(rows: diagonal.count, columns: diagonal.count)
    for i in diagonal.indices { self[i, i] = diagonal[i] }
  }

  /// The identity of the given size.
  public static func identity(_ size: Int) -> SmallComplexMatrix {
    var result = SmallComplexMatrix(rows: size, columns: size)
    for i in 0..<size { result[i, i] = .one }
    return result
  }

  public subscript(row: Int, column: Int) -> Complex<Double> {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// The conjugate transpose.
  public var adjoint: SmallComplexMatrix {
    var result = SmallComplexMatrix(rows: columns, columns: rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j].conjugate } }
    return result
  }

  /// Whether all diagonal elements are equal and the others zero, to rounding.
  public var isMultipleOfIdentity: Bool {
    guard rows == columns else { return false }
    let tolerance = 1e-14 * largestMagnitude
    return (0..<rows).allSatisfy { i in
      (0..<columns).allSatisfy { j in (self[i, j] - (i == j ? self[0, 0] : .zero)).magnitude <= tolerance }
    }
  }

  /// The largest |element|.
  public var largestMagnitude: Double { elements.map(\.magnitude).max() ?? 0 }

  public static prefix func - (a: SmallComplexMatrix) -> SmallComplexMatrix {
    var result = a
    for i in a.elements.indices { result.elements[i] = -a.elements[i] }
    return result
  }

  /// Adds factor · other in place.
  public mutating func add(_ factor: Double, _ other: SmallComplexMatrix) {
    precondition(
      rows == other.rows && columns == other.columns,
      "cannot add matrices of \(rows) × \(columns) and \(other.rows) × \(other.columns)")
    for i in elements.indices { elements[i] += factor * other.elements[i] }
  }

  public static func + (a: SmallComplexMatrix, b: SmallComplexMatrix) -> SmallComplexMatrix {
    var result = a
    result.add(1, b)
    return result
  }

  public static func - (a: SmallComplexMatrix, b: SmallComplexMatrix) -> SmallComplexMatrix {
    var result = a
    result.add(-1, b)
    return result
  }

  public static func * (a: SmallComplexMatrix, b: SmallComplexMatrix) -> SmallComplexMatrix {
    precondition(
      a.columns == b.rows, "cannot multiply matrices of \(a.rows) × \(a.columns) and \(b.rows) × \(b.columns)"
    )
    var result = SmallComplexMatrix(rows: a.rows, columns: b.columns)
    let n = b.columns
    for i in 0..<a.rows {
      for k in 0..<a.columns {
        let factor = a.elements[i * a.columns + k]
        for j in 0..<n { result.elements[i * n + j] += factor * b.elements[k * n + j] }
      }
    }
    return result
  }

  public static func * (a: Double, b: SmallComplexMatrix) -> SmallComplexMatrix {
    var result = b
    for i in b.elements.indices { result.elements[i] = a * b.elements[i] }
    return result
  }

  /// The inverse by Gauss–Jordan elimination with partial pivoting; its elements are not finite when the matrix is
  /// singular.
  public var inverse: SmallComplexMatrix {
    precondition(rows == columns, "a matrix of \(rows) × \(columns) has no inverse")
    let n = rows
    var left = self
    var right = SmallComplexMatrix.identity(n)
    for column in 0..<n {
      let pivot = (column..<n).max { left[$0, column].magnitude < left[$1, column].magnitude }!
      if pivot != column {
        for j in 0..<n {
          left.elements.swapAt(pivot * n + j, column * n + j)
          right.elements.swapAt(pivot * n + j, column * n + j)
        }
      }
      let reciprocal = Complex.one / left[column, column]
      for j in 0..<n {
        left[column, j] *= reciprocal
        right[column, j] *= reciprocal
      }
      for row in 0..<n where row != column {
        let factor = left[row, column]
        if factor == .zero { continue }
        for j in 0..<n {
          left[row, j] -= factor * left[column, j]
          right[row, j] -= factor * right[column, j]
        }
      }
    }
    return right
  }

  /// The inverse on the range of the matrix: directions in which it vanishes to rounding are mapped to zero. For an
  /// invertible matrix it is the inverse.
  public var pseudoInverse: SmallComplexMatrix { pseudoInverseAndRank.inverse }

  /// The pseudo-inverse, by elimination with complete pivoting, and the number of pivots that do not vanish.
  ///
  /// Rows and columns are brought to a similar size first, so that equations in other units, or derivatives of other
  /// orders at a high wavenumber, do not make a pivot look like rounding.
  public var pseudoInverseAndRank: (inverse: SmallComplexMatrix, rank: Int) {
    precondition(rows == columns, "a matrix of \(rows) × \(columns) has no inverse")
    let n = rows
    var a = self
    // Powers of two, which round nothing.
    var (rowScales, columnScales) = (Array(repeating: 1.0, count: n), Array(repeating: 1.0, count: n))
    if n > 1 {
      for i in 0..<n {
        let largest = (0..<n).reduce(0) { max($0, a[i, $1].magnitude) }
        guard largest > 0, largest.isFinite else { continue }
        rowScales[i] = 1 / largest.binade
        for j in 0..<n { a[i, j] = rowScales[i] * a[i, j] }
      }
      for j in 0..<n {
        let largest = (0..<n).reduce(0) { max($0, a[$1, j].magnitude) }
        guard largest > 0, largest.isFinite else { continue }
        columnScales[j] = 1 / largest.binade
        for i in 0..<n { a[i, j] = columnScales[j] * a[i, j] }
      }
    }
    var b = SmallComplexMatrix.identity(n)
    var columnOrder = Array(0..<n)
    let tolerance = 1e-13 * a.largestMagnitude
    var rank = 0
    for step in 0..<n {
      var (pivotRow, pivotColumn, largest) = (step, step, 0.0)
      for i in step..<n {
        for j in step..<n where a[i, j].magnitude > largest {
          (pivotRow, pivotColumn, largest) = (i, j, a[i, j].magnitude)
        }
      }
      if largest <= tolerance || largest == 0 { break }
      for j in 0..<n {
        (a[step, j], a[pivotRow, j]) = (a[pivotRow, j], a[step, j])
        (b[step, j], b[pivotRow, j]) = (b[pivotRow, j], b[step, j])
      }
      for i in 0..<n { (a[i, step], a[i, pivotColumn]) = (a[i, pivotColumn], a[i, step]) }
      columnOrder.swapAt(step, pivotColumn)
      for i in 0..<n where i != step {
        let factor = a[i, step] / a[step, step]
        if factor == .zero { continue }
        for j in 0..<n {
          a[i, j] -= factor * a[step, j]
          b[i, j] -= factor * b[step, j]
        }
      }
      rank += 1
    }
    var result = SmallComplexMatrix(rows: n, columns: n)
    for i in 0..<rank {
      for j in 0..<n {
        result[columnOrder[i], j] = columnScales[columnOrder[i]] * rowScales[j] * (b[i, j] / a[i, i])
      }
    }
    return (result, rank)
  }
}
