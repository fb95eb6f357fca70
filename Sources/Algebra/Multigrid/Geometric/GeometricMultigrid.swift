import Foundation
import Tensors

/// In which order the levels of a multigrid cycle are visited.
public enum MultigridCycle: String, Sendable, Codable, CaseIterable {
  /// Each coarser level once.
  case v
  /// Each coarser level twice.
  case w
  /// Each coarser level by an F-cycle and then a V-cycle. Not symmetric, so not for CG.
  case f
}

/// What removes the oscillating part of the error on each level of a grid.
public enum GridSmoother: Sendable, Hashable {
  /// Gauss–Seidel, one colour of a chessboard after the other, and in the reverse order after the coarse correction.
  case redBlackGaussSeidel
  /// Jacobi with a damping factor; nil for the optimal one of the dimension: 2/3, 4/5 or 6/7 in 1-D, 2-D, 3-D.
  case jacobi(damping: Double?)
  /// Chebyshev iteration on the upper part of the spectrum, of as many steps as there are sweeps.
  case chebyshev

  /// Jacobi with the optimal damping of the dimension.
  public static var jacobi: GridSmoother { .jacobi(damping: nil) }
}

/// Geometric multigrid for −∇·(k ∇u) + a u on a box with a structured grid of any size.
///
/// Levels keep every second unknown along the axes with strong coupling (semi-coarsening for anisotropic coefficients),
/// coarse couplings are those of the coarse grid (faces in series along their axis, side by side across it), transfers
/// are linear interpolation and its adjoint. The hierarchy is kept in single precision, inside iterations in double
/// precision, and each level is passed twice per cycle: smoothing, residual and restriction in one pass over blocks of
/// planes, interpolation and smoothing in the other.
///
/// A preconditioner for CG with V or W cycles, and a solver of its own (`solve`).
///
/// Sources: A. Brandt, Math. Comp. 31 (1977); U. Trottenberg, C. W. Oosterlee and A. Schüller, Multigrid (2001).
public struct GeometricMultigrid: Sendable, Hashable {
  /// The order in which levels are visited.
  public var cycle: MultigridCycle
  /// The smoother of all levels; on levels with an odd number of unknowns around a periodic axis, which cannot be
  /// coloured, red-black Gauss–Seidel is replaced by Jacobi.
  public var smoother: GridSmoother
  /// Smoothing sweeps before, and after, each coarse correction.
  public var sweeps: Int
  /// The number of unknowns from which a level is solved directly.
  public var coarsestSize: Int

  /// Multigrid with the given settings.
  public init(
    cycle: MultigridCycle = .v, smoother: GridSmoother = .redBlackGaussSeidel, sweeps: Int = 1,
    coarsestSize: Int = 48
  ) {
    precondition(sweeps > 0, "\(sweeps) smoothing sweeps")
    precondition(coarsestSize > 0, "a coarsest level of \(coarsestSize) unknowns")
    (self.cycle, self.smoother, self.sweeps, self.coarsestSize) = (cycle, smoother, sweeps, coarsestSize)
  }

  /// The name in tables and on the command line.
  public var name: String { "multigrid" }

  /// The hierarchy of one operator.
  /// - Throws: ``FactorizationError`` when the coarsest operator cannot be factorised.
  public func prepare<Scalar: SparseScalar>(_ operation: GridOperator<Scalar>) throws
    -> PreparedGeometricMultigrid<Scalar>
  {
    let start = ContinuousClock.now
    let hierarchy = try GridHierarchy(operation.coefficients, settings: self, dimension: operation.axes.count)
    return PreparedGeometricMultigrid(
      operation: operation, settings: self, hierarchy: hierarchy,
      seconds: (ContinuousClock.now - start).inSeconds)
  }
}

/// The hierarchy of geometric multigrid for one operator: z = M⁻¹ r is one cycle from zero.
public struct PreparedGeometricMultigrid<Scalar: SparseScalar>: PreparedPreconditioner {
  /// The operator on the finest grid.
  public let operation: GridOperator<Scalar>
  /// The settings.
  public let settings: GeometricMultigrid
  let hierarchy: GridHierarchy
  let seconds: Double

  public var rows: Int { operation.rows }
  public var columns: Int { operation.rows }
  public var isSymmetric: Bool { settings.cycle != .f }

  /// The number of unknowns along the axes of every level, the finest first.
  public var shapes: [[Int]] {
    let axes = GridOperator<Scalar>.memoryAxes(operation.axes.count)
    return hierarchy.levels.map { level in axes.reversed().map { level.stencil.counts[$0] } }
  }

  public var statistics: PreconditionerStatistics {
    var result = PreconditionerStatistics()
    result.seconds = seconds
    result.levels = hierarchy.levels.count
    let sizes = hierarchy.levels.map { Double($0.size) }
    result.gridComplexity = sizes.reduce(0, +) / sizes[0]
    result.operatorComplexity = result.gridComplexity
    result.bytes = hierarchy.bytes
    return result
  }

  /// The hierarchy does not read the matrix: it stays as it is.
  public func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<
    Scalar
  > {
    precondition(
      matrix.rows == rows && matrix.columns == rows,
      "a matrix of \(matrix.rows) × \(matrix.columns) for multigrid on \(rows) unknowns")
    return self
  }

  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let cycle = GridCycle<Scalar>(self, pool: pool)
    return LinearAction(returningInner: rows) { r, z in cycle.apply(r, to: z) }
  }
}

/// Geometric multigrid as a preconditioner of matrices that discretise an operator on a grid.
public struct GridPreconditioner: Preconditioner {
  /// The operator whose hierarchy preconditions.
  public let operation: GridOperator<Double>
  /// The settings of the hierarchy.
  public var settings: GeometricMultigrid

  /// Multigrid for matrices that are, or are close to, `operation`.
  public init(_ operation: GridOperator<Double>, settings: GeometricMultigrid = GeometricMultigrid()) {
    (self.operation, self.settings) = (operation, settings)
  }

  public var name: String { settings.name }

  /// The hierarchy; of the matrix only the order is read.
  /// - Throws: ``SparseMatrixError/malformed(_:)`` for a matrix of another order than the grid's.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    guard matrix.rows == operation.rows, matrix.columns == operation.rows else {
      throw SparseMatrixError.malformed(
        "\(matrix.rows) × \(matrix.columns) is not the order of a grid of \(operation.rows) unknowns")
    }
    return try settings.prepare(GridOperator<Scalar>(operation))
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + 1e-18 * Double(components.attoseconds) }
}
