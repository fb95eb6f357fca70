import CKernels

extension Float: PreconditionerScalar {
  @inlinable
  public static func substitute(
    _ x: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>,
    _ substitution: UnsafePointer<ck_substitution>, range: Range<Int>
  ) {
    ck_substitute_f(x, b, substitution, Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func substituteSingle(
    _ x: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>,
    _ substitution: UnsafePointer<ck_substitution>, range: Range<Int>
  ) {
    ck_substitute_f(x, b, substitution, Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func multiplyBlocks(
    _ z: UnsafeMutablePointer<Float>, _ r: UnsafePointer<Float>, _ blocks: UnsafePointer<Float>, size: Int,
    rows: Int, range: Range<Int>
  ) {
    ck_block_diagonal_f(
      z, r, blocks, Int64(size), Int64(rows), Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func chebyshevStep(
    _ y: UnsafeMutablePointer<Float>, _ d: UnsafeMutablePointer<Float>, _ z: UnsafePointer<Float>,
    _ r: UnsafePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ inverse: UnsafePointer<Float>, _ a: Float, _ b: Float,
    rows: Range<Int>
  ) {
    ck_chebyshev_step_f(
      y, d, z, r, starts, columns, values, inverse, a, b, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
