import CKernels

extension Double {
  public static func convolutionScratch(_ shape: ConvolutionShape, _ pass: ConvolutionPass) -> Int {
    var native = shape.native
    return Int(ck_convolution_scratch_d(&native, pass.native))
  }

  public static func convolve(
    _ shape: ConvolutionShape, input: UnsafePointer<Double>, weights: UnsafePointer<Double>,
    bias: UnsafePointer<Double>?, output: UnsafeMutablePointer<Double>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Double>
  ) {
    var native = shape.native
    ck_convolve_d(&native, input, weights, bias, output, accumulating ? 1 : 0, scratch)
  }

  public static func convolveTransposed(
    _ shape: ConvolutionShape, output: UnsafePointer<Double>, weights: UnsafePointer<Double>,
    bias: UnsafePointer<Double>?, input: UnsafeMutablePointer<Double>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Double>
  ) {
    var native = shape.native
    ck_convolve_transposed_d(&native, output, weights, bias, input, accumulating ? 1 : 0, scratch)
  }

  public static func accumulateConvolutionWeights(
    _ shape: ConvolutionShape, input: UnsafePointer<Double>, output: UnsafePointer<Double>,
    weights: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    var native = shape.native
    ck_convolution_weights_d(&native, input, output, weights, scratch)
  }

  public static func accumulateChannelSums(
    _ x: UnsafePointer<Double>, batch: Int, channels: Int, pixels: Int,
    into sums: UnsafeMutablePointer<Double>
  ) {
    ck_channel_sums_d(x, Int64(batch), Int64(channels), Int64(pixels), sums)
  }
}
