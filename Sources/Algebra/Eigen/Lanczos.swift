import Tensors

/// A few eigenpairs of A x = λ B x, with symmetric A and symmetric positive definite B, by Lanczos' method with full
/// reorthogonalisation and thick restarts.
///
/// The largest values need products with A only (and solves with B). Smallest values, and those inside the spectrum, come
/// quickly with a shift: `.nearest(σ)` iterates with (A - σ B)⁻¹ B by a direct solver. Of a multiple eigenvalue one
/// vector is found surely, others by rounding; LOBPCG with a block finds all.
///
/// Sources: Lanczos, J. Res. Nat. Bur. Stand. 45 (1950), 255; thick restart: Wu & Simon, SIAM J. Matrix Anal. Appl. 22
/// (2000), 602; shift and invert: Ericsson & Ruhe, Math. Comp. 35 (1980), 1251.
public struct Lanczos: Sendable {
  /// Which eigenvalues are wanted.
  public enum Target: Sendable, Equatable {
    /// The largest ones, in descending order.
    case largest
    /// The smallest ones, in ascending order.
    case smallest
    /// Those nearest to a number, in the order of their distance.
    case nearest(Double)
  }

  /// Which eigenvalues are wanted.
  public var target: Target
  /// How many.
  public var count: Int
  /// A pair is found when ‖A x - λ B x‖ is below this times ‖A x‖ + |λ| ‖B x‖, estimated along the way.
  public var tolerance: Double
  /// The dimension of the Krylov space at which it is restarted; nil for max(2 count + 1, 20).
  public var dimension: Int?
  /// The largest number of restarts.
  public var restartLimit: Int

  /// A search for `count` pairs.
  public init(
    _ target: Target, count: Int, tolerance: Double = 1e-10, dimension: Int? = nil, restartLimit: Int = 1000
  ) {
    precondition(count > 0 && tolerance > 0 && restartLimit >= 0, "\(count) pairs to \(tolerance)")
    precondition(
      dimension == nil || dimension! > count, "a space of dimension \(dimension ?? 0) for \(count) pairs")
    (self.target, self.count, self.tolerance) = (target, count, tolerance)
    (self.dimension, self.restartLimit) = (dimension, restartLimit)
  }

  /// Finds pairs of a sparse matrix; with a shift, by a factorisation of A - σ B.
  /// - Parameters:
  ///   - matrix: A, symmetric.
  ///   - mass: B, symmetric positive definite; the identity where nil.
  ///   - solver: The direct solver; nil for LDLᵀ, and UMFPACK where that meets a zero pivot.
  ///   - pool: The threads; they do not change the result.
  /// - Throws: ``EigenError``, ``SparseMatrixError``, ``DirectSolverError`` when σ is an eigenvalue.
  public func solve(
    _ matrix: SparseMatrix<Double>, mass: SparseMatrix<Double>? = nil, solver: (any DirectSolver)? = nil,
    pool: WorkerPool = .shared
  ) throws -> EigenSolution {
    let clock = ContinuousClock.now
    try matrix.requireSymmetric(for: "Lanczos' method", remedy: "use GeneralEigen on the dense matrix")
    try matrix.requireFinite()
    try mass?.requireSymmetric(for: "The mass matrix of Lanczos' method", remedy: "symmetrise it")
    precondition(
      mass == nil || mass!.rows == matrix.rows, "a mass of order \(mass?.rows ?? 0) beside \(matrix.rows)")
    let n = matrix.rows
    let product = matrix.makeAction(pool: pool)
    let massProduct = MassProduct(mass, count: n, pool: pool)
    var work = [Double](repeating: 0, count: n)
    if case .nearest(let shift) = target {
      let shifted = try SparseMatrix.sum(1, matrix, -shift, mass ?? .identity(n), pool: pool)
      let inverse = try factorize(shifted, with: solver).makeSolve()
      let run = try iterate(massProduct, order: n, ranking: { abs($0) }) { x, y in
        massProduct.apply(x, into: &work)
        inverse.apply(work, to: &y)
      }
      return finish(run, product, massProduct, since: clock) { shift + 1 / $0 }
    }
    let inverse = try mass.map { try factorize($0, with: solver).makeSolve() }
    let sign = target == .largest ? 1.0 : -1.0
    let run = try iterate(massProduct, order: n, ranking: { sign * $0 }) { x, y in
      guard let inverse else {
        product.apply(x, to: &y)
        return
      }
      product.apply(x, to: &work)
      inverse.apply(work, to: &y)
    }
    return finish(run, product, massProduct, since: clock) { $0 }
  }

  /// Finds pairs of an operator that is known by its action, without a shift.
  /// - Parameters:
  ///   - matrix: A, symmetric.
  ///   - pool: The threads; they do not change the result.
  /// - Throws: ``EigenError``.
  public func solve(_ matrix: some LinearOperator<Double>, pool: WorkerPool = .shared) throws -> EigenSolution
  {
    let clock = ContinuousClock.now
    precondition(
      matrix.rows == matrix.columns, "eigenvalues of an operator of \(matrix.rows) × \(matrix.columns)")
    var sign = 1.0
    switch target {
    case .largest: break
    case .smallest: sign = -1
    case .nearest:
      preconditionFailure("a shift needs a matrix; give one, or the action of the shifted inverse")
    }
    let n = matrix.rows
    let product = matrix.makeAction(pool: pool)
    if n > 0 { try requireSymmetricAction(product, count: n) }
    let mass = MassProduct(nil, count: n, pool: pool)
    let run = try iterate(mass, order: n, ranking: { sign * $0 }) { x, y in product.apply(x, to: &y) }
    return finish(run, product, mass, since: clock) { $0 }
  }

  private func factorize(_ matrix: SparseMatrix<Double>, with solver: (any DirectSolver)?) throws
    -> any SparseFactorization
  {
    if let solver { return try solver.prepare(matrix) }
    do {
      return try CHOLMOD(.ldl).prepare(matrix)
    } catch DirectSolverError.smallPivot {
      return try UMFPACK().prepare(matrix)
    }
  }

  // MARK: - The iteration

  private struct Run {
    var values: [Double]
    var vectors: [[Double]]
    var status: EigenStatus
    var statistics: EigenStatistics
  }

  private func iterate(
    _ mass: MassProduct, order n: Int, ranking: (Double) -> Double,
    apply: (_ x: [Double], _ y: inout [Double]) -> Void
  ) throws(EigenError) -> Run {
    guard count < n || count == 1 && n == 1 else {
      throw .tooManyPairs(wanted: count, order: n, largest: max(n - 1, 0))
    }
    let m = min(max(dimension ?? max(2 * count + 1, 20), count + 1), n)
    var basis = LanczosBasis(mass, count: n)
    var statistics = EigenStatistics()
    statistics.method = "Lanczos"
    try basis.appendStart()
    var projected = Matrix<Double>(rows: m, columns: m)
    var next = [Double](repeating: 0, count: n)
    var size = 0
    while true {
      var coupling = 0.0
      while size < m {
        apply(basis.vectors[size], &next)
        statistics.products += 1
        let (coefficients, rest) = try basis.orthogonalize(&next)
        for i in 0...size {
          projected[i, size] = coefficients[i]
          projected[size, i] = coefficients[i]
        }
        size += 1
        let largest = coefficients.reduce(rest) { max($0, abs($1)) }
        if rest <= 10 * Double.ulpOfOne * largest {
          // The space is invariant: whatever is left is found from another vector.
          coupling = 0
          if size < n, size < m { try basis.appendStart() }
        } else {
          coupling = rest
          if size < n { basis.append(next, length: rest) }
        }
      }
      let eigen: SymmetricEigen<Double>
      do { eigen = try SymmetricEigen(projected) } catch { throw .notFinite }
      let ranked = (0..<m).sorted { ranking(eigen.values[$0]) > ranking(eigen.values[$1]) }
      let largest = eigen.values.reduce(0) { max($0, abs($1)) }
      let errors = ranked.map { abs(coupling * eigen.vectors[m - 1, $0]) }
      func isFound(_ k: Int) -> Bool {
        // Nothing below the rounding of the largest value can be told.
        errors[k] <= max(tolerance * abs(eigen.values[ranked[k]]), 4 * Double.ulpOfOne * largest)
      }
      let found = (0..<count).filter(isFound).count
      let isDone = found == count || m == n
      if isDone || statistics.iterations >= restartLimit {
        statistics.converged = isDone ? count : found
        let pairs = ranked.prefix(count)
        return Run(
          values: pairs.map { eigen.values[$0] },
          vectors: basis.combinations(pairs.map { eigen.vectors.column($0) }),
          status: isDone ? .converged : .iterationLimit, statistics: statistics)
      }
      statistics.iterations += 1
      // Pairs beside the wanted ones are kept too: they speed up what is left.
      let kept = min(count + max((m - count) / 2, 1), m - 1)
      let pairs = Array(ranked.prefix(kept))
      let last = coupling == 0 ? nil : basis.vectors[m]
      basis.replace(by: pairs.map { eigen.vectors.column($0) })
      projected = Matrix(rows: m, columns: m)
      for (i, k) in pairs.enumerated() { projected[i, i] = eigen.values[k] }
      if let last { basis.appendNormalized(last) } else { try basis.appendStart() }
      size = kept
    }
  }

  private func finish(
    _ run: Run, _ product: LinearAction<Double>, _ mass: MassProduct, since clock: ContinuousClock.Instant,
    value: (Double) -> Double
  ) -> EigenSolution {
    var (ax, bx) = ([Double](repeating: 0, count: mass.count), [Double](repeating: 0, count: mass.count))
    let values = run.values.map(value)
    let residuals = zip(values, run.vectors).map { lambda, x in
      product.apply(x, to: &ax)
      mass.apply(x, into: &bx)
      addMultiple(-lambda, bx, to: &ax)
      return euclideanNorm(ax)
    }
    var statistics = run.statistics
    statistics.seconds = (ContinuousClock.now - clock) / .seconds(1)
    return EigenSolution(
      values: values, vectors: run.vectors, residuals: residuals, status: run.status, statistics: statistics)
  }
}
