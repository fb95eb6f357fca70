/// The product of matrices, and of stacks of rows with a matrix.
///
/// `a` is `[…, m, k]` and `b` is `[k, n]`: all rows of `a` are multiplied by the one matrix `b`, giving `[…, m, n]`. A
/// tensor with one axis stands for a row on the left and for a column on the right, and that axis is dropped from the
/// result. The product is cut into blocks of rows by a rule that knows the shapes alone; blocks run side by side, each
/// on one thread of BLAS.
public func matmul<Scalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  precondition(
    a.rank >= 1 && (1...2).contains(b.rank) && a.shape.last! == b.shape[0],
    "a tensor of shape \(a.shape) cannot be multiplied by one of shape \(b.shape)")
  if let recorder = a.place?.recorder ?? b.place?.recorder { return Tensor.recordedProduct(a, b, recorder) }
  let inner = b.shape[0]
  let columns = b.rank == 2 ? b.shape[1] : 1
  let rows = a.shape.dropLast().reduce(1, *)
  let shape = Array(a.shape.dropLast()) + (b.rank == 2 ? [columns] : [])
  return Tensor(shape: shape) { out in
    guard let out = out.baseAddress else { return }
    guard inner > 0 else { return out.update(repeating: 0, count: rows * columns) }
    a.withUnsafeBufferPointer { x in
      b.withUnsafeBufferPointer { y in
        let (x, y) = (x.baseAddress!, y.baseAddress!)
        let block = rowBlock(inner: inner, columns: columns)
        WorkerPool.shared.forEach(tiles: (rows + block - 1) / block) { tile, _ in
          let first = tile * block
          Scalar.multiplyMatrices(
            rows: min(block, rows - first), columns: columns, inner: inner, alpha: 1, x + first * inner,
            leading: inner, transposed: false, y, leading: columns, transposed: false, beta: 0,
            out + first * columns, leading: columns)
        }
      }
    }
  }
}

/// Rows per block: OpenBLAS has a path without packing for products of up to a million multiplications, which is faster
/// for narrow matrices; wide ones are cut so that packing is shared by many rows.
private func rowBlock(inner: Int, columns: Int) -> Int {
  let small = 1_000_000 / (inner * columns) / 8 * 8
  return small >= 64 ? min(small, 1024) : 256
}
