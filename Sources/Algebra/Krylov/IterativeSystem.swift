import CKernels
import Tensors

/// One system A x = b while a method works on it: checked operands, prepared actions, the current x, and the record of
/// residuals.
///
/// A method takes its vectors from `vector()`, starts from `residual`, and calls `record` after each iteration; it may
/// say that it has converged only when `verify` has computed b − A x.
public final class IterativeSystem<Scalar: SparseScalar> {
  /// The number of rows, and of elements of b.
  public let rows: Int
  /// The number of columns, and of elements of x.
  public let columns: Int
  /// The threads.
  public let pool: WorkerPool
  /// Passes over vectors of `rows` elements.
  public let passes: VectorPasses<Scalar>
  /// Passes over vectors of `columns` elements.
  public let columnPasses: VectorPasses<Scalar>
  /// The current solution.
  public let x: UnsafeMutablePointer<Scalar>
  /// The right-hand side, without its part in the null space.
  public let b: UnsafeMutablePointer<Scalar>
  /// When to stop.
  public let stopping: StoppingCriterion
  /// The residual norm to reach.
  public private(set) var target = 0.0
  /// ‖b‖
  public private(set) var rightHandSideNorm = 0.0
  /// The number of iterations so far.
  public private(set) var iterations = 0
  /// How often the method was started again from a computed residual.
  public var restarts = 0
  /// The diagonal of M⁻¹ where that is all it is: methods may then fuse it into other passes.
  public let diagonal: UnsafeMutablePointer<Scalar>?
  /// Whether there is a preconditioner.
  public let isPreconditioned: Bool
  /// The operator, for what only some kinds of it can do.
  public let matrix: any LinearOperator<Scalar>

  private let method: String
  private let requirements: IterativeRequirements
  private let action: FusedAction<Scalar>
  private let preconditionerAction: LinearAction<Scalar>?
  private let nullSpace: NullSpace<Scalar>?
  private let nullProducts: Buffer<Double>
  private var vectors: [Buffer<Scalar>] = []
  private var history: [Double] = []
  private var best = Double.infinity
  private var verifications = 0
  /// Whether x is still the zero that it began as, so that b is its residual.
  private var isAtZero: Bool
  /// The norm of b − A x for the x that a method ended with, where it was computed already.
  private var verified: Double?

  init(
    _ matrix: some LinearOperator<Scalar>, _ rightHandSide: [Scalar],
    preconditioner: (any LinearOperator<Scalar>)?, initialGuess: [Scalar]?, nullSpace: NullSpace<Scalar>?,
    method: String, stopping: StoppingCriterion, requirements: IterativeRequirements, pool: WorkerPool
  ) throws {
    (rows, columns) = (matrix.rows, matrix.columns)
    precondition(
      rightHandSide.count == matrix.rows,
      "a right-hand side of \(rightHandSide.count) elements for an operator of \(matrix.rows) × \(matrix.columns)"
    )
    precondition(
      initialGuess.map { $0.count == matrix.columns } ?? true,
      "an initial guess of \(initialGuess?.count ?? 0) elements for an operator of \(matrix.rows) × \(matrix.columns)"
    )
    guard rows == columns || requirements.takesRectangular else {
      throw SparseMatrixError.notSquare(rows: rows, columns: columns, purpose: method)
    }
    if let preconditioner {
      guard requirements.takesPreconditioner else {
        throw IterativeSolverError.preconditionerNotTaken(method: method)
      }
      precondition(
        preconditioner.rows == matrix.columns && preconditioner.columns == matrix.rows,
        "a preconditioner of \(preconditioner.rows) × \(preconditioner.columns) for an operator of "
          + "\(matrix.rows) × \(matrix.columns)")
      if requirements.symmetricPreconditioner,
        let prepared = preconditioner as? any PreparedPreconditioner<Scalar>,
        !prepared.isSymmetric
      {
        throw IterativeSolverError.preconditionerNotSymmetric(method: method)
      }
    }
    (self.matrix, self.method, self.stopping, self.requirements, self.pool) = (
      matrix, method, stopping, requirements, pool
    )
    isAtZero = initialGuess == nil
    let nullSpace = nullSpace ?? matrix.nullSpace
    precondition(
      (nullSpace?.count ?? matrix.columns) == matrix.columns,
      "null vectors of \(nullSpace?.count ?? 0) elements for an operator of \(matrix.rows) × \(matrix.columns)"
    )
    self.nullSpace = nullSpace
    nullProducts = Buffer(count: nullSpace?.dimension ?? 0)
    passes = VectorPasses(count: rows, pool: pool)
    columnPasses = rows == columns ? passes : VectorPasses(count: columns, pool: pool)
    action = FusedAction(matrix, pool: pool)
    let inverse = preconditioner as? DiagonalInverse<Scalar>
    // A multiple of the identity changes no iterate of any Krylov method.
    isPreconditioned = preconditioner != nil && inverse?.isUniform != true
    diagonal = nullSpace == nil && isPreconditioned ? inverse?.inverse.pointer : nil
    preconditionerAction = isPreconditioned ? preconditioner?.makeAction(pool: pool) : nil
    let (solution, source) = (Buffer<Scalar>(count: columns), Buffer(rightHandSide))
    initialGuess?.withUnsafeBufferPointer { guess in
      if let base = guess.baseAddress { solution.pointer.update(from: base, count: guess.count) }
    }
    (x, b) = (solution.pointer, source.pointer)
    vectors = [solution, source]
    history.reserveCapacity(min(stopping.iterationLimit, 1_000_000) + 2)
  }

  /// A vector of zeros for the method, as long as x unless given.
  public func vector(count: Int? = nil) -> UnsafeMutablePointer<Scalar> {
    let vector = Buffer<Scalar>(count: count ?? columns)
    vectors.append(vector)
    return vector.pointer
  }

  // MARK: - Start

  /// Checks b, x, the null space and symmetry, and finds the tolerance. Returns a status if there is nothing to do.
  func begin() throws -> IterationStatus? {
    rightHandSideNorm = passes.norm(b)
    guard rightHandSideNorm.isFinite else {
      throw IterativeSolverError.rightHandSideNotFinite(index: firstNotFinite(b, count: rows) ?? 0)
    }
    guard isAtZero || columnPasses.norm(x).isFinite else {
      throw IterativeSolverError.initialGuessNotFinite(index: firstNotFinite(x, count: columns) ?? 0)
    }
    target = max(stopping.relativeTolerance * rightHandSideNorm, stopping.absoluteTolerance)
    if let nullSpace { try removeNullSpace(nullSpace) }
    if rightHandSideNorm == 0 {
      columnPasses.zero(x)
      history.append(0)
      return .converged
    }
    if requirements.symmetricOperator && !matrix.isKnownSymmetric {
      try requireSymmetricOperator(matrix, action, for: method, remedy: requirements.remedy, pool: pool)
    }
    return nil
  }

  private func removeNullSpace(_ nullSpace: NullSpace<Scalar>) throws {
    let product = Buffer<Scalar>(uninitialized: rows)
    // A unit vector that is no null vector is compared with what the operator does to a random one.
    let probe = Buffer<Scalar>(uninitialized: columns)
    Scalar.fillNormal(probe.pointer, count: columns, seed: 1, stream: 0, first: 0)
    let length = columnPasses.norm(probe.pointer)
    action.apply(probe.pointer, to: product.pointer)
    let size = passes.norm(product.pointer) / max(length, .leastNormalMagnitude)
    for k in 0..<nullSpace.dimension {
      action.apply(nullSpace.basis.pointer + k * columns, to: product.pointer)
      guard passes.norm(product.pointer) <= 1e-6 * size else {
        throw IterativeSolverError.notANullSpace(vector: k)
      }
    }
    let before = rightHandSideNorm
    project(b)
    var part = 0.0
    for k in 0..<nullSpace.dimension { part += nullProducts.pointer[k] * nullProducts.pointer[k] }
    part = part.squareRoot()
    guard part <= max(target, 64 * Double(Scalar.ulpOfOne) * before) else {
      throw IterativeSolverError.incompatibleRightHandSide(part: part / before)
    }
  }

  private func firstNotFinite(_ x: UnsafePointer<Scalar>, count: Int) -> Int? {
    let index = Scalar.firstNotFinite(x, entries: 0..<count)
    return index < 0 ? nil : index
  }

  // MARK: - Operations

  /// y = A x
  public func apply(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) { action.apply(x, to: y) }

  /// y = A x; returns x·y.
  public func applyInner(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) -> Double {
    action.applyInner(x, to: y)
  }

  /// z = M⁻¹ r without its part in the null space; a copy of r where there is no preconditioner.
  public func applyPreconditioner(_ r: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>) {
    if let preconditionerAction {
      preconditionerAction.apply(r, to: z)
    } else {
      passes.copy(r, to: z)
    }
    project(z)
  }

  /// z = M⁻¹ r without its part in the null space; returns r·z.
  public func applyPreconditionerInner(_ r: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>)
    -> Double
  {
    // r has no part in the null space, so that projecting z does not change the product.
    if let product = preconditionerAction?.applyInner(r, to: z) {
      project(z)
      return product
    }
    if preconditionerAction == nil { passes.copy(r, to: z) }
    project(z)
    return passes.inner(r, z)
  }

  /// Whether vectors are projected.
  public var hasNullSpace: Bool { nullSpace != nil }

  /// Removes the part of a vector that lies in the null space, if there is one.
  public func project(_ z: UnsafeMutablePointer<Scalar>) {
    guard let nullSpace else { return }
    for k in 0..<nullSpace.dimension {
      let v = nullSpace.basis.pointer + k * columns
      let product = passes.inner(v, z)
      nullProducts.pointer[k] = product
      passes.axpy(Scalar(-product), v, z)
    }
  }

  /// r = b − A x; returns ‖r‖. Methods call it before they change x for the first time.
  public func residual(into r: UnsafeMutablePointer<Scalar>) -> Double {
    if isAtZero {
      isAtZero = false
      passes.copy(b, to: r)
      return nullSpace == nil ? rightHandSideNorm : passes.norm(r)
    }
    action.residual(b, x, to: r)
    project(r)
    return passes.norm(r)
  }

  // MARK: - Record

  /// Whether another iteration is allowed.
  public var mayContinue: Bool { iterations < stopping.iterationLimit }

  /// Records the residual before the first iteration.
  /// - Throws: what makes it infinite or NaN.
  public func recordStart(_ norm: Double) throws {
    guard norm.isFinite else { throw causeOfNotFinite() }
    history.append(norm)
    best = norm
  }

  /// Counts an iteration that left a residual of the given norm. Returns whether b − A x is to be computed now: the
  /// tolerance seems to be met, or it is time for a check.
  /// - Throws: what made the residual infinite or NaN.
  public func record(_ norm: Double) throws -> Bool {
    iterations += 1
    history.append(norm)
    guard norm.isFinite else { throw causeOfNotFinite() }
    return norm <= target || iterations % stopping.checkInterval == 0
  }

  /// What to do after computing b − A x.
  public enum Verdict: Equatable {
    /// The method is at its end.
    case end(IterationStatus)
    /// The residual that the method carries along is right: go on.
    case proceed
    /// It is wrong: start again from the computed one.
    case restart
  }

  /// Judges the norm of a computed residual against the one that the method carries along.
  public func verify(computed: Double, carried: Double) -> Verdict {
    verified = computed
    if computed <= target { return .end(.converged) }
    // An unknown that the operator does not see may overflow without a trace in the residual.
    guard computed.isFinite, computed <= 1e12 * max(history.first ?? 0, rightHandSideNorm),
      columnPasses.norm(x).isFinite
    else { return .end(.diverged) }
    if carried <= target || abs(computed - carried) > 0.1 * computed {
      // The recurrence lies. It may do so a few times, as long as starting again helps.
      guard verifications < 3 || computed < 0.5 * best else { return .end(.stagnated) }
      verifications = computed < 0.5 * best ? 0 : verifications + 1
      best = min(best, computed)
      restarts += 1
      return .restart
    }
    return .proceed
  }

  /// The error for a residual that is infinite or NaN: the matrix, another operator, or the preconditioner.
  private func causeOfNotFinite() -> any Error {
    if let matrix = matrix as? SparseMatrix<Scalar> {
      do { try matrix.requireFinite(pool: pool) } catch { return error }
    }
    let (probe, image) = (Buffer<Scalar>(uninitialized: columns), Buffer<Scalar>(uninitialized: rows))
    Scalar.fillNormal(probe.pointer, count: columns, seed: 1, stream: 0, first: 0)
    action.apply(probe.pointer, to: image.pointer)
    if !passes.norm(image.pointer).isFinite { return IterativeSolverError.actionNotFinite(what: "operator") }
    if let preconditionerAction {
      Scalar.fillNormal(image.pointer, count: rows, seed: 1, stream: 0, first: 0)
      preconditionerAction.apply(image.pointer, to: probe.pointer)
      if !columnPasses.norm(probe.pointer).isFinite {
        return IterativeSolverError.actionNotFinite(what: "preconditioner")
      }
    }
    return IterativeSolverError.notConverged(
      method: method, status: .diverged, iterations: iterations, residual: .infinity)
  }

  // MARK: - End

  private func finalResidual() -> Double {
    let r = Buffer<Scalar>(uninitialized: rows)
    return residual(into: r.pointer)
  }

  func solution(_ status: IterationStatus, since start: Int64) -> IterativeSolution<Scalar> {
    var statistics = IterationStatistics()
    statistics.method = method
    statistics.iterations = iterations
    statistics.residualHistory = history
    statistics.restarts = restarts
    if rightHandSideNorm > 0 {
      statistics.residual =
        status == .converged ? verified ?? finalResidual() : finalResidual()
    }
    statistics.relativeResidual = rightHandSideNorm == 0 ? 0 : statistics.residual / rightHandSideNorm
    let value = Array(UnsafeBufferPointer(start: x, count: columns))
    statistics.seconds = Double(ck_nanoseconds() - start) * 1e-9
    return IterativeSolution(value: value, status: status, statistics: statistics)
  }
}
