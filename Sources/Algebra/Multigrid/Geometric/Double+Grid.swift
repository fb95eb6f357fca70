import CKernels

extension Double {
  @inlinable
  public static func gridApply(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Double>, _ u: UnsafePointer<Double>,
    below: UnsafePointer<Double>, above: UnsafePointer<Double>
  ) {
    ck_grid_apply_d(plane, out, u, below, above)
  }

  @inlinable
  public static func gridResidual(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>,
    _ u: UnsafePointer<Double>, below: UnsafePointer<Double>, above: UnsafePointer<Double>
  ) {
    ck_grid_residual_d(plane, out, b, u, below, above)
  }

  @inlinable
  public static func gridNarrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Double>, columns: Int, rows: Int,
    columnScale: UnsafePointer<Float>, rowScale: UnsafePointer<Float>, scale: Double
  ) {
    ck_grid_narrow_d(out, x, Int64(columns), Int64(rows), columnScale, rowScale, scale)
  }

  @inlinable
  public static func gridWiden(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Float>, count: Int, scale: Double
  ) {
    ck_grid_widen_d(out, x, Int64(count), scale)
  }

  @inlinable
  public static func narrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Double>, count: Int, scale: Double
  ) {
    ck_scaled_narrow_d(out, x, Int64(count), scale)
  }
}
