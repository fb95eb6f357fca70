import CSuiteSparse
import Tensors

/// Sparse LU factorisation P R A Q = L U of square matrices, by UMFPACK: unsymmetric multifrontal, with threshold
/// pivoting, row scaling, and iterative refinement of every solution.
///
/// Source: Davis, ACM Trans. Math. Softw. 30 (2004), 165.
public struct UMFPACK: DirectSolver {
  /// Where pivots are looked for, and with it which graph is ordered.
  public enum Strategy: String, Sendable, Hashable, CaseIterable {
    /// By the symmetry of the pattern and the entries of the diagonal.
    case automatic
    /// The graph of A + Aᵀ is ordered and pivots on the diagonal are preferred. On symmetric patterns this mostly fills
    /// less; the automatic choice does not take it where much of the diagonal is zero, as in saddle-point matrices.
    case symmetric
    /// The columns are ordered for any choice of rows, which is safest and fills most.
    case unsymmetric
  }

  /// The order of elimination.
  public var ordering: FillReducingOrdering
  /// Where pivots are looked for.
  public var strategy: Strategy
  /// The largest number of steps of iterative refinement, which stops by itself when the residual is at rounding
  /// (Arioli, Demmel & Duff, SIAM J. Matrix Anal. Appl. 10 (1989), 165).
  public var refinementSteps: Int

  /// An LU factorisation with the given settings.
  public init(
    ordering: FillReducingOrdering = .automatic, strategy: Strategy = .automatic, refinementSteps: Int = 2
  ) {
    precondition(refinementSteps >= 0, "\(refinementSteps) steps of iterative refinement")
    (self.ordering, self.strategy, self.refinementSteps) = (ordering, strategy, refinementSteps)
  }

  public var name: String { "UMFPACK" }
  public var needsSymmetricMatrix: Bool { false }

  public func prepare(_ matrix: SparseMatrix<Double>) throws -> UMFPACKFactorization {
    try UMFPACKFactorization(matrix, settings: self)
  }

  /// The parameters of UMFPACK that these settings stand for.
  var control: [Double] {
    var control = [Double](repeating: 0, count: Int(UMFPACK_CONTROL))
    umfpack_di_defaults(&control)
    control[Int(UMFPACK_PRL)] = 0
    control[Int(UMFPACK_IRSTEP)] = Double(refinementSteps)
    switch strategy {
    case .automatic: control[Int(UMFPACK_STRATEGY)] = Double(UMFPACK_STRATEGY_AUTO)
    case .symmetric: control[Int(UMFPACK_STRATEGY)] = Double(UMFPACK_STRATEGY_SYMMETRIC)
    case .unsymmetric: control[Int(UMFPACK_STRATEGY)] = Double(UMFPACK_STRATEGY_UNSYMMETRIC)
    }
    switch ordering {
    case .automatic: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_CHOLMOD)
    case .minimumDegree: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_AMD)
    case .nestedDissection: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_METIS)
    case .natural:
      control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_NONE)
      control[Int(UMFPACK_SINGLETONS)] = 0
    }
    return control
  }
}
