import Tensors

/// A dense matrix in column-major order, as LAPACK takes it: element (i, j) is at i + j · rows.
///
/// A value: copies share memory until one of them is written. `Tensor` is the type for arrays of any rank; it is
/// row-major, so conversions transpose in memory (`Matrix(tensor)`, `tensor`).
public struct Matrix<Scalar: LAPACKScalar>: Sendable, Equatable {
  /// The columns one after another: a row-major tensor of shape `[columns, rows]`.
  private var storage: Tensor<Scalar>

  /// The number of rows.
  public var rows: Int { storage.shape[1] }
  /// The number of columns.
  public var columns: Int { storage.shape[0] }

  // MARK: - Making matrices

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    storage = .zeros([columns, rows])
  }

  /// A matrix given by its rows.
  public init(_ rows: [[Scalar]]) {
    self.init(Tensor(rows: rows))
  }

  /// A matrix given by its elements in column-major order.
  public init(rows: Int, columns: Int, columnMajor elements: [Scalar]) {
    storage = Tensor(shape: [columns, rows], elements)
  }

  /// The matrix of a tensor of shape `[rows, columns]`, copied.
  public init(_ tensor: Tensor<Scalar>) {
    precondition(tensor.rank == 2, "a tensor of shape \(tensor.shape) is no matrix")
    storage = tensor.transposed
  }

  private init(storage: Tensor<Scalar>) { self.storage = storage }

  /// The identity.
  public static func identity(_ count: Int) -> Matrix { Matrix(storage: .identity(count)) }

  /// A diagonal matrix.
  public static func diagonal(_ elements: [Scalar]) -> Matrix {
    var matrix = Matrix(rows: elements.count, columns: elements.count)
    for (i, element) in elements.enumerated() { matrix[i, i] = element }
    return matrix
  }

  // MARK: - Access

  /// The element in a row and a column.
  public subscript(row: Int, column: Int) -> Scalar {
    get {
      check(row, column)
      return storage.withUnsafeBufferPointer { $0[row + column * rows] }
    }
    set {
      check(row, column)
      let offset = row + column * rows
      storage.withUnsafeMutableBufferPointer { $0[offset] = newValue }
    }
  }

  private func check(_ row: Int, _ column: Int) {
    precondition(
      (0..<rows).contains(row) && (0..<columns).contains(column),
      "the element (\(row), \(column)) is outside a matrix of shape [\(rows), \(columns)]")
  }

  /// The elements of one column.
  public func column(_ index: Int) -> [Scalar] {
    precondition(
      (0..<columns).contains(index), "no column \(index) in a matrix of shape [\(rows), \(columns)]")
    return storage.withUnsafeBufferPointer { Array($0[index * rows..<(index + 1) * rows]) }
  }

  /// The elements in column-major order, copied.
  public var columnMajorElements: [Scalar] { storage.elements }

  /// The tensor of shape `[rows, columns]`, copied.
  public var tensor: Tensor<Scalar> { storage.transposed }

  /// Gives `body` the elements in column-major order for reading.
  public func withUnsafePointer<Result, Failure: Error>(
    _ body: (UnsafePointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeBufferPointer { (elements) throws(Failure) in try body(elements.baseAddress!) }
  }

  /// Gives `body` the elements in column-major order for writing; copies them first if another matrix shares them.
  public mutating func withUnsafeMutablePointer<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeMutableBufferPointer { (elements) throws(Failure) in try body(elements.baseAddress!)
    }
  }

  // MARK: - Arithmetic

  /// The transpose, copied.
  public var transposed: Matrix { Matrix(storage: storage.transposed) }

  /// The negative of every element.
  public static prefix func - (a: Matrix) -> Matrix { Matrix(storage: -a.storage) }
  /// The sum of two matrices of one shape.
  public static func + (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.storage.shape == b.storage.shape, "a sum of matrices of shapes \(a.shape) and \(b.shape)")
    return Matrix(storage: a.storage + b.storage)
  }
  /// The difference of two matrices of one shape.
  public static func - (a: Matrix, b: Matrix) -> Matrix {
    precondition(
      a.storage.shape == b.storage.shape, "a difference of matrices of shapes \(a.shape) and \(b.shape)")
    return Matrix(storage: a.storage - b.storage)
  }
  /// A multiple of a matrix.
  public static func * (a: Scalar, b: Matrix) -> Matrix { Matrix(storage: a * b.storage) }
  /// The product of two matrices.
  public static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.columns == b.rows, "a product of matrices of shapes \(a.shape) and \(b.shape)")
    // In row-major terms the storage holds the transposes, whose product is taken in reverse order.
    return Matrix(storage: matmul(b.storage, a.storage))
  }
  /// The product with a column.
  public static func * (a: Matrix, x: [Scalar]) -> [Scalar] {
    precondition(a.columns == x.count, "a product of a matrix of shape \(a.shape) with \(x.count) elements")
    return matmul(Tensor(x), a.storage).elements
  }

  private var shape: [Int] { [rows, columns] }

  // MARK: - Norms

  /// The largest sum of magnitudes of a column.
  public var norm1: Scalar { abs(storage).sum(axis: 1).max() }
  /// The largest sum of magnitudes of a row.
  public var normInfinity: Scalar { abs(storage).sum(axis: 0).max() }
  /// The root of the sum of all squares.
  public var frobeniusNorm: Scalar { storage.norm() }
  /// The largest magnitude of an element.
  public var maxMagnitude: Scalar { storage.maxMagnitude() }
  /// Whether no element is infinite or NaN.
  public var isFinite: Bool { maxMagnitude.isFinite }
}

extension Matrix: CustomStringConvertible {
  /// The rows, one per line.
  public var description: String {
    (0..<rows).map { i in "[" + (0..<columns).map { "\(self[i, $0])" }.joined(separator: ", ") + "]" }
      .joined(separator: "\n")
  }
}
