import Algebra

/// A dense real n×n symbol for large n, such as a Chebyshev differentiation operator in one dimension.
///
/// Products and inverses are those of OpenBLAS and LAPACK. One table of coefficients costs some dozens of products, so
/// it is meant to be made once per step size.
public struct DenseSymbol: LinearSymbol, NormedSymbol, Hashable {
  /// The number n of rows and of columns.
  public let size: Int
  /// The n² entries, row by row.
  public var elements: [Double]

  /// The n×n matrix with the given entries, row by row.
  public init(size: Int, elements: [Double]) {
    precondition(
      elements.count == size * size,
      "a \(size)×\(size) symbol has \(size * size) entries, not \(elements.count)")
    self.size = size
    self.elements = elements
  }

  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  public static func + (a: DenseSymbol, b: DenseSymbol) -> DenseSymbol {
    checkSizes(a, b)
    return a.merging(b) { $0 + $1 }
  }

  public static func - (a: DenseSymbol, b: DenseSymbol) -> DenseSymbol {
    checkSizes(a, b)
    return a.merging(b) { $0 - $1 }
  }

  public static func * (a: DenseSymbol, b: DenseSymbol) -> DenseSymbol {
    checkSizes(a, b)
    // Stored by columns the elements are the transposes, and (AB)ᵀ = BᵀAᵀ.
    let product = (b.transposedMatrix * a.transposedMatrix).columnMajorElements
    return DenseSymbol(size: a.size, elements: product)
  }

  public static func * (a: Double, b: DenseSymbol) -> DenseSymbol {
    b.merging(b) { element, _ in a * element }
  }

  public var identity: DenseSymbol {
    var one = DenseSymbol(size: size, elements: [Double](repeating: 0, count: size * size))
    for i in 0..<size { one[i, i] = 1 }
    return one
  }

  /// The inverse by LU factorisation with partial pivoting; all entries are NaN when a pivot is zero.
  public var inverse: DenseSymbol {
    guard let factors = try? LUFactorization(transposedMatrix) else {
      return DenseSymbol(size: size, elements: [Double](repeating: .nan, count: elements.count))
    }
    return DenseSymbol(size: size, elements: factors.inverse.columnMajorElements)
  }

  private var transposedMatrix: Matrix<Double> { Matrix(rows: size, columns: size, columnMajor: elements) }

  /// φ_0 … φ_highest by scaling and doubling; the error is a small multiple of the unit roundoff times the norm.
  public func phis(_ highest: Int) -> [DenseSymbol] { scalingAndDoubling(highest) }

  /// The largest row sum.
  var norm: Double {
    var largest = 0.0
    for row in 0..<size {
      var sum = 0.0
      for column in 0..<size { sum += abs(elements[row * size + column]) }
      if sum.isNaN { return sum }
      largest = max(largest, sum)
    }
    return largest
  }

  mutating func add(_ factor: Double, _ other: DenseSymbol) { merge(other) { $0 + factor * $1 } }

  private func merging(_ other: DenseSymbol, _ combine: (Double, Double) -> Double) -> DenseSymbol {
    var result = self
    result.merge(other, combine)
    return result
  }

  private mutating func merge(_ other: DenseSymbol, _ combine: (Double, Double) -> Double) {
    other.elements.withUnsafeBufferPointer { b in
      elements.withUnsafeMutableBufferPointer { a in
        for i in a.indices { a[i] = combine(a[i], b[i]) }
      }
    }
  }

  private static func checkSizes(_ a: DenseSymbol, _ b: DenseSymbol) {
    precondition(
      a.size == b.size, "symbols of sizes \(a.size)×\(a.size) and \(b.size)×\(b.size) do not combine")
  }
}
