import CKernels

extension Float: RelaxationScalar {
  @inlinable
  public static func relax(_ relaxation: UnsafePointer<ck_relaxation>, reversed: Bool, rows: Range<Int>) {
    ck_relax_f(relaxation, reversed ? 1 : 0, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
