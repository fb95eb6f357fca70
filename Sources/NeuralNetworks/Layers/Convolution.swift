import Tensors

/// A convolution of images in one to three dimensions: x of shape [batch, inputs, extents] to [batch, outputs, extents].
///
/// As usual in neural networks, the kernel is not reflected. The padding may be periodic or a mirror image, and groups
/// of as many channels as there are make it depthwise.
public struct Convolution<Scalar: Real>: Layer {
  /// The taps, of shape [outputs, inputs / groups, kernel].
  @Parameter public var weight: Tensor<Scalar>
  /// One number per output channel, of shape [outputs].
  @Parameter public var bias: Tensor<Scalar>
  /// The distance in the input of neighbours in the output, per dimension.
  public let stride: [Int]
  /// The distance in the input of neighbouring taps, per dimension.
  public let dilation: [Int]
  /// Groups of channels that do not mix.
  public let groups: Int
  /// Pixels by which the input is continued on either side, per dimension.
  public let padding: [(before: Int, after: Int)]
  /// What it is continued with.
  public let mode: PaddingMode

  /// A layer with drawn weights.
  ///
  /// - Parameters:
  ///   - inputs: Channels of the input.
  ///   - outputs: Channels of the output.
  ///   - kernel: Taps per dimension, slowest first; its length is the number of dimensions.
  ///   - stride: Per dimension; 1 where left out.
  ///   - dilation: Per dimension; 1 where left out.
  ///   - groups: A divisor of both numbers of channels.
  ///   - padding: Pixels before and after, per dimension; where left out, as many as keep the extents at a stride of 1.
  ///   - mode: What the input is continued with.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: [Int], stride: [Int]? = nil, dilation: [Int]? = nil,
    groups: Int = 1,
    padding: [(before: Int, after: Int)]? = nil, mode: PaddingMode = .zero,
    initializer: Initializer = .fanIn, from stream: inout RandomStream
  ) {
    precondition(
      groups >= 1 && inputs % groups == 0 && outputs % groups == 0,
      "\(inputs) input and \(outputs) output channels cannot be divided into \(groups) groups")
    let ones = kernel.map { _ in 1 }
    (self.stride, self.dilation, self.groups, self.mode) = (stride ?? ones, dilation ?? ones, groups, mode)
    self.padding =
      padding
      ?? zip(kernel, self.dilation).map { ConvolutionShape.samePadding(kernel: $0, dilation: $1) }
    let taps = kernel.reduce(1, *)
    let fan = (inputs: inputs / groups * taps, outputs: outputs / groups * taps)
    weight = initializer(
      [outputs, inputs / groups] + kernel, inputs: fan.inputs, outputs: fan.outputs, from: &stream)
    bias =
      initializer == .fanIn
      ? initializer([outputs], inputs: fan.inputs, outputs: fan.outputs, from: &stream) : .zeros([outputs])
  }

  /// The shape of the convolution for an input of the given shape.
  public func shape(for input: [Int]) -> ConvolutionShape {
    let kernel = Array(weight.shape.dropFirst(2))
    precondition(
      input.count == kernel.count + 2 && input[1] == weight.shape[1] * groups,
      "an input of shape \(input) for a convolution with weights of shape \(weight.shape) in \(groups) groups"
    )
    return ConvolutionShape(
      batch: input[0], inputChannels: input[1], outputChannels: weight.shape[0],
      extents: Array(input.dropFirst(2)), kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      paddingBefore: padding.map(\.before), paddingAfter: padding.map(\.after), mode: mode)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    convolution(x, weight, shape(for: x.shape)) + bias.perChannel(rank: x.rank)
  }
}

extension Tensor {
  /// One number per channel as a factor or term of images [batch, channels, extents] of the given rank.
  func perChannel(rank: Int) -> Tensor { reshaped([count] + Array(repeating: 1, count: rank - 2)) }
}
