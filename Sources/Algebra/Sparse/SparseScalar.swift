import Tensors

/// The scalars of sparse matrices; each conformance forwards to the kernels of its precision.
public protocol SparseScalar: LAPACKScalar, SparseAssemblyScalar, RowRunScalar, KrylovScalar, StencilScalar,
  PreconditionerScalar
{
  /// y = A x for rows `rows` of a matrix in compressed rows.
  static func csrMultiply(
    _ y: UnsafeMutablePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, _ x: UnsafePointer<Self>, rows: Range<Int>)
  /// r = b − A x for rows `rows`; r may be b.
  static func csrResidual(
    _ r: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>, _ x: UnsafePointer<Self>, rows: Range<Int>
  )
}
