import CKernels

extension Float: TriangularScalar {
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
}
