/// The convolution of images `[batch, channels, extents]` with weights `[outputs, channels / groups, kernel]`, carried out
/// or recorded (see ``ConvolutionShape``).
public func convolution<Scalar>(_ x: Tensor<Scalar>, _ weights: Tensor<Scalar>, _ shape: ConvolutionShape)
  -> Tensor<Scalar>
{
  convolved(x, weights, shape, .output)
}

/// The adjoint of a convolution with respect to its input: `[batch, outputs, output extents]` to `[batch, channels,
/// extents]`, which is the transposed convolution.
public func transposedConvolution<Scalar>(
  _ y: Tensor<Scalar>, _ weights: Tensor<Scalar>, _ shape: ConvolutionShape
) -> Tensor<Scalar> {
  convolved(y, weights, shape, .input)
}

/// The adjoint of a convolution with respect to its weights: the gradient of ⟨conv(x), y⟩.
public func convolutionWeightGradient<Scalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, _ shape: ConvolutionShape
) -> Tensor<Scalar> {
  convolved(x, y, shape, .weights)
}

extension ConvolutionShape {
  /// The shapes of the operands and of the result of a pass.
  package func shapes(_ pass: ConvolutionPass) -> (first: [Int], second: [Int], result: [Int]) {
    switch pass {
    case .output: (inputShape, weightShape, outputShape)
    case .input: (outputShape, weightShape, inputShape)
    case .weights: (inputShape, outputShape, weightShape)
    }
  }

  /// Carries a pass out on one thread; gradients with respect to weights are added to.
  package func run<Scalar: Real>(
    _ pass: ConvolutionPass, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
    into result: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
  ) {
    switch pass {
    case .output:
      Scalar.convolve(
        self, input: a, weights: b, bias: nil, output: result, accumulating: false, scratch: scratch)
    case .input:
      Scalar.convolveTransposed(
        self, output: a, weights: b, bias: nil, input: result, accumulating: false, scratch: scratch)
    case .weights:
      Scalar.accumulateConvolutionWeights(self, input: a, output: b, weights: result, scratch: scratch)
    }
  }
}

private func convolved<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ shape: ConvolutionShape, _ pass: ConvolutionPass
) -> Tensor<Scalar> {
  let expected = shape.shapes(pass)
  precondition(
    a.shape == expected.first && b.shape == expected.second,
    "a convolution with operands of shapes \(a.shape) and \(b.shape), not \(expected.first) and \(expected.second)"
  )
  if let recorder = a.place?.recorder ?? b.place?.recorder {
    return recorder.record(.convolution(shape, pass), [a, b], expected.result)
  }
  let scratch = Swift.max(Scalar.convolutionScratch(shape, pass), 1)
  return Tensor(shape: expected.result) { out in
    guard let out = out.baseAddress else { return }
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let b = b.baseAddress else { return }
        if pass == .weights {
          let memory = Buffer<Scalar>(uninitialized: scratch)
          out.clear(count: expected.result.reduce(1, *))
          if let a = a.baseAddress { shape.run(pass, a, b, into: out, scratch: memory.pointer) }
          return
        }
        guard let a = a.baseAddress else { return }
        // Image by image.
        let one = shape.withBatch(1)
        let (first, _, result) = one.shapes(pass)
        let (from, to) = (first.reduce(1, *), result.reduce(1, *))
        let stride = (scratch + 15) / 16 * 16
        let memory = Buffer<Scalar>(uninitialized: stride * WorkerPool.shared.threadCount)
        WorkerPool.shared.forEach(tiles: shape.batch) { image, worker in
          one.run(
            pass, a + image * from, b, into: out + image * to, scratch: memory.pointer + worker * stride)
        }
      }
    }
  }
}
