import Tensors

/// A small dense complex n×n symbol: one Fourier mode of a system of n coupled unknowns.
///
/// Meant for n up to about 8; `DenseSymbol` serves large real operators.
public struct MatrixSymbol: LinearSymbol, NormedSymbol, Hashable {
  /// The number n of rows and of columns.
  public let size: Int
  /// The n² entries, row by row.
  public var elements: [Complex<Double>]

  /// The n×n matrix with the given entries, row by row.
  public init(size: Int, elements: [Complex<Double>]) {
    precondition(
      elements.count == size * size,
      "a \(size)×\(size) symbol has \(size * size) entries, not \(elements.count)")
    self.size = size
    self.elements = elements
  }

  /// The diagonal matrix with the given entries.
  public init(diagonal: [Complex<Double>]) {
    let n = diagonal.count
    self.init(size: n, elements: [Complex<Double>](repeating: .zero, count: n * n))
    for i in 0..<n { self[i, i] = diagonal[i] }
  }

  public subscript(row: Int, column: Int) -> Complex<Double> {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  public static func + (a: MatrixSymbol, b: MatrixSymbol) -> MatrixSymbol {
    checkSizes(a, b)
    var sum = a
    for i in sum.elements.indices { sum.elements[i] += b.elements[i] }
    return sum
  }

  public static func - (a: MatrixSymbol, b: MatrixSymbol) -> MatrixSymbol {
    checkSizes(a, b)
    var difference = a
    for i in difference.elements.indices { difference.elements[i] -= b.elements[i] }
    return difference
  }

  public static func * (a: MatrixSymbol, b: MatrixSymbol) -> MatrixSymbol {
    checkSizes(a, b)
    let n = a.size
    var product = [Complex<Double>](repeating: .zero, count: n * n)
    for i in 0..<n {
      for k in 0..<n {
        let factor = a.elements[i * n + k]
        for j in 0..<n { product[i * n + j] += factor * b.elements[k * n + j] }
      }
    }
    return MatrixSymbol(size: n, elements: product)
  }

  public static func * (a: Double, b: MatrixSymbol) -> MatrixSymbol {
    var product = b
    for i in product.elements.indices { product.elements[i] = a * product.elements[i] }
    return product
  }

  public var identity: MatrixSymbol {
    MatrixSymbol(diagonal: [Complex<Double>](repeating: .one, count: size))
  }

  /// The inverse by Gauss-Jordan elimination with partial pivoting.
  public var inverse: MatrixSymbol {
    var left = self
    var right = identity
    for column in 0..<size {
      let pivot = (column..<size).max { left[$0, column].magnitude < left[$1, column].magnitude }!
      if pivot != column {
        for j in 0..<size {
          left.elements.swapAt(pivot * size + j, column * size + j)
          right.elements.swapAt(pivot * size + j, column * size + j)
        }
      }
      let reciprocal = left[column, column].inverse
      for j in 0..<size {
        left[column, j] *= reciprocal
        right[column, j] *= reciprocal
      }
      for row in 0..<size where row != column {
        let factor = left[row, column]
        if factor == .zero { continue }
        for j in 0..<size {
          left[row, j] -= factor * left[column, j]
          right[row, j] -= factor * right[column, j]
        }
      }
    }
    return right
  }

  /// φ_0 … φ_highest by scaling and doubling; entry by entry when the matrix is diagonal.
  ///
  /// The error is a small multiple of the unit roundoff times the norm of the matrix, which is what a rounding error
  /// in its entries would cause.
  public func phis(_ highest: Int) -> [MatrixSymbol] {
    guard isDiagonal else { return scalingAndDoubling(highest) }
    let values = (0..<size).map { self[$0, $0].phis(highest) }
    return (0...highest).map { k in MatrixSymbol(diagonal: values.map { $0[k] }) }
  }

  /// The largest column sum.
  var norm: Double {
    var largest = 0.0
    for column in 0..<size {
      var sum = 0.0
      for row in 0..<size { sum += self[row, column].magnitude }
      if sum.isNaN { return sum }
      largest = max(largest, sum)
    }
    return largest
  }

  mutating func add(_ factor: Double, _ other: MatrixSymbol) {
    for i in elements.indices { elements[i] += factor * other.elements[i] }
  }

  private var isDiagonal: Bool {
    for row in 0..<size {
      for column in 0..<size where row != column && self[row, column] != .zero { return false }
    }
    return true
  }

  private static func checkSizes(_ a: MatrixSymbol, _ b: MatrixSymbol) {
    precondition(
      a.size == b.size, "symbols of sizes \(a.size)×\(a.size) and \(b.size)×\(b.size) do not combine")
  }
}
