import CKernels

// Kernels of recorded programs.

extension Float {
  @inlinable
  public static func runFused(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Float>?>, strides: UnsafePointer<Int64>,
    accesses: UnsafePointer<ck_access>, accessCount: Int, sources: UnsafePointer<UnsafePointer<Float>?>,
    block: Int, count: Int
  ) {
    ck_fused_f(
      program, Int64(instructions), slots, strides, accesses, Int64(accessCount), sources, Int64(block),
      Int64(count))
  }

  @inlinable
  public static func addSums(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, outer: Int, reduced: Int, inner: Int
  ) {
    ck_add_sums_f(out, x, Int64(outer), Int64(reduced), Int64(inner))
  }

  @inlinable
  public static func maxima(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, outer: Int, reduced: Int, inner: Int
  ) {
    ck_maxima_f(out, x, Int64(outer), Int64(reduced), Int64(inner))
  }

  @inlinable
  public static func outerProducts(
    _ out: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, batch: Int,
    rows: Int, columns: Int, accumulating: Bool
  ) {
    ck_outer_f(out, a, b, Int64(batch), Int64(rows), Int64(columns), accumulating ? 1 : 0)
  }

  @inlinable
  public static func transpose(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    ck_transpose_f(out, x, Int64(rows), Int64(columns))
  }
}
