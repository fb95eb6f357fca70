/// The kernels that make sparse matrices; each conformance forwards to those of its precision.
///
/// Loops run over the rows, or the entries, of a range; see `ck_assembly.h`.
public protocol SparseAssemblyScalar {
  /// The transpose of rows, as entries of columns.
  static func csrTranspose(
    _ rowsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Self>,
    _ cursor: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, rows: Range<Int>)
  /// Triplets into buckets of rows.
  static func scatterTriplets(
    _ columnsOut: UnsafeMutablePointer<Int32>, _ valuesOut: UnsafeMutablePointer<Self>,
    _ cursor: UnsafeMutablePointer<Int32>, _ rowIndices: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>, entries: Range<Int>)
  /// Sorts each row and sums entries of equal column to its front.
  static func csrSumDuplicates(
    _ counts: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Self>,
    _ columnScratch: UnsafeMutablePointer<Int32>, _ valueScratch: UnsafeMutablePointer<Self>, rows: Range<Int>
  )
  /// Copies the first entries of each row to new starts.
  static func csrCompress(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, rows: Range<Int>)
  /// Columns and values of a product with known row starts.
  static func csrProductFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Self>, _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>,
    _ aValues: UnsafePointer<Self>, _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>,
    _ bValues: UnsafePointer<Self>, _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>)
  /// Values of a product with a known pattern.
  static func csrProductValues(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafeMutablePointer<Self>,
    _ aStarts: UnsafePointer<Int32>, _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Self>,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Self>,
    _ marker: UnsafeMutablePointer<Int32>, rows: Range<Int>)
  /// Columns and values of alpha A + beta B with known row starts.
  static func csrSumFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Self>, _ alpha: Self, _ aStarts: UnsafePointer<Int32>,
    _ aColumns: UnsafePointer<Int32>, _ aValues: UnsafePointer<Self>, _ beta: Self,
    _ bStarts: UnsafePointer<Int32>, _ bColumns: UnsafePointer<Int32>, _ bValues: UnsafePointer<Self>,
    rows: Range<Int>)
  /// out = diag(left) A diag(right), nil for the identity.
  static func csrScale(
    _ out: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, _ left: UnsafePointer<Self>?, _ right: UnsafePointer<Self>?,
    rows: Range<Int>)
  /// The diagonal of rows, zero where the pattern has none.
  static func csrDiagonal(
    _ out: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, rows: Range<Int>)
  /// The position of the first value that is infinite or NaN, or -1.
  static func firstNotFinite(_ values: UnsafePointer<Self>, entries: Range<Int>) -> Int
  /// The position of the first entry that differs from its mirror image, or -1.
  static func csrFirstAsymmetry(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>,
    _ diagonal: UnsafePointer<Self>, _ tolerance: Self, rows: Range<Int>
  ) -> Int
  /// Rows of P A Pᵀ with known row starts.
  static func csrPermute(
    _ startsOut: UnsafePointer<Int32>, _ columnsOut: UnsafeMutablePointer<Int32>,
    _ valuesOut: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, _ order: UnsafePointer<Int32>, _ places: UnsafePointer<Int32>,
    rows: Range<Int>)
}
