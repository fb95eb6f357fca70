import CKernels

extension Double: PreconditionerScalar {
  @inlinable
  public static func substitute(
    _ x: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>,
    _ substitution: UnsafePointer<ck_substitution>, range: Range<Int>
  ) {
    ck_substitute_d(x, b, substitution, Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func substituteSingle(
    _ x: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>,
    _ substitution: UnsafePointer<ck_substitution>, range: Range<Int>
  ) {
    ck_substitute_m(x, b, substitution, Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func multiplyBlocks(
    _ z: UnsafeMutablePointer<Double>, _ r: UnsafePointer<Double>, _ blocks: UnsafePointer<Double>, size: Int,
    rows: Int, range: Range<Int>
  ) {
    ck_block_diagonal_d(
      z, r, blocks, Int64(size), Int64(rows), Int64(range.lowerBound), Int64(range.upperBound))
  }

  @inlinable
  public static func chebyshevStep(
    _ y: UnsafeMutablePointer<Double>, _ d: UnsafeMutablePointer<Double>, _ z: UnsafePointer<Double>,
    _ r: UnsafePointer<Double>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, _ inverse: UnsafePointer<Double>, _ a: Double, _ b: Double,
    rows: Range<Int>
  ) {
    ck_chebyshev_step_d(
      y, d, z, r, starts, columns, values, inverse, a, b, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
