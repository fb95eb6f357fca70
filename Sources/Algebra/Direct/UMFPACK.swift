import CSuiteSparse
import Tensors

/// Sparse LU factorisation P R A Q = L U of square matrices, by UMFPACK: unsymmetric multifrontal, with threshold
/// pivoting, row scaling, and iterative refinement of every solution.
///
/// Source: Davis, ACM Trans. Math. Softw. 30 (2004), 165.
public struct UMFPACK: DirectSolver {
  /// The order of elimination.
  public var ordering: FillReducingOrdering
  /// The largest number of steps of iterative refinement, which stops by itself when the residual is at rounding
  /// (Arioli, Demmel & Duff, SIAM J. Matrix Anal. Appl. 10 (1989), 165).
  public var refinementSteps: Int

  /// An LU factorisation with the given settings.
  public init(ordering: FillReducingOrdering = .automatic, refinementSteps: Int = 2) {
    precondition(refinementSteps >= 0, "\(refinementSteps) steps of iterative refinement")
    (self.ordering, self.refinementSteps) = (ordering, refinementSteps)
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
