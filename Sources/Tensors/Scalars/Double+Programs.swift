import CKernels

// Kernels of recorded programs.

extension Double {
  @inlinable
  public static func runFused(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Double>?>, strides: UnsafePointer<Int64>,
    accesses: UnsafePointer<ck_access>, accessCount: Int, sources: UnsafePointer<UnsafePointer<Double>?>,
    block: Int, count: Int
  ) {
    ck_fused_d(
      program, Int64(instructions), slots, strides, accesses, Int64(accessCount), sources, Int64(block),
      Int64(count))
  }

  @inlinable
  public static func addSums(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, outer: Int, reduced: Int, inner: Int
  ) {
    ck_add_sums_d(out, x, Int64(outer), Int64(reduced), Int64(inner))
  }

  @inlinable
  public static func maxima(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, outer: Int, reduced: Int, inner: Int
  ) {
    ck_maxima_d(out, x, Int64(outer), Int64(reduced), Int64(inner))
  }

  @inlinable
  public static func outerProducts(
    _ out: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, batch: Int,
    rows: Int, columns: Int, accumulating: Bool
  ) {
    ck_outer_d(out, a, b, Int64(batch), Int64(rows), Int64(columns), accumulating ? 1 : 0)
  }

  @inlinable
  public static func transpose(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, rows: Int, columns: Int
  ) {
    ck_transpose_d(out, x, Int64(rows), Int64(columns))
  }
}
