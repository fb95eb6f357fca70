import CKernels

extension Float {
  @inlinable
  public static func gridApply(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Float>, _ u: UnsafePointer<Float>,
    below: UnsafePointer<Float>, above: UnsafePointer<Float>
  ) {
    ck_grid_apply_f(plane, out, u, below, above)
  }

  @inlinable
  public static func gridResidual(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>,
    _ u: UnsafePointer<Float>, below: UnsafePointer<Float>, above: UnsafePointer<Float>
  ) {
    ck_grid_residual_f(plane, out, b, u, below, above)
  }

  @inlinable
  public static func gridNarrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, columns: Int, rows: Int,
    columnScale: UnsafePointer<Float>, rowScale: UnsafePointer<Float>, scale: Float
  ) {
    ck_grid_narrow_f(out, x, Int64(columns), Int64(rows), columnScale, rowScale, scale)
  }

  @inlinable
  public static func gridWiden(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int, scale: Float
  ) {
    ck_grid_widen_f(out, x, Int64(count), scale)
  }

  @inlinable
  public static func narrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int, scale: Float
  ) {
    ck_scaled_narrow_f(out, x, Int64(count), scale)
  }
}
