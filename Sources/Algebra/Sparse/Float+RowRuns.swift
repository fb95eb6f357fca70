import CKernels

extension Float: RowRunScalar {
  @inlinable
  public static func csrMultiplyRuns(
    _ y: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ firstRows: UnsafePointer<Int32>,
    runs: Range<Int>, isUniform: Bool
  ) {
    ck_csr_multiply_runs_f(
      y, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound),
      isUniform ? 1 : 0)
  }

  @inlinable
  public static func csrResidualRuns(
    _ r: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    _ firstRows: UnsafePointer<Int32>, runs: Range<Int>, isUniform: Bool
  ) {
    ck_csr_residual_runs_f(
      r, b, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound),
      isUniform ? 1 : 0)
  }

  @inlinable
  public static func csrCountUniformRuns(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>,
    rows: Range<Int>
  ) -> Int {
    Int(
      ck_csr_count_uniform_runs_f(
        starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
    )
  }

  @inlinable
  public static func csrFindUniformRuns(
    _ runs: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, rows: Range<Int>
  ) {
    ck_csr_find_uniform_runs_f(
      runs, starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
