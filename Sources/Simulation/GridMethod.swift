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
  public struct Solver: Sendable, CustomStringConvertible {
    /// The name by which the command line knows it.
    public let name: String
    fileprivate let make: @Sendable (GridDiffusion) throws -> any LinearSolver

    /// Any solver of sparse systems.
    public static func sparse(_ solver: any LinearSolver, name: String? = nil) -> Solver {
      Solver(name: name ?? solver.name) { _ in solver }
    }
    /// Successive over-relaxation with a factor, by default Young's optimal one.
    public static func sor(factor: Double?) -> Solver {
      // Young's theory is that of symmetric matrices.
      Solver(name: "sor") { .sor(factor: factor ?? ($0.isSymmetric ? nil : 1)) }
    }
    /// Conjugate gradients with a modified incomplete Cholesky factorisation, or GMRES with an incomplete LU one where
    /// there is convection.
    public static let pcg = Solver(name: "pcg") { $0.isSymmetric ? .pcg : .gmres }
    /// Conjugate gradients with a cycle of geometric multigrid.
    public static let multigrid = Solver(name: "multigrid") {
      .iterative(ConjugateGradient(.tight), GridPreconditioner(try $0.multigridOperator()))
    }
    /// Conjugate gradients with smoothed aggregation, which knows nothing of the grid.
    public static let amg = sparse(.amg, name: "amg")
    /// Sparse Cholesky factorisation.
    public static let cholesky = sparse(.cholesky, name: "cholesky")
    /// Sparse LU factorisation.
    public static let lu = sparse(.lu, name: "lu")

    public var description: String { name }
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

  public var name: String { solver.name }

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
      var prepared: (any PreparedLinearSolver<Double>)?
      let unknowns = try statistics.solve(
        discrete.matrix, discrete.rightHandSide, with: try linearSolver(discrete),
        nullSpace: discrete.leavesConstantFree ? .constant(discrete.matrix.rows) : nil, prepared: &prepared)
      statistics.unknowns = (statistics.unknowns ?? 0) + unknowns.count
      grid = discrete.grid
      fields.append(discrete.values(unknowns))
    }
    return SteadySolution(
      state: GridState(system: system, grid: grid, fields: fields, random: drawn), statistics: statistics)
  }

  private func linearSolver(_ discrete: GridDiffusion) throws -> any LinearSolver {
    if !discrete.isSymmetric, solver.name == Solver.multigrid.name {
      throw Self.notSymmetric(name)
    }
    let method = try solver.make(discrete)
    if !discrete.isSymmetric, method.needsSymmetricMatrix { throw Self.notSymmetric(name) }
    guard var iterative = method as? IterativeLinearSolver else { return method }
    iterative.method.stopping = .relative(tolerance, iterationLimit: 100_000)
    return iterative
  }

  private static func notSymmetric(_ name: String) -> EquationError {
    EquationError(
      "\(name) takes symmetric operators, and this one has convection: use pcg (GMRES with an incomplete factorisation), "
        + "lu, or finite elements (fem)")
  }
}
