import Foundation

/// What is asked of our solvers: at most this part of the time of the fastest peer of their kind.
enum SolverLimits {
  /// A solver, the kind of peers it is held against, and the limits by system.
  struct Comparison: Sendable {
    var solver: String
    var family: SolverPeers.Family
    var limits: [String: Double]
  }

  static let comparisons = [
    Comparison(
      solver: "CG, AMG", family: .multigrid,
      limits: ["poisson 1024²": 0.8, "poisson 100³": 0.8, "disc, jump 1e4, 1000519": 1]),
    // It knows the grid, which the peers do not.
    Comparison(
      solver: "CG, multigrid", family: .multigrid,
      limits: ["poisson 1024²": 1.0 / 12, "poisson 128³": 0.2]),
    Comparison(
      solver: "CG, Jacobi", family: .diagonal, limits: ["poisson 1024²": 0.75, "poisson 100³": 0.75]),
    Comparison(
      solver: "CG, IC(0)", family: .factors, limits: ["poisson 1024²": 0.6, "poisson 100³": 0.6]),
    Comparison(solver: "GMRES, ILU(0)", family: .factors, limits: [:]),
  ]

  /// How many times the memory's bound an iteration may take.
  static let iterationOverBound = 1.5
}
