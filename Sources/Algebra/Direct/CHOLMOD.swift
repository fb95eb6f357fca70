import CSuiteSparse
import Tensors

/// Sparse Cholesky factorisation P A Pᵀ = L Lᵀ or L D Lᵀ of symmetric matrices, by CHOLMOD.
///
/// Only the lower triangle of A is used, after a check that the upper one mirrors it. L Lᵀ needs a positive definite
/// matrix; L D Lᵀ takes others whose leading blocks are regular, as those of quasi-definite matrices are, and counts
/// their negative eigenvalues. In two dimensions this is the fastest solver for up to about a million unknowns, and for
/// many right-hand sides; in three dimensions the factors grow as n^(4/3), and iterations win from about 10⁵ on.
///
/// Source: Chen, Davis, Hager & Rajamanickam, ACM Trans. Math. Softw. 35 (2008), 22.
public struct CHOLMOD: DirectSolver {
  /// The form of the factors.
  public enum Form: String, Sendable, Codable, CaseIterable {
    /// L Lᵀ, for positive definite matrices.
    case ll
    /// L D Lᵀ without exchanges, for symmetric matrices with leading blocks that are regular.
    case ldl
  }

  /// How the factors are stored and computed.
  public enum Storage: String, Sendable, Codable, CaseIterable {
    /// By dense blocks where an entry costs 40 operations or more, by columns below. L D Lᵀ is always by columns.
    case automatic
    /// By columns: best for very sparse factors.
    case simplicial
    /// By dense blocks, with BLAS.
    case supernodal
  }

  /// The form of the factors.
  public var form: Form
  /// The order of elimination.
  public var ordering: FillReducingOrdering
  /// How the factors are stored.
  public var storage: Storage

  /// A Cholesky factorisation with the given settings.
  public init(
    _ form: Form = .ll, ordering: FillReducingOrdering = .automatic, storage: Storage = .automatic
  ) {
    precondition(
      form == .ll || storage != .supernodal,
      "CHOLMOD has no supernodal LDLᵀ; leave the storage to .automatic or .simplicial")
    (self.form, self.ordering, self.storage) = (form, ordering, storage)
  }

  public var name: String { form == .ll ? "CHOLMOD LLᵀ" : "CHOLMOD LDLᵀ" }
  public var needsSymmetricMatrix: Bool { true }

  public func prepare(_ matrix: SparseMatrix<Double>) throws -> CHOLMODFactorization {
    try CHOLMODFactorization(matrix, settings: self)
  }

  /// Sets the parameters of CHOLMOD that these settings stand for.
  func configure(_ common: UnsafeMutablePointer<cholmod_common>) {
    common.pointee.final_ll = form == .ll ? 1 : 0
    common.pointee.quick_return_if_not_posdef = 1
    switch storage {
    case .automatic: common.pointee.supernodal = form == .ll ? CHOLMOD_AUTO : CHOLMOD_SIMPLICIAL
    case .simplicial: common.pointee.supernodal = CHOLMOD_SIMPLICIAL
    case .supernodal: common.pointee.supernodal = CHOLMOD_SUPERNODAL
    }
    switch ordering {
    case .automatic:
      // Minimum degree, then METIS if minimum degree leaves much fill: CHOLMOD's own strategy.
      common.pointee.nmethods = 0
    case .minimumDegree:
      common.pointee.nmethods = 1
      common.pointee.method.0.ordering = CHOLMOD_AMD
    case .nestedDissection:
      common.pointee.nmethods = 1
      common.pointee.method.0.ordering = CHOLMOD_METIS
    case .natural:
      common.pointee.nmethods = 1
      common.pointee.method.0.ordering = CHOLMOD_NATURAL
      common.pointee.postorder = 0
    }
  }
}
