import Tensors

/// An operator whose transpose can be applied as well.
public protocol TransposableOperator<Scalar>: LinearOperator {
  /// y = Aᵀ x, prepared once with scratch of its own.
  func makeTransposedAction(pool: WorkerPool) -> LinearAction<Scalar>
}

extension SparseMatrix: TransposableOperator {
  /// The transpose is made as a matrix: its products then run as fast as those of the matrix.
  public func makeTransposedAction(pool: WorkerPool) -> LinearAction<Scalar> {
    transposed(pool: pool).makeAction(pool: pool)
  }
}

extension StencilOperator: TransposableOperator {
  /// Stencils are symmetric.
  public func makeTransposedAction(pool: WorkerPool) -> LinearAction<Scalar> { makeAction(pool: pool) }
}
