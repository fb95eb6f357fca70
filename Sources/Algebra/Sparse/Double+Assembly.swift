import CKernels

extension Double: SparseAssemblyScalar {
  @inlinable
  public static func csrTranspose(
    _ rowsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Double>,
    _ cursor: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, rows: Range<Int>
  ) {
    ck_csr_transpose_d(
      rowsOut, valuesOut, cursor, starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func scatterTriplets(
    _ columnsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Double>,
    _ cursor: UnsafeMutablePointer<Int32>, _ rowIndices: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, entries: Range<Int>
  ) {
    ck_scatter_triplets_d(
      columnsOut, valuesOut, cursor, rowIndices, columns, values, Int64(entries.lowerBound),
      Int64(entries.upperBound))
  }

  @inlinable
  public static func csrSumDuplicates(
    _ counts: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Double>,
    _ columnScratch: UnsafeMutablePointer<Int32>, _ valueScratch: UnsafeMutablePointer<Double>,
    rows: Range<Int>
  ) {
    ck_csr_sum_duplicates_d(
      counts, starts, columns, values, columnScratch, valueScratch, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }

  @inlinable
  public static func csrCompress(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, rows: Range<Int>
  ) {
    ck_csr_compress_d(
      startsOut, columnsOut, valuesOut, starts, columns, values, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }

  @inlinable
  public static func csrProductFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Double>, _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>,
    _ aValues: UnsafePointer<Double>, _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>,
    _ bValues: UnsafePointer<Double>, _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>
  ) {
    ck_csr_product_fill_d(
      starts, columns, values, aStarts, aColumns, aValues, bStarts, bColumns, bValues, marker,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrProductValues(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafeMutablePointer<Double>,
    _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Double>,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Double>,
    _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>
  ) {
    ck_csr_product_values_d(
      starts, columns, values, aStarts, aColumns, aValues, bStarts, bColumns, bValues, marker,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrSumFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Double>, _ alpha: Double, _ aStarts: UnsafePointer<Int32>,
    _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Double>, _ beta: Double,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Double>,
    rows: Range<Int>
  ) {
    ck_csr_sum_fill_d(
      starts, columns, values, alpha, aStarts, aColumns, aValues, beta, bStarts, bColumns, bValues,
      Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrScale(
    _ out: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, _ left: UnsafePointer<Double>?, _ right: UnsafePointer<Double>?,
    rows: Range<Int>
  ) {
    ck_csr_scale_d(out, starts, columns, values, left, right, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrDiagonal(
    _ out: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, rows: Range<Int>
  ) {
    ck_csr_diagonal_d(out, starts, columns, values, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func firstNotFinite(_ values: UnsafePointer<Double>, entries: Range<Int>) -> Int {
    Int(ck_first_not_finite_d(values, Int64(entries.lowerBound), Int64(entries.upperBound)))
  }

  @inlinable
  public static func csrFirstAsymmetry(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>,
    _ diagonal: UnsafePointer<Double>, _ tolerance: Double, rows: Range<Int>
  ) -> Int {
    Int(
      ck_csr_first_asymmetry_d(
        starts, columns, values, diagonal, tolerance, Int64(rows.lowerBound), Int64(rows.upperBound)))
  }

  @inlinable
  public static func csrPermute(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, _ order: UnsafePointer<Int32>,
    _ places: UnsafePointer<Int32>, rows: Range<Int>
  ) {
    ck_csr_permute_d(
      startsOut, columnsOut, valuesOut, starts, columns, values, order, places, Int64(rows.lowerBound),
      Int64(rows.upperBound))
  }
}
