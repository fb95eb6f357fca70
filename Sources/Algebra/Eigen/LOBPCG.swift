import Tensors

/// The smallest or the largest eigenpairs of A x = λ B x, with symmetric A and symmetric positive definite B, by the
/// locally optimal block preconditioned conjugate gradient method: no factorisation, only products and a preconditioner.
///
/// Every iteration finds the best pairs in the span of the block, its preconditioned residuals and the last directions,
/// which is kept orthonormal. Multiple eigenvalues are found with all their vectors, as long as they fit the block.
///
/// Sources: Knyazev, SIAM J. Sci. Comput. 23 (2001), 517; orthonormal bases: Hetmaniuk & Lehoucq, J. Comput. Phys. 218
/// (2006), 324.
public struct LOBPCG: Sendable {
  /// Which eigenvalues are wanted.
  public enum Target: String, Sendable, Codable, CaseIterable {
    /// The smallest ones, in ascending order.
    case smallest
    /// The largest ones, in descending order.
    case largest
  }

  /// Which eigenvalues are wanted.
  public var target: Target
  /// How many.
  public var count: Int
  /// Vectors of the block beyond those that are wanted; they speed up the last of these.
  public var guardVectors: Int
  /// A pair is found when ‖A x - λ B x‖ ≤ tolerance · (‖A x‖ + |λ| ‖B x‖).
  public var tolerance: Double
  /// The largest number of iterations.
  public var iterationLimit: Int

  /// A search for `count` pairs.
  public init(
    _ target: Target = .smallest, count: Int, guardVectors: Int? = nil, tolerance: Double = 1e-8,
    iterationLimit: Int = 1000
  ) {
    precondition(count > 0 && tolerance > 0 && iterationLimit >= 0, "\(count) pairs to \(tolerance)")
    precondition((guardVectors ?? 0) >= 0, "\(guardVectors ?? 0) vectors beyond the wanted ones")
    (self.target, self.count, self.tolerance) = (target, count, tolerance)
    (self.guardVectors, self.iterationLimit) = (guardVectors ?? max(2, count / 4), iterationLimit)
  }

  /// Finds pairs.
  /// - Parameters:
  ///   - matrix: A, symmetric.
  ///   - mass: B, symmetric positive definite; the identity where nil.
  ///   - preconditioner: An approximate inverse of A, symmetric and positive definite.
  ///   - start: Vectors to start from; without structure where nil or fewer than the block.
  ///   - pool: The threads; they do not change the result.
  /// - Throws: ``EigenError``.
  public func solve(
    _ matrix: some LinearOperator<Double>, mass: (any LinearOperator<Double>)? = nil,
    preconditioner: (any LinearOperator<Double>)? = nil, start: [[Double]] = [], pool: WorkerPool = .shared
  ) throws(EigenError) -> EigenSolution {
    let clock = ContinuousClock.now
    let n = matrix.rows
    precondition(
      matrix.columns == n && (mass?.rows ?? n) == n && (preconditioner?.rows ?? n) == n,
      "A of \(n) × \(matrix.columns), B of order \(mass?.rows ?? n), M of order \(preconditioner?.rows ?? n)")
    precondition(start.allSatisfy { $0.count == n }, "vectors to start from that have not \(n) elements")
    // Three blocks must fit.
    let block = min(count + guardVectors, n / 3)
    guard block >= count else { throw .tooManyPairs(wanted: count, order: n, largest: n / 3) }
    var product = BlockProducts(matrix, mass, count: n, pool: pool)
    try requireSymmetricAction(product.operatorAction, count: n)
    let inverse = preconditioner?.makeAction(pool: pool)
    let sign = target == .smallest ? 1.0 : -1.0

    var statistics = EigenStatistics()
    statistics.method = "LOBPCG"
    var x = EigenBlock()
    for k in 0..<block {
      x.append(product.images(of: k < start.count ? start[k] : startingVector(n, stream: UInt64(k))))
    }
    x = try x.orthonormalized(against: EigenBlock(), product)
    var spare = UInt64(block)
    while x.count < block {
      var more = EigenBlock()
      more.append(product.images(of: startingVector(n, stream: spare)))
      spare += 1
      x.append(try more.orthonormalized(against: x, product))
    }
    var (values, combinations) = try rayleighRitz(x, block, sign)
    x = x.combined(combinations)
    var p = EigenBlock()
    var (best, sinceBest) = (Double.infinity, 0)
    while true {
      // Products made anew, so that rounding does not add up.
      for k in 0..<x.count { x[k] = product.images(of: x.vectors[k]) }
      var residuals: [[Double]] = []
      var errors: [Double] = []
      for k in 0..<x.count {
        var r = x.products[k]
        addMultiple(-values[k], x.images[k], to: &r)
        let scale = euclideanNorm(x.products[k]) + abs(values[k]) * euclideanNorm(x.images[k])
        let error = euclideanNorm(r)
        guard error.isFinite else { throw .notFinite }
        errors.append(scale > 0 ? error / scale : 0)
        residuals.append(r)
      }
      let found = (0..<count).filter { errors[$0] <= tolerance }.count
      let worst = errors.prefix(count).max()!
      if worst < 0.99 * best { (best, sinceBest) = (worst, 0) } else { sinceBest += 1 }
      let status: EigenStatus? =
        found == count
        ? .converged
        : statistics.iterations >= iterationLimit ? .iterationLimit : sinceBest > 50 ? .stagnated : nil
      if let status {
        statistics.converged = found
        statistics.products = product.count
        statistics.seconds = (ContinuousClock.now - clock) / .seconds(1)
        return EigenSolution(
          values: Array(values.prefix(count)), vectors: Array(x.vectors.prefix(count)),
          residuals: residuals.prefix(count).map(euclideanNorm), status: status, statistics: statistics)
      }
      statistics.iterations += 1
      // Pairs that are found stay in the space, but need no new directions.
      var w = EigenBlock()
      for k in 0..<x.count where errors[k] > 0.1 * tolerance {
        var direction = residuals[k]
        inverse?.apply(residuals[k], to: &direction)
        w.append(product.images(of: direction))
      }
      w = try w.orthonormalized(against: x, product)
      var space = x
      space.append(w)
      space.append(try p.orthonormalized(against: space, product))
      (values, combinations) = try rayleighRitz(space, block, sign)
      // The new directions: what the new block has outside the old one.
      p = space.combined(
        combinations.map { weights in
          weights.enumerated().map { $0.offset < x.count ? 0 : $0.element }
        })
      x = space.combined(combinations)
    }
  }

  /// The best pairs within an orthonormal space.
  private func rayleighRitz(_ space: EigenBlock, _ block: Int, _ sign: Double) throws(EigenError) -> (
    values: [Double], combinations: [[Double]]
  ) {
    var projected = Matrix<Double>(rows: space.count, columns: space.count)
    for j in 0..<space.count {
      for i in j..<space.count { projected[i, j] = sign * innerProduct(space.vectors[i], space.products[j]) }
    }
    do {
      let eigen = try SymmetricEigen(projected)
      let wanted = 0..<min(block, space.count)
      return (wanted.map { sign * eigen.values[$0] }, wanted.map { eigen.vectors.column($0) })
    } catch {
      throw .notFinite
    }
  }
}
