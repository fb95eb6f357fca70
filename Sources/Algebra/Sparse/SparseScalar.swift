import CKernels
import Tensors

/// The scalars of sparse matrices; each conformance forwards to the kernels of its precision.
public protocol SparseScalar: LAPACKScalar, SparseAssemblyScalar, RowRunScalar, KrylovScalar, StencilScalar,
  PreconditionerScalar, RelaxationScalar
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

  /// out = A u for one plane of a grid operator.
  static func gridApply(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Self>, _ u: UnsafePointer<Self>,
    below: UnsafePointer<Self>, above: UnsafePointer<Self>)
  /// out = b − A u for one plane of a grid operator; out may be b.
  static func gridResidual(
    _ plane: UnsafePointer<ck_grid_plane>, _ out: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>,
    _ u: UnsafePointer<Self>, below: UnsafePointer<Self>, above: UnsafePointer<Self>)
  /// A scaled plane in single precision (see `ck_grid_narrow_d`).
  static func gridNarrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Self>, columns: Int, rows: Int,
    columnScale: UnsafePointer<Float>, rowScale: UnsafePointer<Float>, scale: Self)
  /// out = scale · x, from single precision.
  static func gridWiden(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Float>, count: Int, scale: Self)
  /// out = scale · x, rounded to single precision.
  static func narrow(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Self>, count: Int, scale: Self)
}
