import Tensors

/// Up to this number of entries symmetry is checked entry by entry; larger matrices are probed first.
private let exactEntries = 100_000

/// Checks that an operator is symmetric by uᵀ A v = vᵀ A u for two random vectors, which costs two products; a matrix
/// that fails is searched for the entry.
func requireSymmetricOperator<Scalar: SparseScalar>(
  _ matrix: any LinearOperator<Scalar>, _ action: FusedAction<Scalar>, for method: String, remedy: String,
  pool: WorkerPool
) throws {
  let sparse = matrix as? SparseMatrix<Scalar>
  if let sparse, sparse.entryCount <= exactEntries {
    try sparse.requireFinite(pool: pool)
    return try sparse.requireSymmetric(for: method, remedy: remedy, pool: pool)
  }
  let n = matrix.rows
  let (u, v) = (Buffer<Scalar>(uninitialized: n), Buffer<Scalar>(uninitialized: n))
  pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
    let range = RowTiles.range(tile, of: n)
    for (k, vector) in [u, v].enumerated() {
      Scalar.fillUniform(
        vector.pointer + range.lowerBound, count: range.count, seed: 1, stream: UInt64(k),
        first: UInt64(range.lowerBound))
    }
  }
  let passes = VectorPasses<Scalar>(count: n, pool: pool)
  let (image, uNorm, vNorm) = (
    Buffer<Scalar>(uninitialized: n), passes.norm(u.pointer), passes.norm(v.pointer)
  )
  action.apply(v.pointer, to: image.pointer)
  let (left, size) = (passes.inner(u.pointer, image.pointer), passes.norm(image.pointer))
  action.apply(u.pointer, to: image.pointer)
  let (right, otherSize) = (passes.inner(v.pointer, image.pointer), passes.norm(image.pointer))
  let scale = uNorm * size + vNorm * otherSize
  // What is not finite is found, and named, by the first iteration.
  guard scale.isFinite, abs(left - right) > 1024 * Double(Scalar.ulpOfOne) * scale else { return }
  try sparse?.requireSymmetric(for: method, remedy: remedy, pool: pool)
  throw IterativeSolverError.operatorNotSymmetric(method: method, remedy: remedy)
}
