import CKernels

extension Double: TriangularScalar {
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
}
