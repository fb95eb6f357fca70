import Tensors

/// Block Jacobi: the inverses of diagonal blocks of `blockSize` consecutive rows each, for systems whose unknowns come
/// in groups (the displacements of a node, the species of a cell).
///
/// Blocks are inverted densely in double precision. Sizes beyond some tens are the domain of ``BlockPreconditioner``.
public struct BlockJacobi: Preconditioner, Equatable, Codable {
  /// Rows per block; the last block takes what is left.
  public var blockSize: Int

  /// Blocks of the given size.
  public init(blockSize: Int) {
    precondition(blockSize > 0, "blocks of \(blockSize) rows")
    self.blockSize = blockSize
  }

  public var name: String { "block Jacobi" }

  /// The inverses of the blocks of a square matrix.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square or not finite;
  ///   ``FactorizationError/singular(pivot:count:)`` with the row where a block is singular.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try BlockInverses(matrix, size: blockSize, pool: pool)
  }
}

/// The inverses of the diagonal blocks of one matrix.
final class BlockInverses<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let rows: Int
  let isSymmetric: Bool
  let statistics: PreconditionerStatistics
  private let size: Int
  /// Blocks one after another, by columns.
  private let inverses: Buffer<Scalar>

  var columns: Int { rows }
  private var blocks: Int { (rows + size - 1) / size }

  init(_ matrix: SparseMatrix<Scalar>, size: Int, pool: WorkerPool) throws {
    let clock = SetupClock()
    try matrix.requireSquare(for: "Block Jacobi")
    try matrix.requireFinite(pool: pool)
    let n = matrix.rows
    let size = min(size, max(n, 1))
    (rows, self.size) = (n, size)
    let blocks = (n + size - 1) / size
    let inverses = Buffer<Scalar>(uninitialized: blocks * size * size)
    let failures = Buffer<Int>(count: blocks)
    let indefinite = Counter()
    let perTile = max(4096 / size, 1)
    pool.forEach(tiles: (blocks + perTile - 1) / perTile) { tile, _ in
      let work = DenseBlock(size)
      for block in tile * perTile..<min((tile + 1) * perTile, blocks) {
        let first = block * size
        let count = min(size, n - first)
        work.fill(matrix, first: first, count: count)
        switch work.invert(count) {
        case .positiveDefinite: break
        case .invertible: indefinite.add(1)
        case .singular(let pivot): failures.pointer[block] = first + pivot + 1
        }
        Scalar.convert(work.inverse.pointer, to: inverses.pointer + block * size * size, count: count * count)
      }
    }
    if let row = failures.elements.first(where: { $0 > 0 }) {
      throw FactorizationError.singular(pivot: row - 1, count: n)
    }
    self.inverses = inverses
    isSymmetric = indefinite.value == 0
    var statistics = PreconditionerStatistics()
    statistics.bytes = inverses.count * MemoryLayout<Scalar>.stride
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try BlockInverses(matrix, size: size, pool: pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 2)
    let (size, n, blocks, inverses) = (size, rows, blocks, inverses)
    let perTile = max(RowTiles.rows / size, 1)
    let region = ParallelRegion(tiles: (blocks + perTile - 1) / perTile) { tile, _ in
      Scalar.multiplyBlocks(
        vectors.pointer[1]!, vectors.pointer[0]!, inverses.pointer, size: size, rows: n,
        range: tile * perTile..<min((tile + 1) * perTile, blocks))
    }
    return LinearAction(rows: n, columns: n) { r, z in
      vectors.pointer[0] = UnsafeMutablePointer(mutating: r)
      vectors.pointer[1] = z
      pool.run(region)
    }
  }
}

/// One dense block and its inverse, by columns.
private final class DenseBlock {
  enum Outcome {
    case positiveDefinite
    case invertible
    case singular(pivot: Int)
  }

  let inverse: Buffer<Double>
  private let entries: Buffer<Double>
  private let factor: Buffer<Double>
  private let pivots: Buffer<Int32>

  init(_ size: Int) {
    (inverse, entries) = (Buffer(uninitialized: size * size), Buffer(uninitialized: size * size))
    (factor, pivots) = (Buffer(uninitialized: size * size), Buffer(uninitialized: size))
  }

  func fill<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, first: Int, count: Int) {
    entries.pointer.update(repeating: 0, count: count * count)
    for i in 0..<count {
      for p in matrix.pattern.entries(ofRow: first + i) {
        let j = Int(matrix.pattern.columnIndices.pointer[p]) - first
        if (0..<count).contains(j) { entries.pointer[j * count + i] = Double(matrix.values.pointer[p]) }
      }
    }
  }

  func invert(_ n: Int) -> Outcome {
    let (a, f, x) = (entries.pointer, factor.pointer, inverse.pointer)
    var isSymmetric = true
    for i in 0..<n {
      for j in 0..<n { x[i * n + j] = i == j ? 1 : 0 }
      for j in 0..<i where abs(a[i * n + j] - a[j * n + i]) > 1e-12 * (abs(a[i * n + i]) + abs(a[j * n + j]))
      {
        isSymmetric = false
      }
    }
    f.update(from: a, count: n * n)
    if isSymmetric, Double.potrf(n, f, n) == 0 {
      _ = Double.potrs(n, n, f, n, x, n)
      for i in 0..<n {
        for j in 0..<i {
          let mean = (x[i * n + j] + x[j * n + i]) / 2
          (x[i * n + j], x[j * n + i]) = (mean, mean)
        }
      }
      return .positiveDefinite
    }
    f.update(from: a, count: n * n)
    let broken = Double.getrf(n, n, f, n, pivots.pointer)
    if broken > 0 { return .singular(pivot: Int(broken) - 1) }
    _ = Double.getrs(transposed: false, n, n, f, n, pivots.pointer, x, n)
    return .invertible
  }
}
