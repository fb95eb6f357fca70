import Algebra
import Foundation
import Tensors
import Testing

/// A random sparse matrix with about `perRow` entries a row, by triplets that may repeat.
func randomSparse<Scalar: SparseScalar>(
  _ rows: Int, _ columns: Int, perRow: Int, seed: UInt64, as _: Scalar.Type = Scalar.self,
  pool: WorkerPool = .shared
) throws -> SparseMatrix<Scalar> {
  var generator = LinearCongruential(seed: UInt32(truncatingIfNeeded: seed))
  let count = columns == 0 ? 0 : rows * perRow
  let triplets = (0..<count).map { _ in
    (
      Int32(generator.next() * Double(rows)), Int32(generator.next() * Double(columns)),
      Scalar(2 * generator.next() - 1)
    )
  }
  return try SparseMatrix(
    rows: rows, columns: columns, rowIndices: triplets.map(\.0), columnIndices: triplets.map(\.1),
    values: triplets.map(\.2), pool: pool)
}

/// x ← (1664525 x + 1013904223) mod 2³² (Numerical Recipes), scaled to [0, 1).
struct LinearCongruential {
  var state: UInt32
  init(seed: UInt32) { state = seed }

  mutating func next() -> Double {
    state = 1_664_525 &* state &+ 1_013_904_223
    return Double(state) / 4_294_967_296
  }

  /// `count` numbers in [-1, 1).
  mutating func symmetric(_ count: Int) -> [Double] { (0..<count).map { _ in 2 * next() - 1 } }
}

extension SparseMatrix {
  var dense: Matrix<Scalar> {
    var dense = Matrix<Scalar>(rows: rows, columns: columns)
    for i in 0..<rows {
      for p in pattern.entries(ofRow: i) {
        dense[i, Int(pattern.columnIndices.elements[p])] = values.elements[p]
      }
    }
    return dense
  }

  /// The matrix through the initialiser that checks every rule of compressed rows.
  func checked() throws -> SparseMatrix {
    try SparseMatrix(
      rows: rows, columns: columns, rowStarts: Array(pattern.rowStarts.elements),
      columnIndices: Array(pattern.columnIndices.elements), values: Array(values.elements))
  }

  func hasSameBits(as other: SparseMatrix) -> Bool {
    rows == other.rows && columns == other.columns
      && pattern.rowStarts.elements.elementsEqual(other.pattern.rowStarts.elements)
      && pattern.columnIndices.elements.elementsEqual(other.pattern.columnIndices.elements)
      && values.elements.elementsEqual(other.values.elements) {
        withUnsafeBytes(of: $0) { Array($0) } == withUnsafeBytes(of: $1) { Array($0) }
      }
  }
}

@Suite("Sparse matrices are made")
struct SparseAssemblyTests {
  static let pools = [WorkerPool(threads: 1), WorkerPool(threads: 2), WorkerPool(threads: 3)]

  @Test("triplets of equal place are summed in their order")
  func order() throws {
    // In this order the sum is 1; in any other order of additions rounding makes it 0 or 2.
    let values = [1e20, -1e20, 1, 5, 2e-17, 1.0, -1.0]
    let a = try SparseMatrix<Double>(
      rows: 2, columns: 3, rowIndices: [1, 1, 1, 0, 0, 0, 0], columnIndices: [2, 2, 2, 0, 1, 1, 1],
      values: values)
    #expect(a.entryCount == 3 && a[1, 2] == 1 && a[0, 0] == 5 && a[0, 1] == 0 && a[1, 1] == 0)
  }

  @Test("assembly gives the same bits with any number of threads, long rows included")
  func assembly() throws {
    for (rows, columns, perRow) in [(3000, 2000, 9), (7, 5000, 4000), (5000, 3, 6), (0, 4, 0), (4, 0, 0)] {
      let matrices = try Self.pools.map {
        try randomSparse(rows, columns, perRow: perRow, seed: 3, as: Double.self, pool: $0)
      }
      #expect(try matrices[0].checked().hasSameBits(as: matrices[0]))
      for matrix in matrices { #expect(matrix.hasSameBits(as: matrices[0])) }
    }
  }

  @Test("assembly agrees with a dense sum")
  func assemblyAgainstDense() throws {
    var generator = LinearCongruential(seed: 9)
    let (rows, columns) = (40, 30)
    let places = (0..<2000).map { _ in
      (Int32(generator.next() * Double(rows)), Int32(generator.next() * Double(columns)))
    }
    let values = generator.symmetric(2000)
    var dense = Matrix<Double>(rows: rows, columns: columns)
    for (place, value) in zip(places, values) { dense[Int(place.0), Int(place.1)] += value }
    let a = try SparseMatrix(
      rows: rows, columns: columns, rowIndices: places.map(\.0), columnIndices: places.map(\.1),
      values: values)
    #expect(a.dense == dense)
  }

  @Test("what is no matrix is refused in words")
  func refusals() {
    #expect(
      throws: SparseMatrixError.indexOutOfRange(row: 2, column: 0, rows: 2, columns: 2, position: 1)
    ) {
      try SparseMatrix<Double>(
        rows: 2, columns: 2, rowIndices: [0, 2], columnIndices: [0, 0], values: [1, 1])
    }
    #expect(
      throws: SparseMatrixError.indexOutOfRange(row: 0, column: -1, rows: 2, columns: 2, position: 0)
    ) {
      try SparseMatrix<Double>(
        rows: 2, columns: 2, rowIndices: [0, 2], columnIndices: [-1, 0], values: [1, 1])
    }
    #expect(throws: SparseMatrixError.self) {
      try SparseMatrix<Double>(rows: 2, columns: 2, rowIndices: [0], columnIndices: [0], values: [])
    }
    #expect(throws: SparseMatrixError.self) {
      try SparseMatrix<Double>(rows: -1, columns: 2, rowIndices: [], columnIndices: [], values: [])
    }
  }

  @Test("transposes", arguments: [(50, 70, 4), (4000, 900, 7), (1, 20000, 15000), (20000, 1, 1), (3, 0, 0)])
  func transpose(rows: Int, columns: Int, perRow: Int) throws {
    let a = try randomSparse(rows, columns, perRow: perRow, seed: 5, as: Double.self)
    for pool in Self.pools {
      let t = a.transposed(pool: pool)
      #expect(try t.checked().hasSameBits(as: t))
      #expect(t.transposed(pool: pool).hasSameBits(as: a))
      let (pattern, positions) = a.pattern.transposed(pool: pool)
      let values = Buffer<Double>(uninitialized: a.entryCount)
      for p in 0..<a.entryCount { values.pointer[p] = a.values.elements[Int(positions.elements[p])] }
      #expect(SparseMatrix(pattern: pattern, values: values).hasSameBits(as: t))
      if rows < 100 { #expect(t.dense == a.dense.transposed) }
    }
  }

  @Test("products agree with dense ones, with long and empty rows")
  func products() throws {
    for (m, k, n, perRow) in [(60, 50, 40, 5), (30, 200, 300, 60), (5, 0, 3, 0), (64, 64, 64, 1)] {
      let a = try randomSparse(m, k, perRow: perRow, seed: 1, as: Double.self)
      let b = try randomSparse(k, n, perRow: perRow, seed: 2, as: Double.self)
      let c = try a.product(b)
      #expect(try c.checked().hasSameBits(as: c))
      if k > 0 { #expect((c.dense - a.dense * b.dense).maxMagnitude < 1e-13) }
    }
    let a = try randomSparse(20, 30, perRow: 3, seed: 1, as: Float.self)
    let b = try randomSparse(30, 20, perRow: 3, seed: 2, as: Float.self)
    #expect((try a.product(b).dense - a.dense * b.dense).maxMagnitude < 1e-5)
  }

  @Test("products give the same bits with any number of threads, and again on a known pattern")
  func productBits() throws {
    let a = try randomSparse(6000, 3000, perRow: 8, seed: 1, as: Double.self)
    let b = try randomSparse(3000, 5000, perRow: 12, seed: 2, as: Double.self)
    let products = try Self.pools.map { try a.product(b, pool: $0) }
    for (pool, product) in zip(Self.pools, products) {
      #expect(product.hasSameBits(as: products[0]))
      #expect(a.product(b, on: product.pattern, pool: pool).hasSameBits(as: product))
    }
  }

  @Test("the Galerkin product of a Laplacian with pairs of points is the Laplacian of half the points")
  func galerkin() throws {
    let n = 64
    func laplacian(_ n: Int) throws -> SparseMatrix<Double> {
      let entries = (0..<n).flatMap { i in [(i, i, 2.0), (i, i - 1, -1), (i, i + 1, -1)] }
        .filter { (0..<n).contains($0.1) }
      return try SparseMatrix(
        rows: n, columns: n, rowIndices: entries.map { Int32($0.0) },
        columnIndices: entries.map { Int32($0.1) }, values: entries.map(\.2))
    }
    let pairs = try SparseMatrix<Double>(
      rows: n, columns: n / 2, rowIndices: (0..<n).map { Int32($0) },
      columnIndices: (0..<n).map { Int32($0 / 2) }, values: [Double](repeating: 1, count: n))
    #expect(try laplacian(n).galerkinProduct(pairs).dense == laplacian(n / 2).dense)
  }

  @Test("sums and scalings")
  func arithmetic() throws {
    let a = try randomSparse(50, 40, perRow: 5, seed: 1, as: Double.self)
    let b = try randomSparse(50, 40, perRow: 3, seed: 2, as: Double.self)
    let c = try SparseMatrix.sum(2, a, -3, b)
    #expect(try c.checked().hasSameBits(as: c))
    #expect((c.dense - (2 * a.dense + -3 * b.dense)).maxMagnitude < 1e-15)
    var generator = LinearCongruential(seed: 4)
    let (left, right) = (generator.symmetric(50), generator.symmetric(40))
    let scaled = a.scaled(rowsBy: left, columnsBy: right)
    #expect(
      (scaled.dense - Matrix.diagonal(left) * a.dense * Matrix.diagonal(right)).maxMagnitude < 1e-15)
    #expect((3 * a).dense == 3 * a.dense)
    #expect(SparseMatrix.diagonal([1.0, 2, 3]).dense == Matrix.diagonal([1, 2, 3]))
    #expect(SparseMatrix.diagonal([1.0, 2, 3]).diagonal == [1, 2, 3] && c.diagonal.count == 40)
  }

  @Test("asymmetry and entries that are not finite are found at their place")
  func checks() throws {
    let a = try randomSparse(9000, 9000, perRow: 4, seed: 1, as: Double.self)
    let symmetric = try SparseMatrix.sum(1, a, 1, a.transposed())
    try symmetric.requireSymmetric(for: "A test", remedy: "none")
    #expect(symmetric.isSymmetric() && !a.isSymmetric())
    let p = symmetric.pattern.entries(ofRow: 8000).lowerBound
    let column = Int(symmetric.pattern.columnIndices.elements[p])
    let values = Buffer<Double>(uninitialized: symmetric.entryCount)
    for q in 0..<values.count { values.pointer[q] = symmetric.values.elements[q] }
    values.pointer[p] += 1e-3
    let (first, second) = (min(8000, column), max(8000, column))
    #expect(
      throws: SparseMatrixError.notSymmetric(row: first, column: second, purpose: "CG", remedy: "use GMRES")
    ) { try symmetric.withValues(values).requireSymmetric(for: "CG", remedy: "use GMRES") }
    values.pointer[p] = .nan
    #expect(throws: SparseMatrixError.notFinite(row: 8000, column: column)) {
      try symmetric.withValues(values).requireFinite()
    }
    #expect(throws: SparseMatrixError.notSquare(rows: 3, columns: 4, purpose: "CG")) {
      try randomSparse(3, 4, perRow: 1, seed: 1, as: Double.self).requireSquare(for: "CG")
    }
  }
}
