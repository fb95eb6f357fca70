import Algebra
import Equations
import FiniteVolumes
import Foundation
import Geometry

/// The second-order stencil on a uniform grid of a box, with coefficients that may vary, solved as a sparse system.
///
/// ```swift
/// let solution = try solve(Darcy(), with: GridMethod.multigrid(points: [257]))
/// ```
public struct GridMethod: SteadyMethod {
  /// How the system is solved.
  public enum Solver: Sendable, Hashable {
    /// Successive over-relaxation with a factor, by default Young's optimal one.
    case sor(factor: Double?)
    /// Conjugate gradients with a modified incomplete Cholesky factorisation, or GMRES with an incomplete LU one where
    /// there is convection.
    case pcg
    /// Conjugate gradients with a cycle of geometric multigrid.
    case multigrid
    /// Conjugate gradients with smoothed aggregation, which knows nothing of the grid.
    case amg
    /// Sparse Cholesky factorisation.
    case cholesky
    /// Sparse LU factorisation.
    case lu
  }

  public var points: [Int]
  /// How the system is solved.
  public var solver: Solver
  /// The tolerance of iterations, relative to the right-hand side.
  public var tolerance: Double

  /// A method by its solver.
  public init(_ solver: Solver, points: [Int], tolerance: Double = 1e-10) {
    (self.solver, self.points, self.tolerance) = (solver, points, tolerance)
  }

  public static func sor(points: [Int], factor: Double? = nil) -> GridMethod {
    GridMethod(.sor(factor: factor), points: points)
  }
  public static func pcg(points: [Int]) -> GridMethod { GridMethod(.pcg, points: points) }
  public static func multigrid(points: [Int]) -> GridMethod { GridMethod(.multigrid, points: points) }
  public static func amg(points: [Int]) -> GridMethod { GridMethod(.amg, points: points) }
  public static func cholesky(points: [Int]) -> GridMethod { GridMethod(.cholesky, points: points) }
  public static func lu(points: [Int]) -> GridMethod { GridMethod(.lu, points: points) }

  public var name: String {
    switch solver {
    case .sor: "sor"
    case .pcg: "pcg"
    case .multigrid: "multigrid"
    case .amg: "amg"
    case .cholesky: "cholesky"
    case .lu: "lu"
    }
  }

  public func solve(_ system: PDESystem, seed: UInt64) throws -> SteadySolution {
    let points = try system.resolvedPoints(points)
    let equations = try SecondOrderEquation.read(system, for: name)
    var drawn: [RandomField: [Double]] = [:]
    var statistics = RunStatistics()
    var fields: [[Double]] = []
    var grid: RectilinearGrid!
    for equation in equations {
      let start = Date()
      let discrete = try GridDiffusion(equation, of: system, points: points) { field, grid in
        if let known = drawn[field] { return known }
        let values = RandomFields(seed: seed, stream: 1 << 32).values(of: field, box: system.box, on: grid)
        drawn[field] = values
        return values
      }
      statistics.secondsSetup += Date().timeIntervalSince(start)
      let begin = Date()
      let report = SparseSolver.Report()
      let unknowns = try sparseSolver(discrete).solve(
        discrete.matrix, discrete.rightHandSide, isSymmetric: discrete.isSymmetric,
        nullSpace: discrete.leavesConstantFree ? .constant(discrete.matrix.rows) : nil, report: report)
      statistics.secondsSolve += Date().timeIntervalSince(begin)
      statistics.unknowns = (statistics.unknowns ?? 0) + unknowns.count
      statistics.record(report)
      grid = discrete.grid
      fields.append(discrete.values(unknowns))
    }
    return SteadySolution(
      state: GridState(system: system, grid: grid, fields: fields, random: drawn), statistics: statistics)
  }

  private func sparseSolver(_ discrete: GridDiffusion) throws -> SparseSolver {
    let stopping = StoppingCriterion.relative(tolerance, iterationLimit: 100_000)
    guard discrete.isSymmetric else {
      switch solver {
      case .pcg: return .iterative(GMRES(stopping), IncompleteLU())
      case .sor(let factor): return .iterative(SOR(stopping, relaxation: factor ?? 1), nil)
      case .lu: return .direct(UMFPACK())
      case .multigrid, .amg, .cholesky:
        throw EquationError(
          "\(name) takes symmetric operators, and this one has convection: use pcg (GMRES with an incomplete factorisation), "
            + "lu, or finite elements (fem)")
      }
    }
    switch solver {
    case .sor(let factor): return .iterative(SOR(stopping, relaxation: factor), nil)
    case .pcg: return .iterative(ConjugateGradient(stopping), IncompleteCholesky.modified)
    case .multigrid:
      return .iterative(ConjugateGradient(stopping), GridPreconditioner(try discrete.multigridOperator()))
    case .amg: return .iterative(ConjugateGradient(stopping), SmoothedAggregation())
    case .cholesky: return .direct(CHOLMOD())
    case .lu: return .direct(UMFPACK())
    }
  }
}
