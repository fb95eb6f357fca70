import Tensors

/// Products of matrices in fixed strips of rows, on all threads outside a region and one after another inside one: the same
/// bits either way.
final class StripedProduct: @unchecked Sendable {
  // Unchecked: operands are written by the owner before a region, and every strip writes to its own rows.

  private static var strips: Int { 4 }

  private var field = MatrixField(isComplex: false)
  private var (rows, columns, inner) = (0, 0, 0)
  private var (alpha, lda, ldb, ldc) = (1.0, 0, 0, 0)
  private var (aIsAdjoint, bIsAdjoint) = (false, false)
  private var a, b: UnsafePointer<Double>?
  private var c: UnsafeMutablePointer<Double>?
  private var region: ParallelRegion?

  init() {
    region = ParallelRegion(tiles: Self.strips) { [unowned self] strip, _ in
      // Whole blocks of eight rows.
      let height = (rows / 8 + Self.strips - 1) / Self.strips * 8
      let first = min(strip * height, rows)
      let last = strip == Self.strips - 1 ? rows : min(first + height, rows)
      if first < last { multiply(first..<last) }
    }
  }

  private func multiply(_ strip: Range<Int>) {
    let (first, width) = (strip.lowerBound, field.width)
    field.multiply(
      strip.count, columns, inner, alpha: alpha, a! + first * (aIsAdjoint ? 1 : lda) * width, lda,
      adjoint: aIsAdjoint, b!, ldb, timesAdjoint: bIsAdjoint, c! + first * ldc * width, ldc)
  }

  /// C = α op(A) op(B), as of a ``MatrixField``.
  func multiply(
    _ field: MatrixField, _ rows: Int, _ columns: Int, _ inner: Int, alpha: Double = 1,
    _ a: UnsafePointer<Double>, _ lda: Int, adjoint aIsAdjoint: Bool = false, _ b: UnsafePointer<Double>,
    _ ldb: Int, timesAdjoint bIsAdjoint: Bool = false, _ c: UnsafeMutablePointer<Double>, _ ldc: Int
  ) {
    (self.field, self.rows, self.columns, self.inner) = (field, rows, columns, inner)
    (self.alpha, self.lda, self.ldb, self.ldc) = (alpha, lda, ldb, ldc)
    (self.aIsAdjoint, self.bIsAdjoint, self.a, self.b, self.c) = (aIsAdjoint, bIsAdjoint, a, b, c)
    // By the shape alone.
    if rows * columns * inner >= 1 << 21 { WorkerPool.shared.run(region!) } else { multiply(0..<rows) }
  }
}
