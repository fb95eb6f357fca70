import Tensors

/// The adjoint of a convolution with strides: x of shape [batch, inputs, extents] to [batch, outputs, larger extents].
///
/// A dimension of n pixels becomes (n − 1) · stride + dilation · (kernel − 1) + 1 + outputPadding − before − after. With a
/// circular or reflecting mode it is the adjoint of a convolution that is continued in this way.
public struct TransposedConvolution<Scalar: Real>: Layer {
  /// The taps, of shape [inputs, outputs / groups, kernel].
  @Parameter public var weight: Tensor<Scalar>
  /// One number per output channel, of shape [outputs].
  @Parameter public var bias: Tensor<Scalar>
  /// The distance in the output of neighbours in the input, per dimension.
  public let stride: [Int]
  /// The distance in the output of neighbouring taps, per dimension.
  public let dilation: [Int]
  /// Groups of channels that do not mix.
  public let groups: Int
  /// Pixels that are cut off on either side, per dimension.
  public let padding: [(before: Int, after: Int)]
  /// Pixels by which the output is longer than need be, per dimension: smaller than the stride.
  public let outputPadding: [Int]
  /// What the convolution of which this is the adjoint continues images with.
  public let mode: PaddingMode

  /// A layer with drawn weights; see ``Convolution`` for the parameters.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: [Int], stride: [Int]? = nil, dilation: [Int]? = nil,
    groups: Int = 1,
    padding: [(before: Int, after: Int)]? = nil, outputPadding: [Int]? = nil, mode: PaddingMode = .zero,
    initializer: Initializer = .fanIn, from stream: inout RandomStream
  ) {
    precondition(
      groups >= 1 && inputs % groups == 0 && outputs % groups == 0,
      "\(inputs) input and \(outputs) output channels cannot be divided into \(groups) groups")
    let ones = kernel.map { _ in 1 }
    (self.stride, self.dilation, self.groups, self.mode) = (stride ?? ones, dilation ?? ones, groups, mode)
    self.padding = padding ?? kernel.map { _ in (0, 0) }
    self.outputPadding = outputPadding ?? kernel.map { _ in 0 }
    precondition(
      zip(self.outputPadding, self.stride).allSatisfy { $0 >= 0 && $0 < $1 },
      "an output padding \(self.outputPadding) is smaller than the stride \(self.stride)")
    let taps = kernel.reduce(1, *)
    let fan = (inputs: inputs / groups * taps, outputs: outputs / groups * taps)
    weight = initializer(
      [inputs, outputs / groups] + kernel, inputs: fan.inputs, outputs: fan.outputs, from: &stream)
    bias =
      initializer == .fanIn
      ? initializer([outputs], inputs: fan.inputs, outputs: fan.outputs, from: &stream) : .zeros([outputs])
  }

  /// The shape of the convolution of which the layer is the adjoint, for an input of the given shape.
  public func shape(for input: [Int]) -> ConvolutionShape {
    let kernel = Array(weight.shape.dropFirst(2))
    precondition(
      input.count == kernel.count + 2 && input[1] == weight.shape[0],
      "an input of shape \(input) for a transposed convolution with weights of shape \(weight.shape)")
    let extents = kernel.indices.map { axis in
      (input[axis + 2] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 + outputPadding[axis]
        - padding[axis].before - padding[axis].after
    }
    return ConvolutionShape(
      batch: input[0], inputChannels: weight.shape[1] * groups, outputChannels: input[1], extents: extents,
      kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      paddingBefore: padding.map(\.before), paddingAfter: padding.map(\.after), mode: mode)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    transposedConvolution(x, weight, shape(for: x.shape)) + bias.perChannel(rank: x.rank)
  }
}
