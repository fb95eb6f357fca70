import CKernels

/// What an image continues with beyond its edge.
public enum PaddingMode: String, CaseIterable, Hashable, Codable, Sendable {
  /// Zeros.
  case zero
  /// The image again, as if it were periodic.
  case circular
  /// Its mirror image, without repeating the pixel at the edge.
  case reflect
  /// The pixel at the edge.
  case replicate
}

/// The passes of a convolution, which need different scratch.
public enum ConvolutionPass: CaseIterable, Hashable, Sendable {
  /// The output from input and weights.
  case output
  /// The gradient with respect to the input, and transposed convolution.
  case input
  /// The gradient with respect to the weights.
  case weights
}

/// The shape of a convolution of images in one to three dimensions, and of its transpose.
///
/// Arrays are row-major: the input is [batch, input channels, extents], the weights are [output channels, input channels /
/// groups, kernel], and the output is [batch, output channels, output extents]. As in neural networks, the kernel is not
/// reflected. The transposed convolution with the same weights takes an output to an input.
public struct ConvolutionShape: Hashable, Sendable {
  /// The number of images.
  public private(set) var batch: Int
  /// Channels of the input.
  public let inputChannels: Int
  /// Channels of the output.
  public let outputChannels: Int
  /// Groups of channels that do not mix; the number of input channels for a depthwise convolution.
  public let groups: Int
  /// The number of dimensions of an image: 1, 2 or 3.
  public let rank: Int
  /// Planes, rows and pixels of an input image; dimensions that it has not are 1. This holds for all that follow.
  public let inputExtents: SIMD3<Int>
  /// Planes, rows and pixels of an output image.
  public let outputExtents: SIMD3<Int>
  /// The taps of the kernel in each dimension.
  public let kernel: SIMD3<Int>
  /// The distance in the input of neighbours in the output.
  public let stride: SIMD3<Int>
  /// The distance in the input of neighbouring taps.
  public let dilation: SIMD3<Int>
  /// Pixels that the input is continued by before its first.
  public let paddingBefore: SIMD3<Int>
  /// Pixels that the input is continued by after its last.
  public let paddingAfter: SIMD3<Int>
  /// What the input is continued with.
  public let mode: PaddingMode

  /// The shape for images of the given extents, slowest dimension first.
  ///
  /// - Parameters:
  ///   - batch: The number of images.
  ///   - inputChannels: Channels of the input, a multiple of `groups`.
  ///   - outputChannels: Channels of the output, a multiple of `groups`.
  ///   - extents: One to three extents of an input image.
  ///   - kernel: As many extents of the kernel.
  ///   - stride: As many distances in the input of neighbours in the output; 1 if missing.
  ///   - dilation: As many distances in the input of neighbouring taps; 1 if missing.
  ///   - groups: Groups of channels that do not mix.
  ///   - paddingBefore: As many numbers of pixels before the first; 0 if missing.
  ///   - paddingAfter: As many numbers of pixels after the last; 0 if missing.
  ///   - mode: What the input is continued with.
  public init(
    batch: Int, inputChannels: Int, outputChannels: Int, extents: [Int], kernel: [Int], stride: [Int]? = nil,
    dilation: [Int]? = nil, groups: Int = 1, paddingBefore: [Int]? = nil, paddingAfter: [Int]? = nil,
    mode: PaddingMode = .zero
  ) {
    let rank = extents.count
    precondition((1...3).contains(rank), "images have one to three dimensions, not extents \(extents)")
    func spread(_ values: [Int]?, _ name: String, missing: Int, least: Int) -> SIMD3<Int> {
      guard let values else { return SIMD3(repeating: missing) }
      precondition(
        values.count == rank && values.allSatisfy { $0 >= least },
        "\(name) \(values) for images of extents \(extents): one number of at least \(least) per dimension")
      var all = SIMD3(repeating: missing)
      for axis in 0..<rank { all[3 - rank + axis] = values[axis] }
      return all
    }
    precondition(
      batch >= 0 && groups >= 1 && inputChannels >= 1 && outputChannels >= 1
        && inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(batch) images with \(inputChannels) input and \(outputChannels) output channels in \(groups) groups")
    self.batch = batch
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.rank = rank
    self.mode = mode
    inputExtents = spread(extents, "extents", missing: 1, least: 1)
    self.kernel = spread(kernel, "the kernel", missing: 1, least: 1)
    self.stride = spread(stride, "strides", missing: 1, least: 1)
    self.dilation = spread(dilation, "dilations", missing: 1, least: 1)
    self.paddingBefore = spread(paddingBefore, "padding before", missing: 0, least: 0)
    self.paddingAfter = spread(paddingAfter, "padding after", missing: 0, least: 0)
    var outputs = SIMD3(repeating: 1)
    for axis in 0..<3 {
      let padded = inputExtents[axis] + self.paddingBefore[axis] + self.paddingAfter[axis]
      let span = self.dilation[axis] * (self.kernel[axis] - 1) + 1
      precondition(
        span <= padded,
        "a kernel \(kernel) with dilation \(dilation ?? []) is larger than the padded image: \(span) > \(padded)"
      )
      outputs[axis] = (padded - span) / self.stride[axis] + 1
      let padding = max(self.paddingBefore[axis], self.paddingAfter[axis])
      precondition(
        padding == 0 || mode != .reflect || padding < inputExtents[axis],
        "an image of extents \(extents) cannot be reflected over \(padding) pixels")
    }
    outputExtents = outputs
  }

  /// The same convolution of another number of images, such as those of a tile.
  public func withBatch(_ batch: Int) -> ConvolutionShape {
    precondition(batch >= 0, "\(batch) images")
    var shape = self
    shape.batch = batch
    return shape
  }

  /// The padding (before, after) by which strides of 1 leave the extents as they are; an odd pixel goes after.
  public static func samePadding(kernel: Int, dilation: Int = 1) -> (before: Int, after: Int) {
    let span = dilation * (kernel - 1)
    return (span / 2, span - span / 2)
  }

  /// [batch, input channels, extents].
  public var inputShape: [Int] { [batch, inputChannels] + last(inputExtents) }
  /// [batch, output channels, output extents].
  public var outputShape: [Int] { [batch, outputChannels] + last(outputExtents) }
  /// [output channels, input channels / groups, kernel].
  public var weightShape: [Int] { [outputChannels, inputChannels / groups] + last(kernel) }

  /// Elements of the input.
  @inlinable public var inputCount: Int { batch * inputChannels * inputPixels }
  /// Elements of the output.
  @inlinable public var outputCount: Int { batch * outputChannels * outputPixels }
  /// Elements of the weights.
  @inlinable public var weightCount: Int { outputChannels * (inputChannels / groups) * kernel.product }
  /// Pixels of one input image.
  @inlinable public var inputPixels: Int { inputExtents.product }
  /// Pixels of one output image.
  @inlinable public var outputPixels: Int { outputExtents.product }
  /// Floating-point operations of each pass: a product and a sum per output element and tap.
  public var operationCount: Int { 2 * outputCount * (inputChannels / groups) * kernel.product }

  private func last(_ all: SIMD3<Int>) -> [Int] { (3 - rank..<3).map { all[$0] } }

  /// The shape as the kernels take it.
  @usableFromInline var native: ck_convolution {
    func three(_ v: SIMD3<Int>) -> (Int64, Int64, Int64) { (Int64(v.x), Int64(v.y), Int64(v.z)) }
    let nativeMode: ck_padding_mode =
      switch mode {
      case .zero: CK_PADDING_ZERO
      case .circular: CK_PADDING_CIRCULAR
      case .reflect: CK_PADDING_REFLECT
      case .replicate: CK_PADDING_REPLICATE
      }
    return ck_convolution(
      batch: Int64(batch), inputs: Int64(inputChannels), outputs: Int64(outputChannels),
      groups: Int64(groups),
      in: three(inputExtents), out: three(outputExtents), kernel: three(kernel), stride: three(stride),
      dilation: three(dilation), before: three(paddingBefore), mode: nativeMode)
  }
}

extension ConvolutionPass {
  /// The pass as the kernels take it.
  @usableFromInline var native: ck_convolution_pass {
    switch self {
    case .output: CK_CONVOLUTION_FORWARD
    case .input: CK_CONVOLUTION_INPUTS
    case .weights: CK_CONVOLUTION_WEIGHTS
    }
  }
}

extension SIMD3<Int> {
  /// The product of the three numbers.
  @usableFromInline var product: Int { x * y * z }
}
