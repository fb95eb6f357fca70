import Equations
import Geometry

/// One solve of an adaptive sequence.
public struct AdaptiveStep: Sendable {
  /// The solution on the mesh of this step.
  public var solution: FiniteElementSolution
  /// The estimate of its error.
  public var estimate: ErrorEstimate
}

/// Solves a steady problem on a sequence of meshes, each refined by bisection where the estimated error of the one before is
/// largest: solve, estimate, mark, refine (Morin, Nochetto & Siebert 2000).
///
/// - Parameters:
///   - mesh: Where the sequence starts; triangles or tetrahedra.
///   - fraction: The share of the estimate that marked cells carry.
///   - maximumDofs: The sequence ends with the first solution of at least so many degrees of freedom,
///   - tolerance: or with the first estimate below this.
///   - observe: Called after every step.
/// - Returns: The last step.
/// - Throws: What the solve and the refinement throw.
@discardableResult
public func solveAdaptively(
  _ system: PDESystem, mesh: Mesh? = nil, order: Int = 1, fraction: Double = 0.5, maximumDofs: Int,
  tolerance: Double = 0, maximumSteps: Int = 100, linearSolve: LinearSolve? = nil,
  observe: ((AdaptiveStep) throws -> Void)? = nil
) throws -> AdaptiveStep {
  guard var current = mesh ?? system.mesh else {
    throw FiniteElementError(
      "\(system.name) is posed on a box: give a mesh of it, such as .rectangle(cells: [8, 8])")
  }
  var step = 0
  while true {
    let solution = try FiniteElementSystem(system, mesh: current, order: order).solve(
      linearSolve: linearSolve)
    let found = AdaptiveStep(solution: solution, estimate: try ErrorEstimate(solution))
    try observe?(found)
    step += 1
    if solution.system.dofCount >= maximumDofs || found.estimate.total <= tolerance || step >= maximumSteps {
      return found
    }
    current = try current.bisected(found.estimate.marked(fraction: fraction)).mesh
  }
}
