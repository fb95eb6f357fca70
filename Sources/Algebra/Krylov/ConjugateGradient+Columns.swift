import CKernels
import Tensors

extension ConjugateGradient {
  /// Solves A X = B for several right-hand sides with shared sweeps over the matrix: a tile of rows is multiplied with
  /// all directions while it is in the cache. Every column takes its own steps, as in a solve of its own, bit for bit.
  /// - Parameters:
  ///   - matrix: A.
  ///   - columns: The right-hand sides.
  ///   - preconditioner: M⁻¹.
  ///   - initialGuesses: Where to start each column; zero where nil.
  /// - Throws: ``SparseMatrixError``, ``IterativeSolverError`` for what the method cannot take.
  public func solve<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, columns: [[Scalar]], preconditioner: (any LinearOperator<Scalar>)? = nil,
    initialGuesses: [[Scalar]]? = nil, pool: WorkerPool = .shared
  ) throws -> [IterativeSolution<Scalar>] {
    precondition(
      initialGuesses.map { $0.count == columns.count } ?? true,
      "\(initialGuesses?.count ?? 0) initial guesses for \(columns.count) right-hand sides")
    let start = ck_nanoseconds()
    var statuses = [IterationStatus?](repeating: nil, count: columns.count)
    var iterations: [ConjugateGradientIteration<Scalar>] = []
    for (k, b) in columns.enumerated() {
      let system = try IterativeSystem(
        matrix, b, preconditioner: preconditioner, initialGuess: initialGuesses?[k], nullSpace: nil,
        method: name, stopping: stopping, requirements: requirements, pool: pool)
      iterations.append(ConjugateGradientIteration(system))
      statuses[k] = try system.begin() ?? iterations[k].begin()
    }
    let products = SharedProducts(matrix, capacity: columns.count, pool: pool)
    while true {
      products.removeAll()
      for k in columns.indices where statuses[k] == nil {
        if iterations[k].system.mayContinue {
          products.append(iterations[k].p, iterations[k].q)
        } else {
          statuses[k] = .iterationLimit
        }
      }
      if products.count == 0 { break }
      products.run()
      var place = 0
      for k in columns.indices where statuses[k] == nil {
        statuses[k] = try iterations[k].step(curvature: products.inner(place))
        place += 1
      }
    }
    return columns.indices.map { iterations[$0].system.solution(statuses[$0]!, since: start) }
  }
}

extension SparseMatrix {
  /// The products of the matrix with several vectors, in one sweep over the matrix.
  public func multiply(columns x: [[Scalar]], pool: WorkerPool = .shared) -> [[Scalar]] {
    precondition(
      x.allSatisfy { $0.count == columns },
      "a matrix of \(rows) × \(columns) applied to vectors of \(x.map(\.count)) elements")
    let products = SharedProducts(self, capacity: x.count, pool: pool)
    let sources = x.map { Buffer($0) }
    let results = x.map { _ in Buffer<Scalar>(uninitialized: rows) }
    for (source, result) in zip(sources, results) { products.append(source.pointer, result.pointer) }
    // The products keep addresses only.
    withExtendedLifetime((sources, results)) { products.run() }
    return results.map(\.array)
  }
}

/// y = A x for several pairs of vectors at once, with x·y where A is square.
final class SharedProducts<Scalar: SparseScalar> {
  private let pairs: Buffer<UnsafeMutablePointer<Scalar>?>
  private let sums: Buffer<Double>
  private let tally = Tally()
  private let pool: WorkerPool
  private let region: ParallelRegion
  private let capacity, tiles: Int

  private final class Tally: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var count = 0
  }

  init(_ matrix: SparseMatrix<Scalar>, capacity: Int, pool: WorkerPool) {
    tiles = RowTiles.count(matrix.rows)
    (self.capacity, self.pool) = (capacity, pool)
    (pairs, sums) = (Buffer(count: 2 * capacity), Buffer(count: tiles * capacity))
    let (runs, rows, isSquare) = (
      RowRuns(matrix, pool: pool), matrix.rows, matrix.rows == matrix.columns
    )
    let (pairs, sums, tally) = (pairs, sums, tally)
    region = ParallelRegion(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: rows)
      for k in 0..<tally.count {
        let (x, y) = (pairs.pointer[2 * k]!, pairs.pointer[2 * k + 1]!)
        runs.multiply(x, to: y, tile: tile)
        guard isSquare else { continue }
        sums.pointer[tile * capacity + k] = Scalar.inner(
          x + range.lowerBound, y + range.lowerBound, count: range.count)
      }
    }
  }

  var count: Int { tally.count }
  func removeAll() { tally.count = 0 }

  func append(_ x: UnsafeMutablePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) {
    (pairs.pointer[2 * count], pairs.pointer[2 * count + 1]) = (x, y)
    tally.count += 1
  }

  func run() { pool.run(region) }

  /// x·y of a pair.
  func inner(_ k: Int) -> Double {
    var total = 0.0
    for tile in 0..<tiles { total += sums.pointer[tile * capacity + k] }
    return total
  }
}
