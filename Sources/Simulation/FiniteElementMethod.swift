import Algebra
import Equations
import FiniteElements
import Foundation
import Geometry

/// Finite elements on a mesh, for steady problems and, with an implicit time stepper, for evolutions.
///
/// ```swift
/// let solution = try solve(Poisson(), with: FiniteElementMethod(order: 2, cells: [32, 32], solver: .cholesky))
/// let onFile = try solve(Poisson(), with: FiniteElementMethod(mesh: Gmsh.read(url), order: 2))
/// ```
public struct FiniteElementMethod: SteadyMethod {
  /// The mesh, and which of its boundaries the problem's conditions mean; the problem's own domain by default.
  public var placement: MeshPlacement
  /// The order of the elements; unknowns that act as pressures get one less.
  public var order: Int
  /// Vertices per axis of the mesh that is made of a box.
  public var points: [Int]
  /// What is added where convection dominates.
  public var stabilization: Stabilization
  /// How the linear systems of steady problems are solved; the steps of evolutions are factorised.
  public var solver: any LinearSolver

  /// Finite elements of an order on a given mesh, or on the mesh that the problem's domain is.
  ///
  /// - Parameter boundaries: Boundaries of the mesh by the names in the problem's conditions, where these are other ones.
  public init(
    mesh: Mesh? = nil, boundaries: [String: [String]] = [:], order: Int = 1,
    stabilization: Stabilization = .none, solver: any LinearSolver = .automatic
  ) {
    (placement, self.order, points) = (MeshPlacement(mesh: mesh, boundaries: boundaries), order, [])
    (self.stabilization, self.solver) = (stabilization, solver)
  }

  /// Finite elements of an order on a box that is cut into so many cells per axis.
  public init(
    order: Int = 1, cells: [Int], stabilization: Stabilization = .none,
    solver: any LinearSolver = .automatic
  ) {
    self.init(order: order, stabilization: stabilization, solver: solver)
    points = cells.map { $0 + 1 }
  }

  public var name: String { "fem" }

  /// The discretised problem.
  ///
  /// - Parameter seed: What random fields are drawn from.
  /// - Throws: ``EquationError``, ``FiniteElementError``, ``MeshError``.
  public func discretize(_ system: PDESystem, seed: UInt64 = 0) throws -> FiniteElementSystem {
    let mesh = try system.mesh ?? boxMesh(system)
    return try FiniteElementSystem(system, mesh: mesh, order: order, stabilization: stabilization) {
      RandomFields(seed: seed, stream: $1).interpolant(of: $0, around: $2)
    }
  }

  private func boxMesh(_ system: PDESystem) throws -> Mesh {
    try system.requireNoRegion()
    if let axis = zip(Axis.allCases, system.box.intervals).first(where: { $0.1.isPeriodic })?.0 {
      throw EquationError(
        "\(system.name) is periodic along \(axis.name), which finite elements do not take: use a spectral method"
      )
    }
    let counts = points.isEmpty ? [65] : points
    let cells = try system.resolvedPoints(counts, requiringBox: false).map { $0 - 1 }
    let bounds = system.box.intervals.map { $0.lower...$0.upper }
    return switch system.dimension {
    case 1: .interval(bounds[0], cells: cells[0])
    case 2: .rectangle(x: bounds[0], y: bounds[1], cells: cells)
    default: .box(x: bounds[0], y: bounds[1], z: bounds[2], cells: cells)
    }
  }

  public func solve(_ system: PDESystem, seed: UInt64) throws -> SteadySolution {
    let start = Date()
    let elements = try discretize(system, seed: seed)
    var statistics = RunStatistics()
    statistics.secondsSetup = Date().timeIntervalSince(start)
    if solver.needsSymmetricMatrix, !elements.isSymmetric {
      throw EquationError(
        "\(solver.name) takes symmetric matrices, and that of \(system.name) is not: use lu, gmres+ilu or automatic"
      )
    }
    let begin = Date()
    var linear = RunStatistics()
    var prepared: (any PreparedLinearSolver<Double>)?
    let solution = try elements.solve { matrix, b, _ in
      try linear.solve(matrix, b, with: solver, prepared: &prepared)
    }
    statistics.secondsSetup += linear.secondsSetup
    statistics.secondsSolve = Date().timeIntervalSince(begin) - linear.secondsSetup
    (statistics.solver, statistics.iterations) = (linear.solver, linear.iterations)
    statistics.relativeResidual = linear.relativeResidual
    statistics.unknowns = elements.dofCount
    statistics.newtonSteps = elements.isLinear ? nil : solution.statistics.iterations
    return SteadySolution(state: try MeshState(solution), statistics: statistics)
  }
}
