import Algebra
import Equations
import FiniteElements
import Foundation
import Geometry

/// Finite elements on a mesh, for steady problems and, with an implicit time stepper, for evolutions.
///
/// ```swift
/// let solution = try solve(Poisson(), with: FiniteElementMethod(order: 2, cells: [32, 32]))
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
  /// How linear systems are solved.
  public var solver: SparseSolver

  /// Finite elements of an order on a given mesh, or on the mesh that the problem's domain is.
  ///
  /// - Parameter boundaries: Boundaries of the mesh by the names in the problem's conditions, where these are other ones.
  public init(
    mesh: Mesh? = nil, boundaries: [String: [String]] = [:], order: Int = 1,
    stabilization: Stabilization = .none,
    solver: SparseSolver = .automatic
  ) {
    (placement, self.order, points) = (MeshPlacement(mesh: mesh, boundaries: boundaries), order, [])
    (self.stabilization, self.solver) = (stabilization, solver)
  }

  /// Finite elements of an order on a box that is cut into so many cells per axis.
  public init(
    order: Int = 1, cells: [Int], stabilization: Stabilization = .none, solver: SparseSolver = .automatic
  ) {
    self.init(order: order, stabilization: stabilization, solver: solver)
    points = cells.map { $0 + 1 }
  }

  public var name: String { "fem" }

  /// The discretised problem.
  ///
  /// - Throws: ``EquationError``, ``FiniteElementError``, ``MeshError``.
  public func discretize(_ system: PDESystem) throws -> FiniteElementSystem {
    let mesh = try system.mesh ?? boxMesh(system)
    return try FiniteElementSystem(system, mesh: mesh, order: order, stabilization: stabilization)
  }

  private func boxMesh(_ system: PDESystem) throws -> Mesh {
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
    let elements = try discretize(system)
    var statistics = RunStatistics()
    statistics.secondsSetup = Date().timeIntervalSince(start)
    let begin = Date()
    let report = SparseSolver.Report()
    let solution = try elements.solve { matrix, b, isSymmetric in
      try solver.solve(matrix, b, isSymmetric: isSymmetric, report: report)
    }
    statistics.secondsSolve = Date().timeIntervalSince(begin)
    statistics.unknowns = elements.dofCount
    statistics.newtonSteps = elements.isLinear ? nil : solution.statistics.iterations
    statistics.record(report)
    return SteadySolution(state: try MeshState(solution), statistics: statistics)
  }
}
