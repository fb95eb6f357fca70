import Algebra
import Foundation

/// How the sparse systems of grids and meshes are solved.
public enum SparseSolver: Sendable {
  /// Cholesky or LU factorisation for small systems, conjugate gradients with algebraic multigrid for large symmetric
  /// ones.
  case automatic
  /// A factorisation.
  case direct(any DirectSolver)
  /// An iteration, with a preconditioner where there is one.
  case iterative(any IterativeSolver, (any Preconditioner)?)

  /// What solves did, for statistics.
  final class Report {
    var solver = ""
    var iterations = 0
    var relativeResidual = 0.0
    var setupSeconds = 0.0
  }

  /// The largest systems that are factorised by default: fill grows faster in three dimensions.
  private static let largestDirect = 60_000

  func solve(
    _ matrix: SparseMatrix<Double>, _ b: [Double], isSymmetric: Bool, nullSpace: NullSpace<Double>? = nil,
    report: Report
  ) throws -> [Double] {
    switch self {
    case .automatic:
      if matrix.rows > Self.largestDirect, isSymmetric {
        let solver = SparseSolver.iterative(
          ConjugateGradient(.relative(1e-11, iterationLimit: 1000)), SmoothedAggregation())
        // An indefinite matrix is symmetric too: a factorisation takes it.
        if let x = try? solver.solve(matrix, b, isSymmetric: true, nullSpace: nullSpace, report: report) {
          return x
        }
      }
      if isSymmetric, nullSpace == nil,
        let x = try? SparseSolver.direct(CHOLMOD()).solve(matrix, b, isSymmetric: true, report: report)
      {
        return x
      }
      if nullSpace != nil {
        return try SparseSolver.iterative(ConjugateGradient(.relative(1e-12)), SmoothedAggregation())
          .solve(matrix, b, isSymmetric: isSymmetric, nullSpace: nullSpace, report: report)
      }
      // Patterns of grids and elements are symmetric, and saddle points need to be told that it serves.
      let factorization = UMFPACK(ordering: .nestedDissection, strategy: .symmetric)
      return try SparseSolver.direct(factorization).solve(
        matrix, b, isSymmetric: isSymmetric, report: report)
    case .direct(let method):
      if nullSpace != nil {
        throw SolveError.singular(method: method.name)
      }
      report.solver = method.name
      let begin = Date()
      let factors = try method.prepare(matrix)
      report.setupSeconds += Date().timeIntervalSince(begin)
      report.iterations = 1
      return factors.solve(b)
    case .iterative(let method, let preconditioner):
      report.solver = ([method.name] + [preconditioner?.name].compactMap { $0 }).joined(separator: ", ")
      let begin = Date()
      let prepared = try preconditioner?.prepare(matrix, pool: .shared)
      report.setupSeconds += Date().timeIntervalSince(begin)
      let result = try method.solve(matrix, b, preconditioner: prepared, nullSpace: nullSpace)
      report.iterations += result.statistics.iterations
      report.relativeResidual = result.statistics.relativeResidual
      // Where rounding stops an iteration short of a tight tolerance, what it reached is the best there is; the figure
      // goes into the statistics.
      if result.status == .stagnated, result.statistics.relativeResidual <= 1e-7 { return result.value }
      return try result.converged()
    }
  }
}
