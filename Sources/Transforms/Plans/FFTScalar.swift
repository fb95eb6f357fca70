import Tensors

/// The scalars that FFTW transforms; each conformance forwards to FFTW's library for that precision.
///
/// Pointers are to scalars; complex numbers are pairs of them. A plan is an opaque handle of that library.
public protocol FFTScalar: Real {
  /// A complex transform, or nil where FFTW has none. Call it, and the other makers, under the planner's lock.
  static func makeComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Self>,
    output: UnsafeMutablePointer<Self>, direction: FFTDirection, flags: UInt32
  ) -> OpaquePointer?

  /// A transform of real numbers to their half spectrum.
  static func makeRealToComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Self>,
    output: UnsafeMutablePointer<Self>, flags: UInt32
  ) -> OpaquePointer?

  /// A transform of a half spectrum to real numbers.
  static func makeComplexToRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Self>,
    output: UnsafeMutablePointer<Self>, flags: UInt32
  ) -> OpaquePointer?

  /// Cosine and sine transforms, one kind per axis.
  static func makeRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Self>,
    output: UnsafeMutablePointer<Self>, kinds: [RealTransformKind], flags: UInt32
  ) -> OpaquePointer?

  /// Frees a plan.
  static func destroyPlan(_ plan: OpaquePointer)

  /// Runs a plan of `makeComplexPlan` on other arrays of the same layout and alignment.
  static func executeComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Self>, _ output: UnsafeMutablePointer<Self>)

  /// Runs a plan of `makeRealToComplexPlan`.
  static func executeRealToComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Self>, _ output: UnsafeMutablePointer<Self>)

  /// Runs a plan of `makeComplexToRealPlan`.
  static func executeComplexToRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Self>, _ output: UnsafeMutablePointer<Self>)

  /// Runs a plan of `makeRealPlan`.
  static func executeRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Self>, _ output: UnsafeMutablePointer<Self>)
}
