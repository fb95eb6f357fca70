import CFFTW
import Tensors

extension Float: FFTScalar {
  public static func makeComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, direction: FFTDirection, flags: UInt32
  ) -> OpaquePointer? {
    fftwf_plan_guru64_dft(
      Int32(axes.count), axes.map(\.fftwf), Int32(loops.count), loops.map(\.fftwf), complex(input),
      complex(output), direction == .forward ? FFTW_FORWARD : FFTW_BACKWARD, flags)
  }

  public static func makeRealToComplexPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, flags: UInt32
  ) -> OpaquePointer? {
    fftwf_plan_guru64_dft_r2c(
      Int32(axes.count), axes.map(\.fftwf), Int32(loops.count), loops.map(\.fftwf), input, complex(output),
      flags)
  }

  public static func makeComplexToRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, flags: UInt32
  ) -> OpaquePointer? {
    fftwf_plan_guru64_dft_c2r(
      Int32(axes.count), axes.map(\.fftwf), Int32(loops.count), loops.map(\.fftwf), complex(input), output,
      flags)
  }

  public static func makeRealPlan(
    axes: [TransformDimension], loops: [TransformDimension], input: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, kinds: [RealTransformKind], flags: UInt32
  ) -> OpaquePointer? {
    fftwf_plan_guru64_r2r(
      Int32(axes.count), axes.map(\.fftwf), Int32(loops.count), loops.map(\.fftwf), input, output,
      kinds.map(\.fftw), flags)
  }

  public static func destroyPlan(_ plan: OpaquePointer) { fftwf_destroy_plan(plan) }

  @inlinable
  public static func executeComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) { fftwf_execute_dft(plan, complex(input), complex(output)) }

  @inlinable
  public static func executeRealToComplexPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) { fftwf_execute_dft_r2c(plan, input, complex(output)) }

  @inlinable
  public static func executeComplexToRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) { fftwf_execute_dft_c2r(plan, complex(input), output) }

  @inlinable
  public static func executeRealPlan(
    _ plan: OpaquePointer, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) { fftwf_execute_r2r(plan, input, output) }

  @inlinable
  static func complex(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<fftwf_complex> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fftwf_complex.self)
  }
}

extension TransformDimension {
  fileprivate var fftwf: fftwf_iodim64 { fftwf_iodim64(n: count, is: inputStride, os: outputStride) }
}
