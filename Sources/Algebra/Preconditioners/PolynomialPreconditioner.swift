import Tensors

/// A polynomial preconditioner: steps of Chebyshev's iteration with the diagonal D (Johnson, Micchelli & Paul, SIAM J.
/// Numer. Anal. 20 (1983), 362; Saad 2003, §12.3), on bounds of the spectrum of D⁻¹A that Lanczos' method finds.
///
/// M⁻¹ = p(D⁻¹A) D⁻¹ is symmetric and positive definite wherever the upper bound holds. An application is `degree`
/// products with the matrix and nothing else, without inner products or triangular solves.
public struct PolynomialPreconditioner: Preconditioner, Equatable, Codable {
  /// The number of products with A.
  public var degree: Int
  /// Steps of Lanczos' method for the bounds.
  public var lanczosSteps: Int

  /// A polynomial of the given degree.
  public init(degree: Int = 4, lanczosSteps: Int = 24) {
    precondition(
      degree >= 0 && lanczosSteps > 0, "degree \(degree), and \(lanczosSteps) steps of Lanczos' method")
    (self.degree, self.lanczosSteps) = (degree, lanczosSteps)
  }

  public var name: String { "polynomial" }

  /// The polynomial for a symmetric matrix with a positive diagonal.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square, not finite or not symmetric, or lacks a diagonal
  ///   entry; ``FactorizationError/notPositiveDefinite(row:count:)`` when a diagonal entry is negative.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try ChebyshevPolynomial(matrix, degree: degree, lanczosSteps: lanczosSteps, pool: pool)
  }
}

/// The Chebyshev polynomial of one matrix.
final class ChebyshevPolynomial<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let statistics: PreconditionerStatistics
  /// The interval on which 1 - λ p(λ) is small.
  let bounds: ClosedRange<Double>
  var isSymmetric: Bool { true }
  var rows: Int { matrix.rows }
  var columns: Int { matrix.rows }
  private let degree: Int
  private let lanczosSteps: Int
  private let matrix: SparseMatrix<Scalar>
  private let inverse: Buffer<Scalar>

  init(_ matrix: SparseMatrix<Scalar>, degree: Int, lanczosSteps: Int, pool: WorkerPool) throws {
    let clock = SetupClock()
    let name = "The polynomial preconditioner"
    try matrix.requireSquare(for: name)
    try matrix.requireFinite(pool: pool)
    try matrix.requireSymmetric(for: name, remedy: "use IncompleteLU with GMRES or BiCGStab", pool: pool)
    let diagonals = try matrix.pattern.diagonalPositions(purpose: name)
    try matrix.requireDiagonal(at: diagonals, positive: true, purpose: name)
    (self.matrix, self.degree, self.lanczosSteps) = (matrix, degree, lanczosSteps)
    inverse = Buffer(uninitialized: matrix.rows)
    for row in 0..<matrix.rows {
      inverse.pointer[row] = 1 / matrix.values.pointer[Int(diagonals.pointer[row])]
    }
    bounds = try ScaledSpectrum.bounds(matrix, inverse, steps: lanczosSteps, pool: pool)
    var statistics = PreconditionerStatistics()
    statistics.bytes = inverse.count * MemoryLayout<Scalar>.stride
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try ChebyshevPolynomial(matrix, degree: degree, lanczosSteps: lanczosSteps, pool: pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let n = rows
    let (matrix, inverse, degree) = (matrix, inverse, degree)
    let (starts, columns) = (matrix.pattern.rowStarts, matrix.pattern.columnIndices)
    let (direction, other) = (Buffer<Scalar>(uninitialized: n), Buffer<Scalar>(uninitialized: n))
    let (center, radius) = (
      (bounds.upperBound + bounds.lowerBound) / 2, (bounds.upperBound - bounds.lowerBound) / 2
    )
    // The right-hand side, the vector before and after a step; the factors of the step.
    let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 3)
    let factors = Buffer<Scalar>(count: 2)
    let first = ParallelRegion(tiles: RowTiles.count(n)) { tile, _ in
      let (range, z) = (RowTiles.range(tile, of: n), vectors.pointer[2]!)
      let (start, count) = (range.lowerBound, range.count)
      (direction.pointer + start).update(from: vectors.pointer[0]! + start, count: count)
      Scalar.multiply(direction.pointer + start, inverse.pointer + start, count: count)
      Scalar.scale(direction.pointer + start, by: factors.pointer[0], count: count)
      (z + start).update(from: direction.pointer + start, count: count)
    }
    let step = ParallelRegion(tiles: RowTiles.count(n)) { tile, _ in
      Scalar.chebyshevStep(
        vectors.pointer[2]!, direction.pointer, vectors.pointer[1]!, vectors.pointer[0]!, starts.pointer,
        columns.pointer, matrix.values.pointer, inverse.pointer, factors.pointer[0], factors.pointer[1],
        rows: RowTiles.range(tile, of: n))
    }
    return LinearAction(rows: n, columns: n) { r, z in
      vectors.pointer[0] = UnsafeMutablePointer(mutating: r)
      // Steps go from one vector to the other, the last one to z.
      vectors.pointer[2] = degree % 2 == 0 ? z : other.pointer
      factors.pointer[0] = Scalar(1 / center)
      pool.run(first)
      var rho = radius / center
      for _ in 0..<degree {
        let next = 1 / (2 * center / radius - rho)
        (factors.pointer[0], factors.pointer[1]) = (Scalar(next * rho), Scalar(2 * next / radius))
        (vectors.pointer[1], vectors.pointer[2]) = (
          vectors.pointer[2], vectors.pointer[2] == z ? other.pointer : z
        )
        pool.run(step)
        rho = next
      }
    }
  }
}
