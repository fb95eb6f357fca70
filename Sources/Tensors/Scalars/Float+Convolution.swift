import CKernels

extension Float {
  public static func convolutionScratch(_ shape: ConvolutionShape, _ pass: ConvolutionPass) -> Int {
    var native = shape.native
    return Int(ck_convolution_scratch_f(&native, pass.native))
  }

  public static func convolve(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var native = shape.native
    ck_convolve_f(&native, input, weights, bias, output, accumulating ? 1 : 0, scratch)
  }

  public static func convolveTransposed(
    _ shape: ConvolutionShape, output: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, input: UnsafeMutablePointer<Float>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var native = shape.native
    ck_convolve_transposed_f(&native, output, weights, bias, input, accumulating ? 1 : 0, scratch)
  }

  public static func accumulateConvolutionWeights(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    weights: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    var native = shape.native
    ck_convolution_weights_f(&native, input, output, weights, scratch)
  }

  public static func accumulateChannelSums(
    _ x: UnsafePointer<Float>, batch: Int, channels: Int, pixels: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    ck_channel_sums_f(x, Int64(batch), Int64(channels), Int64(pixels), sums)
  }
}
