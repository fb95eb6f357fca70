import Tensors

/// The bidiagonalisation of Golub & Kahan (1965) that LSQR and LSMR are made of: A V = U B.
final class Bidiagonalization<Scalar: SparseScalar> {
  private let system: IterativeSystem<Scalar>
  private let transposed: LinearAction<Scalar>
  private let product, transposedProduct: UnsafeMutablePointer<Scalar>
  /// The current left and right vector.
  let u, v: UnsafeMutablePointer<Scalar>
  private(set) var alpha = 0.0
  private(set) var beta = 0.0
  /// The squared Frobenius norm of B so far, an estimate from below of that of A.
  private(set) var normSquare = 0.0

  /// - Throws: ``IterativeSolverError/transposeMissing(method:)``.
  init(_ system: IterativeSystem<Scalar>, method: String) throws {
    guard let matrix = system.matrix as? any TransposableOperator<Scalar> else {
      throw IterativeSolverError.transposeMissing(method: method)
    }
    self.system = system
    transposed = matrix.makeTransposedAction(pool: system.pool)
    (u, product) = (system.vector(count: system.rows), system.vector(count: system.rows))
    (v, transposedProduct) = (system.vector(count: system.columns), system.vector(count: system.columns))
  }

  /// β u = b − A x, α v = Aᵀ u.
  func begin() {
    beta = system.residual(into: u)
    normSquare = 0
    if beta > 0 { system.passes.scale(u, by: Scalar(1 / beta)) }
    transposed.apply(u, to: v)
    alpha = system.columnPasses.norm(v)
    if alpha > 0 { system.columnPasses.scale(v, by: Scalar(1 / alpha)) }
  }

  /// β u = A v − α u, α v = Aᵀ u − β v.
  func advance() {
    normSquare += alpha * alpha
    system.apply(v, to: product)
    system.passes.axpby(1, product, Scalar(-alpha), u)
    beta = system.passes.norm(u)
    normSquare += beta * beta
    if beta > 0 { system.passes.scale(u, by: Scalar(1 / beta)) }
    transposed.apply(u, to: transposedProduct)
    system.columnPasses.axpby(1, transposedProduct, Scalar(-beta), v)
    alpha = system.columnPasses.norm(v)
    if alpha > 0 { system.columnPasses.scale(v, by: Scalar(1 / alpha)) }
  }

  /// ‖Aᵀ (b − A x)‖ / ‖b − A x‖, computed.
  func computedSlope() -> (residual: Double, slope: Double) {
    let residual = system.residual(into: product)
    transposed.apply(product, to: transposedProduct)
    return (residual, residual == 0 ? 0 : system.columnPasses.norm(transposedProduct) / residual)
  }
}
