import Algebra
import Tensors

/// The operator −∇·(k ∇u) on a grid of cells, whose coefficient may vary, with solves by conjugate gradients that geometric
/// multigrid preconditions: what transforms do for constant coefficients, at a cost proportional to the cells too.
public struct MultigridLaplacian: FieldLaplacian {
  /// The axes, slowest first; unknowns are at the centres of cells.
  public let axes: [GridAxis]
  /// k.
  public let diffusion: GridCoefficient
  /// The multigrid method.
  public let multigrid: GeometricMultigrid
  /// The residual of a solve, relative to its right-hand side.
  public let tolerance: Double
  private let laplacian: GridOperator<Double>

  /// The operator of a grid with k = 1 and solves to 10⁻¹⁰, unless given.
  /// - Throws: `GridOperatorError` for coefficients that are not positive, or not as many as there are cells.
  public init(
    axes: [GridAxis], diffusion: GridCoefficient = .constant(1),
    multigrid: GeometricMultigrid = GeometricMultigrid(), tolerance: Double = 1e-10
  ) throws {
    precondition(tolerance > 0, "solves to a residual of \(tolerance)")
    (self.axes, self.diffusion, self.multigrid, self.tolerance) = (axes, diffusion, multigrid, tolerance)
    laplacian = try GridOperator(axes: axes, placement: .cells, diffusion: diffusion)
  }

  public var shape: [Int] { axes.map(\.count) }
  public var cellVolume: Double { axes.reduce(1) { $0 * $1.spacing } }
  public var pointWeights: [Double]? { nil }

  /// - Precondition: b > 0.
  public func makeSolve(identity a: Double, laplacian b: Double) throws -> any FieldSolve {
    precondition(a > 0 && b > 0, "a solve of \(a) u + \(b) L u = f by multigrid")
    let scaled: GridCoefficient =
      switch diffusion {
      case .constant(let k): .constant(b * k)
      case .perAxis(let k): .perAxis(k.map { b * $0 })
      case .perUnknown(let k): .perUnknown(k.map { b * $0 })
      }
    let system = try GridOperator<Double>(
      axes: axes, placement: .cells, diffusion: scaled, reaction: .constant(a))
    return IterativeFieldSolve(
      laplacian: laplacian.makeAction(pool: .shared), system: system.makeAction(pool: .shared),
      preconditioner: try multigrid.prepare(system).makeAction(pool: .shared), tolerance: tolerance,
      limit: 200)
  }
}
