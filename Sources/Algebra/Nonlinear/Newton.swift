import Tensors

/// Newton's method for f(x) = 0 with a Jacobian that is factorised, damped by a line search.
///
/// Near a regular solution the error is squared in every step. The line search makes it converge from afar, or find out
/// that it cannot.
///
/// ```swift
/// let solution = try Newton().solve(from: [1, 1]) { x, f in
///   f[0] = x[0] * x[0] + x[1] * x[1] - 4
///   f[1] = x[0] - x[1]
/// } jacobian: { x in
///   Matrix([[2 * x[0], 2 * x[1]], [1, -1]])
/// }
/// ```
public struct Newton: Sendable {
  /// When to stop.
  public var stopping: NonlinearStopping
  /// The line search; nil for steps of full length times `damping`.
  public var lineSearch: LineSearch?
  /// The longest part of a Newton step that is tried, at most 1.
  public var damping: Double
  /// For how many steps a Jacobian is used before it is made anew: 1 for Newton's method, more for the chord method, which
  /// pays where the factorisation is dear.
  public var jacobianLifetime: Int

  /// Newton's method with the given settings.
  public init(
    stopping: NonlinearStopping = NonlinearStopping(), lineSearch: LineSearch? = LineSearch(),
    damping: Double = 1, jacobianLifetime: Int = 1
  ) {
    precondition(damping > 0 && damping <= 1, "a damping of \(damping), which must be in (0, 1]")
    precondition(jacobianLifetime > 0, "a Jacobian for \(jacobianLifetime) steps")
    (self.stopping, self.lineSearch) = (stopping, lineSearch)
    (self.damping, self.jacobianLifetime) = (damping, jacobianLifetime)
  }

  /// Solves f(x) = 0 with a sparse Jacobian. The analysis of its pattern is done once.
  /// - Parameters:
  ///   - start: The first point.
  ///   - solver: The direct solver of the steps.
  ///   - residual: Writes f(x).
  ///   - jacobian: The matrix of ∂f_i/∂x_j.
  /// - Returns: The point that was reached, how the iteration ended, and what it took. A Jacobian that cannot be
  ///   factorised is a status, not an error.
  /// - Throws: What `residual` and `jacobian` throw.
  public func solve(
    from start: [Double], solver: some DirectSolver = UMFPACK(),
    residual: @escaping (_ x: [Double], _ f: inout [Double]) throws -> Void,
    jacobian: (_ x: [Double]) throws -> SparseMatrix<Double>
  ) throws -> NonlinearSolution {
    var factors: (any SparseFactorization)?
    return try iterate(from: start, residual: residual) { x, f in
      let matrix = try jacobian(x)
      precondition(
        matrix.rows == x.count && matrix.columns == x.count,
        "a Jacobian of \(matrix.rows) × \(matrix.columns) for \(x.count) unknowns")
      do {
        if factors == nil { factors = try solver.prepare(matrix) } else { try factors!.refactorize(matrix) }
      } catch {
        return .failure(StepFailure(reason: "\(error)"))
      }
      let action = factors!.makeSolve()
      var sums = [Double](repeating: 0, count: x.count)
      for i in x.indices {
        for p in matrix.pattern.entries(ofRow: i) {
          sums[i] += abs(matrix.values.pointer[p] * x[Int(matrix.pattern.columnIndices.pointer[p])])
        }
      }
      return .success(
        Linearization(rounding: 8 * Double.ulpOfOne * euclideanNorm(sums)) { right, step in
          action.apply(right, to: &step)
        })
    }
  }

  /// Solves f(x) = 0 with a dense Jacobian.
  /// - Parameters:
  ///   - start: The first point.
  ///   - residual: Writes f(x).
  ///   - jacobian: The matrix of ∂f_i/∂x_j.
  /// - Returns: The point that was reached, how the iteration ended, and what it took.
  /// - Throws: What `residual` and `jacobian` throw.
  public func solve(
    from start: [Double], residual: @escaping (_ x: [Double], _ f: inout [Double]) throws -> Void,
    jacobian: (_ x: [Double]) throws -> Matrix<Double>
  ) throws -> NonlinearSolution {
    try iterate(from: start, residual: residual) { x, f in
      let matrix = try jacobian(x)
      precondition(
        matrix.rows == x.count && matrix.columns == x.count,
        "a Jacobian of \(matrix.rows) × \(matrix.columns) for \(x.count) unknowns")
      do {
        let factors = try LUFactorization(matrix)
        let sums = x.indices.map { i in x.indices.reduce(0) { $0 + abs(matrix[i, $1] * x[$1]) } }
        return .success(
          Linearization(rounding: 8 * Double.ulpOfOne * euclideanNorm(sums)) { right, step in
            step = right
            factors.solve(&step)
          })
      } catch {
        return .failure(StepFailure(reason: "\(error)"))
      }
    }
  }

  /// A factorised Jacobian, and the rounding of f that it stands for: ε ‖ |J| |x| ‖, a few times.
  private struct Linearization {
    let rounding: Double
    let solve: (_ right: [Double], _ step: inout [Double]) -> Void
  }

  private func iterate(
    from start: [Double], residual: @escaping (_ x: [Double], _ f: inout [Double]) throws -> Void,
    linearize: (_ x: [Double], _ f: [Double]) throws -> Result<Linearization, StepFailure>
  ) throws -> NonlinearSolution {
    let iteration = try NewtonIteration(method: "Newton", from: start, stopping: stopping, residual: residual)
    var step = [Double](repeating: 0, count: start.count)
    var right = step
    var linearization: Linearization?
    var age = 0
    while true {
      if let ending = iteration.ending { return iteration.solution(ending) }
      if linearization == nil || age >= jacobianLifetime {
        linearization = nil
        iteration.statistics.jacobianEvaluations += 1
        switch try linearize(iteration.x, iteration.f) {
        case .success(let found): linearization = found
        case .failure(let failure): return iteration.solution(.linearSolveFailed(failure.reason))
        }
        age = 0
      }
      for i in right.indices { right[i] = -iteration.f[i] }
      linearization!.solve(right, &step)
      if iteration.isRounding(step) { return iteration.solution(.convergedToRounding) }
      if let failure = try iteration.search(step, lineSearch, damping: damping, slope: 1) {
        // An old Jacobian may be the reason.
        if age > 0, !failure.isSuccess {
          linearization = nil
          continue
        }
        // What is left of f may be nothing but the rounding of its terms.
        if failure == .lineSearchFailed, iteration.norm <= linearization!.rounding {
          return iteration.solution(.convergedToRounding)
        }
        return iteration.solution(failure)
      }
      age += 1
    }
  }
}

/// A linear system that could not be solved, in words.
struct StepFailure: Error {
  let reason: String
}
