import Tensors
import Testing

@Suite("Convolutions")
struct ConvolutionTests {
  // MARK: - The definition, in plain loops

  /// The pixel of an image of n that stands at position i; nil for a zero.
  static func source(_ i: Int, _ n: Int, _ mode: PaddingMode) -> Int? {
    if (0..<n).contains(i) { return i }
    switch mode {
    case .zero: return nil
    case .circular: return ((i % n) + n) % n
    case .replicate: return i < 0 ? 0 : n - 1
    case .reflect: return i < 0 ? -i : 2 * (n - 1) - i
    }
  }

  /// Calls `body` with the indices of output, input and weight of every product.
  static func forEachProduct(_ shape: ConvolutionShape, _ body: (Int, Int, Int) -> Void) {
    let (inputs, outputs) = (shape.inputChannels / shape.groups, shape.outputChannels / shape.groups)
    let (n, m, k) = (shape.inputExtents, shape.outputExtents, shape.kernel)
    for b in 0..<shape.batch {
      for o in 0..<shape.outputChannels {
        for z in 0..<m[0] {
          for y in 0..<m[1] {
            for x in 0..<m[2] {
              let out = (((b * shape.outputChannels + o) * m[0] + z) * m[1] + y) * m[2] + x
              for c in 0..<inputs {
                for i in 0..<k[0] {
                  for j in 0..<k[1] {
                    for l in 0..<k[2] {
                      let place = SIMD3(z, y, x) &* shape.stride &+ SIMD3(i, j, l) &* shape.dilation
                      let from = place &- shape.paddingBefore
                      guard let p = source(from[0], n[0], shape.mode),
                        let q = source(from[1], n[1], shape.mode), let r = source(from[2], n[2], shape.mode)
                      else { continue }
                      let channel = o / outputs * inputs + c
                      let input = (((b * shape.inputChannels + channel) * n[0] + p) * n[1] + q) * n[2] + r
                      body(out, input, (((o * inputs + c) * k[0] + i) * k[1] + j) * k[2] + l)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  // MARK: - Shapes

  /// Shapes drawn at random: every mode, one to three dimensions, strides, dilations, groups, odd and even kernels.
  static func shape(_ seed: Int) -> ConvolutionShape {
    let stream = RandomStream(seed: 31, stream: UInt64(seed))
    var drawn: UInt64 = 0
    func draw(_ range: ClosedRange<Int>) -> Int {
      drawn += 1
      return range.lowerBound + Int(stream.uniform(at: drawn) * Double(range.count))
    }
    let rank = 1 + seed % 3
    let mode = PaddingMode.allCases[seed / 3 % 4]
    let groups = [1, 1, 1, 2, 3][draw(0...4)]
    let depthwise = draw(0...4) == 0
    let inputs = groups * draw(1...4)
    let outputs = depthwise ? inputs * draw(1...2) : groups * draw(1...8)
    var (extents, kernel, stride, dilation) = ([Int](), [Int](), [Int](), [Int]())
    var (before, after) = ([Int](), [Int]())
    for _ in 0..<rank {
      while true {
        let n = draw(0...3) == 0 ? 16 : draw(1...(rank == 1 ? 50 : rank == 2 ? 21 : 9))
        let k = draw(1...5)
        let s = seed % 2 == 0 ? 1 : draw(1...3)
        let d = draw(1...2)
        let most = mode == .reflect ? n - 1 : mode == .circular ? n : 5
        var (b, a) = (min(draw(0...4), most), min(draw(0...4), most))
        if draw(0...1) == 0 {
          let same = ConvolutionShape.samePadding(kernel: k, dilation: d)
          (b, a) = (min(same.before, most), min(same.after, most))
        }
        guard n + a + b >= d * (k - 1) + 1 else { continue }
        extents.append(n)
        kernel.append(k)
        stride.append(s)
        dilation.append(d)
        before.append(b)
        after.append(a)
        break
      }
    }
    return ConvolutionShape(
      batch: draw(1...2), inputChannels: inputs, outputChannels: outputs, extents: extents, kernel: kernel,
      stride: stride, dilation: dilation, groups: depthwise ? inputs : groups, paddingBefore: before,
      paddingAfter: after, mode: mode)
  }

  /// Shapes of the kind that networks have, at which whole rows, slabs and blocks of channels occur.
  static let regular: [ConvolutionShape] = PaddingMode.allCases.flatMap { mode in
    [
      ConvolutionShape(
        batch: 1, inputChannels: 24, outputChannels: 7, extents: [75, 32], kernel: [3, 3],
        paddingBefore: [1, 1], paddingAfter: [1, 1], mode: mode),
      ConvolutionShape(
        batch: 2, inputChannels: 5, outputChannels: 13, extents: [7, 8, 16], kernel: [3, 3, 3],
        paddingBefore: [1, 1, 1], paddingAfter: [1, 1, 1], mode: mode),
      ConvolutionShape(
        batch: 1, inputChannels: 7, outputChannels: 8, extents: [33, 30], kernel: [4, 4], stride: [2, 2],
        paddingBefore: [1, 1], paddingAfter: [1, 1], mode: mode),
      ConvolutionShape(
        batch: 3, inputChannels: 6, outputChannels: 6, extents: [200], kernel: [7], groups: 6,
        paddingBefore: [3], paddingAfter: [3], mode: mode),
      ConvolutionShape(
        batch: 2, inputChannels: 9, outputChannels: 11, extents: [8, 8], kernel: [1, 1], mode: mode),
      ConvolutionShape(
        batch: 5, inputChannels: 6, outputChannels: 16, extents: [8, 4], kernel: [3, 3],
        paddingBefore: [1, 1],
        paddingAfter: [1, 1], mode: mode),
      ConvolutionShape(
        batch: 2, inputChannels: 3, outputChannels: 3, extents: [19, 37], kernel: [5, 3], groups: 3,
        paddingBefore: [2, 1], paddingAfter: [2, 1], mode: mode),
      ConvolutionShape(
        batch: 1, inputChannels: 2, outputChannels: 2, extents: [9, 5, 34], kernel: [3, 2, 4],
        stride: [1, 1, 2],
        groups: 2, paddingBefore: [1, 1, 1], paddingAfter: [1, 1, 1], mode: mode),
    ]
  }

  // MARK: - Runs of the kernels

  struct Numbers<Scalar: Real> {
    let shape: ConvolutionShape
    let input, output, weights, bias, inputBias: [Scalar]

    init(_ shape: ConvolutionShape) {
      self.shape = shape
      input = randomArray(shape.inputCount, seed: 1)
      output = randomArray(shape.outputCount, seed: 2)
      weights = randomArray(shape.weightCount, seed: 3)
      bias = randomArray(shape.outputChannels, seed: 4)
      inputBias = randomArray(shape.inputChannels, seed: 5)
    }

    /// Scratch filled with NaN, with guards behind that are checked after `body`.
    func withScratch(_ pass: ConvolutionPass, _ body: (UnsafeMutablePointer<Scalar>) -> Void) {
      let count = Scalar.convolutionScratch(shape, pass)
      let scratch = Buffer<Scalar>(uninitialized: count + 256)
      for i in 0..<scratch.count { scratch.pointer[i] = .nan }
      body(scratch.pointer)
      #expect((count..<scratch.count).allSatisfy { scratch.pointer[$0].isNaN }, "scratch of \(shape)")
    }

    func convolved(into start: [Scalar]? = nil, biased: Bool = true) -> [Scalar] {
      var result = start ?? [Scalar](repeating: .nan, count: shape.outputCount)
      withScratch(.output) {
        Scalar.convolve(
          shape, input: input, weights: weights, bias: biased ? bias : nil,
          output: &result, accumulating: start != nil, scratch: $0)
      }
      return result
    }

    func transposed(into start: [Scalar]? = nil, biased: Bool = true) -> [Scalar] {
      var result = start ?? [Scalar](repeating: .nan, count: shape.inputCount)
      withScratch(.input) {
        Scalar.convolveTransposed(
          shape, output: output, weights: weights, bias: biased ? inputBias : nil,
          input: &result, accumulating: start != nil, scratch: $0)
      }
      return result
    }

    func weightGradient(into start: [Scalar]) -> [Scalar] {
      var result = start
      withScratch(.weights) {
        Scalar.accumulateConvolutionWeights(
          shape, input: input, output: output, weights: &result, scratch: $0)
      }
      return result
    }
  }

  /// Asserts that `result` is `start` plus the bias of the channel plus the sum of products that `products` yields.
  static func check<Scalar: Real>(
    _ result: [Scalar], start: [Scalar]?, bias: [Scalar]?, pixels: Int, _ what: String,
    _ products: ((Int, Double) -> Void) -> Void
  ) {
    var (sums, sizes) = (
      [Double](repeating: 0, count: result.count), [Double](repeating: 0, count: result.count)
    )
    for i in 0..<result.count {
      for value in [start.map { $0[i] }, bias.map { $0[i / pixels % $0.count] }].compactMap({ $0 }) {
        sums[i] += Double(value)
        sizes[i] += abs(Double(value))
      }
    }
    products { index, product in
      sums[index] += product
      sizes[index] += abs(product)
    }
    let unit = Double(Scalar.ulpOfOne)
    let wrong = (0..<result.count).filter {
      !(abs(Double(result[$0]) - sums[$0]) <= 16 * unit * (sizes[$0] + 1e-3))
    }
    #expect(
      wrong.isEmpty,
      "\(what): \(wrong.count) of \(result.count), the first: \(wrong.first.map { (result[$0], sums[$0]) } as Any)"
    )
  }

  func checkAgainstDefinition<Scalar: Real>(_ shape: ConvolutionShape, _: Scalar.Type) {
    let numbers = Numbers<Scalar>(shape)
    let (x, y, w) = (
      numbers.input.map(Double.init), numbers.output.map(Double.init), numbers.weights.map(Double.init)
    )
    for accumulating in [false, true] {
      let start: [Scalar]? = accumulating ? randomArray(shape.outputCount, seed: 6) : nil
      Self.check(
        numbers.convolved(into: start), start: start, bias: numbers.bias, pixels: shape.outputPixels,
        "output of \(shape)"
      ) { add in Self.forEachProduct(shape) { add($0, x[$1] * w[$2]) } }
      let inputStart: [Scalar]? = accumulating ? randomArray(shape.inputCount, seed: 7) : nil
      Self.check(
        numbers.transposed(into: inputStart, biased: accumulating), start: inputStart,
        bias: accumulating ? numbers.inputBias : nil, pixels: shape.inputPixels, "input of \(shape)"
      ) { add in Self.forEachProduct(shape) { add($1, y[$0] * w[$2]) } }
    }
    let weightStart: [Scalar] = randomArray(shape.weightCount, seed: 8)
    Self.check(
      numbers.weightGradient(into: weightStart), start: weightStart, bias: nil, pixels: 1,
      "weights of \(shape)"
    ) { add in Self.forEachProduct(shape) { add($2, x[$1] * y[$0]) } }
    var sums = numbers.bias
    Scalar.accumulateChannelSums(
      numbers.output, batch: shape.batch, channels: shape.outputChannels, pixels: shape.outputPixels,
      into: &sums)
    Self.check(sums, start: numbers.bias, bias: nil, pixels: 1, "sums of \(shape)") { add in
      for i in 0..<y.count { add(i / shape.outputPixels % shape.outputChannels, y[i]) }
    }
  }

  // MARK: - Tests

  @Test("every pass agrees with its definition, for shapes drawn at random", arguments: 0..<20)
  func random(block: Int) {
    for seed in 8 * block..<8 * (block + 1) {
      let shape = Self.shape(seed)
      checkAgainstDefinition(shape, Double.self)
      checkAgainstDefinition(shape, Float.self)
    }
  }

  @Test("every pass agrees with its definition, for shapes as in networks", arguments: regular.indices)
  func regularShapes(index: Int) {
    checkAgainstDefinition(Self.regular[index], Double.self)
    checkAgainstDefinition(Self.regular[index], Float.self)
  }

  @Test("the passes are adjoint to each other", arguments: 0..<8)
  func adjoint(block: Int) {
    func check<Scalar: Real>(_ shape: ConvolutionShape, _: Scalar.Type) {
      let numbers = Numbers<Scalar>(shape)
      func dot(_ a: [Scalar], _ b: [Scalar]) -> (sum: Double, size: Double) {
        zip(a, b).reduce(into: (0, 0)) {
          $0.0 += Double($1.0) * Double($1.1)
          $0.1 += abs(Double($1.0) * Double($1.1))
        }
      }
      let forward = dot(numbers.convolved(biased: false), numbers.output)
      let transposed = dot(numbers.input, numbers.transposed(biased: false))
      let weights = dot(
        numbers.weights, numbers.weightGradient(into: [Scalar](repeating: 0, count: shape.weightCount)))
      let tolerance = 16 * Double(Scalar.ulpOfOne) * max(forward.size, transposed.size, weights.size)
      #expect(abs(forward.sum - transposed.sum) <= tolerance, "\(shape)")
      #expect(abs(forward.sum - weights.sum) <= tolerance, "\(shape)")
    }
    for seed in 1000 + 12 * block..<1000 + 12 * (block + 1) {
      check(Self.shape(seed), Double.self)
      check(Self.shape(seed), Float.self)
    }
  }

  @Test("images of a batch come out with the bits of each alone")
  func batches() {
    for seed in 0..<24 {
      let shape = Self.shape(seed).withBatch(3)
      let numbers = Numbers<Float>(shape)
      let (all, back) = (numbers.convolved(), numbers.transposed())
      let single = shape.withBatch(1)
      let scratch = Buffer<Float>(
        uninitialized: max(
          Float.convolutionScratch(single, .output), Float.convolutionScratch(single, .input)))
      for b in 0..<3 {
        var (one, other) = (
          [Float](repeating: 0, count: single.outputCount), [Float](repeating: 0, count: single.inputCount)
        )
        let image = Array(numbers.input[b * single.inputCount..<(b + 1) * single.inputCount])
        let result = Array(numbers.output[b * single.outputCount..<(b + 1) * single.outputCount])
        Float.convolve(
          single, input: image, weights: numbers.weights, bias: numbers.bias, output: &one,
          accumulating: false,
          scratch: scratch.pointer)
        Float.convolveTransposed(
          single, output: result, weights: numbers.weights, bias: numbers.inputBias, input: &other,
          accumulating: false, scratch: scratch.pointer)
        #expect(one == Array(all[b * single.outputCount..<(b + 1) * single.outputCount]))
        #expect(other == Array(back[b * single.inputCount..<(b + 1) * single.inputCount]))
      }
    }
  }

  @Test("shapes name their arrays; strides of 1 with the same padding keep the extents")
  func shapes() {
    let same = ConvolutionShape.samePadding(kernel: 4, dilation: 3)
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 4, outputChannels: 6, extents: [10, 11], kernel: [4, 1], dilation: [3, 1],
      groups: 2,
      paddingBefore: [same.before, 0], paddingAfter: [same.after, 0], mode: .circular)
    #expect(shape.inputShape == [2, 4, 10, 11])
    #expect(shape.outputShape == [2, 6, 10, 11])
    #expect(shape.weightShape == [6, 2, 4, 1])
    #expect(shape.operationCount == 2 * 2 * 6 * 110 * 2 * 4)
    #expect(shape.withBatch(5).inputShape == [5, 4, 10, 11])
    let strided = ConvolutionShape(
      batch: 1, inputChannels: 1, outputChannels: 1, extents: [9], kernel: [3], stride: [2])
    #expect(strided.outputShape == [1, 1, 4])
  }
}
