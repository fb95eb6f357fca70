/// The kernels of products with runs of rows; each conformance forwards to those of its precision.
public protocol RowRunScalar {
  /// y = A x for runs of rows.
  static func csrMultiplyRuns(
    _ y: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, _ x: UnsafePointer<Self>, _ firstRows: UnsafePointer<Int32>,
    runs: Range<Int>, isUniform: Bool)
  /// r = b − A x for runs of rows; r may be b.
  static func csrResidualRuns(
    _ r: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>, _ x: UnsafePointer<Self>,
    _ firstRows: UnsafePointer<Int32>, runs: Range<Int>, isUniform: Bool)
  /// The number of runs of rows that have the same values too.
  static func csrCountUniformRuns(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>,
    rows: Range<Int>
  ) -> Int
  /// The first rows of these runs.
  static func csrFindUniformRuns(
    _ runs: UnsafeMutablePointer<Int32>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, rows: Range<Int>)
}
