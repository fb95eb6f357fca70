import CFFTW
import Tensors

extension Double: FFTScalar {
  public static func makeComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Double>,
    output: UnsafeMutablePointer<Double>, direction: FFTDirection, flags: UInt32
  ) -> OpaquePointer? {
    fftw_plan_guru64_dft(
      Int32(axes.count), axes.map(\.fftw), Int32(loops.count), loops.map(\.fftw), complex(input),
      complex(output), direction == .forward ? FFTW_FORWARD : FFTW_BACKWARD, flags)
  }

  public static func makeRealToComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Double>,
    output: UnsafeMutablePointer<Double>, flags: UInt32
  ) -> OpaquePointer? {
    fftw_plan_guru64_dft_r2c(
      Int32(axes.count), axes.map(\.fftw), Int32(loops.count), loops.map(\.fftw), input, complex(output),
      flags)
  }

  public static func makeComplexToRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Double>,
    output: UnsafeMutablePointer<Double>, flags: UInt32
  ) -> OpaquePointer? {
    fftw_plan_guru64_dft_c2r(
      Int32(axes.count), axes.map(\.fftw), Int32(loops.count), loops.map(\.fftw), complex(input), output,
      flags)
  }

  public static func makeRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Double>,
    output: UnsafeMutablePointer<Double>, kinds: [RealTransformKind], flags: UInt32
  ) -> OpaquePointer? {
    fftw_plan_guru64_r2r(
      Int32(axes.count), axes.map(\.fftw), Int32(loops.count), loops.map(\.fftw), input, output,
      kinds.map(\.fftw), flags)
  }

  public static func destroyPlan(_ plan: OpaquePointer) { fftw_destroy_plan(plan) }

  @inlinable
  public static func executeComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Double>, _ output: UnsafeMutablePointer<Double>
  ) { fftw_execute_dft(plan, complex(input), complex(output)) }

  @inlinable
  public static func executeRealToComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Double>, _ output: UnsafeMutablePointer<Double>
  ) { fftw_execute_dft_r2c(plan, input, complex(output)) }

  @inlinable
  public static func executeComplexToRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Double>, _ output: UnsafeMutablePointer<Double>
  ) { fftw_execute_dft_c2r(plan, complex(input), output) }

  @inlinable
  public static func executeRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Double>, _ output: UnsafeMutablePointer<Double>
  ) { fftw_execute_r2r(plan, input, output) }

  @inlinable
  static func complex(_ pointer: UnsafeMutablePointer<Double>) -> UnsafeMutablePointer<fftw_complex> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fftw_complex.self)
  }
}

extension TransformDimension {
  fileprivate var fftw: fftw_iodim64 { fftw_iodim64(n: count, is: inputStride, os: outputStride) }
}
