import CKernels

extension Float: SparseAssemblyScalar {
  @inlinable
  public static func csrTranspose(
    _ rowsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Float>,
    _ cursor: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, rows: Range<Int>
  ) {
    ck_csr_transpose_f(
      rowsOut, valuesOut, cursor, starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func scatterTriplets(
    _ columnsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Float>,
    _ cursor: UnsafeMutablePointer<Int32>, _ rowIndices: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>, entries: Range<Int>
  ) {
    ck_scatter_triplets_f(
      columnsOut, valuesOut, cursor, rowIndices, columns, values, Int64(entries.lowerBound),
      Int64(entries.upperBound))
  }

  @inlinable
  public static func csrSumDuplicates(
    _ counts: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>,
    _ columnScratch: UnsafeMutablePointer<Int32>, _ valueScratch: UnsafeMutablePointer<Float>,
    rows: Range<Int>
  ) {
    ck_csr_sum_duplicates_f(
      counts, starts, columns, values, columnScratch, valueScratch, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }

  @inlinable
  public static func csrCompress(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, rows: Range<Int>
  ) {
    ck_csr_compress_f(
      startsOut, columnsOut, valuesOut, starts, columns, values, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }

  @inlinable
  public static func csrProductFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Float>, _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>,
    _ aValues: UnsafePointer<Float>, _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>,
    _ bValues: UnsafePointer<Float>, _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>
  ) {
    ck_csr_product_fill_f(
      starts, columns, values, aStarts, aColumns, aValues, bStarts, bColumns, bValues, marker,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrProductValues(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafeMutablePointer<Float>,
    _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Float>,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Float>,
    _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>
  ) {
    ck_csr_product_values_f(
      starts, columns, values, aStarts, aColumns, aValues, bStarts, bColumns, bValues, marker,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrSumFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Float>, _ alpha: Float, _ aStarts: UnsafePointer<Int32>,
    _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Float>, _ beta: Float,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Float>,
    rows: Range<Int>
  ) {
    ck_csr_sum_fill_f(
      starts, columns, values, alpha, aStarts, aColumns, aValues, beta, bStarts, bColumns, bValues,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrScale(
    _ out: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ left: UnsafePointer<Float>?, _ right: UnsafePointer<Float>?,
    rows: Range<Int>
  ) {
    ck_csr_scale_f(out, starts, columns, values, left, right, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrDiagonal(
    _ out: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, rows: Range<Int>
  ) {
    ck_csr_diagonal_f(out, starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func firstNotFinite(_ values: UnsafePointer<Float>, entries: Range<Int>) -> Int {
    Int(ck_first_not_finite_f(values, Int64(entries.lowerBound), Int64(entries.upperBound)))
  }

  @inlinable
  public static func csrFirstAsymmetry(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>,
    _ diagonal: UnsafePointer<Float>, _ tolerance: Float, rows: Range<Int>
  ) -> Int {
    Int(
      ck_csr_first_asymmetry_f(
        starts, columns, values, diagonal, tolerance, Int64(rows.lowerBound), Int64(rows.upperBound)))
  }

  @inlinable
  public static func csrPermute(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ order: UnsafePointer<Int32>, _ places: UnsafePointer<Int32>,
    rows: Range<Int>
  ) {
    ck_csr_permute_f(
      startsOut, columnsOut, valuesOut, starts, columns, values, order, places, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }
}
