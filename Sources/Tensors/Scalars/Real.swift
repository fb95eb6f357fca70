import CKernels

/// The scalars that arrays hold: `Float` and `Double`.
///
/// Generic code is written against this protocol; what runs in its loops are the concrete kernels of the conformances
/// (`Double+Kernels.swift`, `Float+Kernels.swift`), each of which costs one call per array.
public protocol Real: BinaryFloatingPoint, SIMDScalar, BitwiseCopyable, Codable, Sendable,
  LosslessStringConvertible
{
  // MARK: - Elementary functions of one number

  /// The exponential function.
  static func exp(_ x: Self) -> Self
  /// exp(x) - 1, accurate near zero.
  static func expm1(_ x: Self) -> Self
  /// The natural logarithm; -∞ at 0, NaN below.
  static func log(_ x: Self) -> Self
  /// log(1 + x), accurate near zero.
  static func log1p(_ x: Self) -> Self
  /// The sine of angles in radians.
  static func sin(_ x: Self) -> Self
  /// The cosine of angles in radians.
  static func cos(_ x: Self) -> Self
  /// The tangent of angles in radians.
  static func tan(_ x: Self) -> Self
  /// The inverse sine, in [-π/2, π/2].
  static func asin(_ x: Self) -> Self
  /// The inverse cosine, in [0, π].
  static func acos(_ x: Self) -> Self
  /// The inverse tangent, in (-π/2, π/2).
  static func atan(_ x: Self) -> Self
  /// The angle of the point (x, y), in (-π, π].
  static func atan2(_ y: Self, _ x: Self) -> Self
  /// The hyperbolic sine.
  static func sinh(_ x: Self) -> Self
  /// The hyperbolic cosine.
  static func cosh(_ x: Self) -> Self
  /// The hyperbolic tangent.
  static func tanh(_ x: Self) -> Self
  /// The error function.
  static func erf(_ x: Self) -> Self
  /// The gamma function.
  static func gamma(_ x: Self) -> Self
  /// x to a power.
  static func pow(_ x: Self, _ exponent: Self) -> Self

  // MARK: - Kernels over arrays

  /// Runs a pointwise program over `count` elements (see `ck_pointwise_d`).
  static func runPointwise(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Self>?>, strides: UnsafePointer<Int64>, slotCount: Int,
    count: Int)

  /// Runs a pointwise program whose operands may be repeated (see `ck_fused_d`).
  static func runFused(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Self>?>, strides: UnsafePointer<Int64>,
    accesses: UnsafePointer<ck_access>, accessCount: Int, sources: UnsafePointer<UnsafePointer<Self>?>,
    block: Int, count: Int)
  /// out[o, i] += Σ x[o, r, i] over r.
  static func addSums(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, outer: Int, reduced: Int, inner: Int)
  /// out[o, i] = max x[o, r, i] over r; NaN where one is.
  static func maxima(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, outer: Int, reduced: Int, inner: Int)
  /// out[s, i, j] = a[s, i] b[s, j], or added to it.
  static func outerProducts(
    _ out: UnsafeMutablePointer<Self>, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, batch: Int,
    rows: Int, columns: Int, accumulating: Bool)
  /// The transpose of a matrix.
  static func transpose(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, rows: Int, columns: Int)

  /// Σ x, in 16 lanes.
  static func sum(_ x: UnsafePointer<Self>, count: Int) -> Self
  /// Σ x y, in 16 lanes.
  static func dot(_ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, count: Int) -> Self
  /// The largest element; NaN if there is one.
  static func maximum(_ x: UnsafePointer<Self>, count: Int) -> Self
  /// The smallest element; NaN if there is one.
  static func minimum(_ x: UnsafePointer<Self>, count: Int) -> Self
  /// The largest magnitude; NaN if there is one.
  static func maximumMagnitude(_ x: UnsafePointer<Self>, count: Int) -> Self
  /// y += a x
  static func axpy(_ a: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, count: Int)

  /// y *= x
  static func multiply(_ y: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, count: Int)
  /// y *= a
  static func scale(_ y: UnsafeMutablePointer<Self>, by a: Self, count: Int)
  /// Rounds doubles to this type.
  static func convert(_ x: UnsafePointer<Double>, to out: UnsafeMutablePointer<Self>, count: Int)
  /// The elements as doubles.
  static func convert(_ x: UnsafePointer<Self>, toDouble out: UnsafeMutablePointer<Double>, count: Int)
  /// out[i · outStride] = x[i · xStride] for `count` elements of arrays that do not overlap.
  static func copyStrided(
    _ out: UnsafeMutablePointer<Self>, stride outStride: Int, from x: UnsafePointer<Self>,
    stride xStride: Int,
    count: Int)
  /// C = α op(A) op(B) + β C for row-major matrices, op(A) of `rows` × `inner` and op(B) of `inner` × `columns`; each
  /// leading dimension is the distance of two rows as stored. One thread of BLAS per call.
  static func multiplyMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Self, _ a: UnsafePointer<Self>, leading lda: Int,
    transposed ta: Bool,
    _ b: UnsafePointer<Self>, leading ldb: Int, transposed tb: Bool, beta: Self,
    _ c: UnsafeMutablePointer<Self>,
    leading ldc: Int)

  /// out = Σ c_t v_t with one scalar per term, over `count` scalars; at most 12 terms. `out` may be one of the vectors.
  static func combineScalar(
    _ out: UnsafeMutablePointer<Self>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Self>?>,
    coefficients: UnsafePointer<Self>)
  /// out = Σ c_t v_t with one real coefficient per mode and term, over `count` complex modes; at most 12 terms.
  static func combineReal(
    _ out: UnsafeMutablePointer<Self>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Self>?>,
    coefficients: UnsafePointer<UnsafePointer<Self>?>)
  /// out = Σ c_t v_t with one complex coefficient per mode and term, over `count` complex modes; at most 12 terms.
  static func combineComplex(
    _ out: UnsafeMutablePointer<Self>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Self>?>,
    coefficients: UnsafePointer<UnsafePointer<Self>?>)

  /// out = r z, or out += r z, for a real symbol r and `count` complex modes z.
  static func multiplyReal(
    _ out: UnsafeMutablePointer<Self>, symbol: UnsafePointer<Self>, _ z: UnsafePointer<Self>, count: Int,
    accumulating: Bool)
  /// out = i r z, or out += i r z, for a real symbol r and `count` complex modes z.
  static func multiplyImaginary(
    _ out: UnsafeMutablePointer<Self>, symbol: UnsafePointer<Self>, _ z: UnsafePointer<Self>, count: Int,
    accumulating: Bool)
  /// out = s z, or out += s z, for a complex symbol s and `count` complex modes z.
  static func multiplyComplex(
    _ out: UnsafeMutablePointer<Self>, symbol: UnsafePointer<Self>, _ z: UnsafePointer<Self>, count: Int,
    accumulating: Bool)

  /// Elements `first ..< first + count` of a random stream, uniform on [0, 1).
  static func fillUniform(
    _ out: UnsafeMutablePointer<Self>, count: Int, seed: UInt64, stream: UInt64, first: UInt64)
  /// Elements `first ..< first + count` of a random stream, standard normal.
  static func fillNormal(
    _ out: UnsafeMutablePointer<Self>, count: Int, seed: UInt64, stream: UInt64, first: UInt64)

  // MARK: - Convolutions

  /// The elements of scratch that a pass needs, for any batch.
  static func convolutionScratch(_ shape: ConvolutionShape, _ pass: ConvolutionPass) -> Int
  /// output = conv(input) + bias, or output += conv(input) + bias, with one number of bias per output channel.
  ///
  /// Scratch has `convolutionScratch(shape, .output)` elements and is aligned like a buffer. One thread per call.
  static func convolve(
    _ shape: ConvolutionShape, input: UnsafePointer<Self>, weights: UnsafePointer<Self>,
    bias: UnsafePointer<Self>?, output: UnsafeMutablePointer<Self>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Self>)
  /// input = convᵀ(output) + bias, or input += convᵀ(output) + bias, with one number of bias per input channel: the
  /// gradient with respect to the input, and transposed convolution.
  ///
  /// Scratch has `convolutionScratch(shape, .input)` elements.
  static func convolveTransposed(
    _ shape: ConvolutionShape, output: UnsafePointer<Self>, weights: UnsafePointer<Self>,
    bias: UnsafePointer<Self>?, input: UnsafeMutablePointer<Self>, accumulating: Bool,
    scratch: UnsafeMutablePointer<Self>)
  /// weights += the gradient of ⟨conv(input), output⟩ with respect to the weights.
  ///
  /// Scratch has `convolutionScratch(shape, .weights)` elements.
  static func accumulateConvolutionWeights(
    _ shape: ConvolutionShape, input: UnsafePointer<Self>, output: UnsafePointer<Self>,
    weights: UnsafeMutablePointer<Self>, scratch: UnsafeMutablePointer<Self>)
  /// sums[c] += Σ over batch and pixels of x[batch, c, pixels]: the gradient with respect to the bias.
  static func accumulateChannelSums(
    _ x: UnsafePointer<Self>, batch: Int, channels: Int, pixels: Int, into sums: UnsafeMutablePointer<Self>)

  // MARK: - Products by modes

  /// A product mode by mode, or one of its adjoints, of which that to the weights is added (see `ck_modal_outputs_d`).
  static func runModalProduct(
    _ pass: ConvolutionPass, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>,
    into result: UnsafeMutablePointer<Self>, batch: Int, inputs: Int, outputs: Int, modes: Int)

  // MARK: - Rows of row-major matrices [rows, columns]

  /// x = softmax over every row of scale · x, in place, for a scale > 0. A row of -∞ throughout becomes NaN.
  static func softmaxRows(_ x: UnsafeMutablePointer<Self>, rows: Int, columns: Int, scale: Self)
  /// gradient = scale · y (g - Σ g y) by rows, for the softmax y of scale · x and the upstream gradient g, whose memory
  /// the result may take.
  static func softmaxRowsGradient(
    _ gradient: UnsafeMutablePointer<Self>, softmax: UnsafePointer<Self>, upstream: UnsafePointer<Self>,
    rows: Int, columns: Int, scale: Self)
  /// out[r] = Σ over columns of x[r], in 16 lanes.
  static func rowSums(_ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, rows: Int, columns: Int)
  /// out[r] = Σ over columns of x[r] y[r], in 16 lanes.
  static func rowDots(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, rows: Int,
    columns: Int)
  /// out[r] = the largest element of row r; NaN if there is one.
  static func rowMaxima(_ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, rows: Int, columns: Int)
  /// The mean of every row and the mean square deviation from it.
  static func rowMoments(
    mean: UnsafeMutablePointer<Self>, variance: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>,
    rows: Int, columns: Int)
  /// out[c] += Σ over rows of x[·, c], four rows at a time.
  static func accumulateColumnSums(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, rows: Int, columns: Int)
  /// y = (x - mean) / √(variance + ε) · scale + shift by rows, with a scale and a shift per column that may be missing;
  /// keeps the mean and the reciprocal deviation 1/√(variance + ε) of every row. y may be x (Ba, Kiros and Hinton, 2016).
  static func normalizeRows(
    _ y: UnsafeMutablePointer<Self>, mean: UnsafeMutablePointer<Self>,
    reciprocalDeviation: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, scale: UnsafePointer<Self>?,
    shift: UnsafePointer<Self>?, rows: Int, columns: Int, epsilon: Self)
  /// The gradients of `normalizeRows`: `gradient` is overwritten and may be `upstream`; those of scale and shift, which
  /// may be missing, are added to.
  static func normalizeRowsGradient(
    _ gradient: UnsafeMutablePointer<Self>, scaleGradient: UnsafeMutablePointer<Self>?,
    shiftGradient: UnsafeMutablePointer<Self>?, upstream: UnsafePointer<Self>, _ x: UnsafePointer<Self>,
    mean: UnsafePointer<Self>, reciprocalDeviation: UnsafePointer<Self>, scale: UnsafePointer<Self>?,
    rows: Int, columns: Int)
}
