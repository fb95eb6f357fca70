import Tensors

/// Cosine and sine transforms of fixed shape and layout, one kind per axis, ready to run on any arrays of that layout.
///
/// Not normalised. A plan runs on one thread, and any number of threads may run it at the same time, on different
/// outputs.
public final class RealTransformPlan<Scalar: FFTScalar>: @unchecked Sendable {
  // Unchecked: the handle is immutable after init, and FFTW's execution functions only read it.

  /// The alignment that the arrays need, in bytes, as for `FFTPlan`.
  public static var alignment: Int { 16 }

  /// The transform of each axis.
  public let kinds: [RealTransformKind]
  /// The number of points of each axis.
  public let shape: [Int]
  /// Whether the plan runs with input and output at the same address.
  public let inPlace: Bool
  @usableFromInline let handle: OpaquePointer

  /// The factor by which this transform and the one of `inverseKinds` in turn multiply.
  public var normalization: Scalar {
    Scalar(zip(kinds, shape).reduce(1) { $0 * $1.0.normalization(count: $1.1) })
  }

  /// The kinds of the transform that undoes this one, up to `normalization`.
  public var inverseKinds: [RealTransformKind] { kinds.map(\.inverse) }

  /// A plan for `batch` transforms over row-major arrays; the parameters are those of `FFTPlan`.
  public convenience init(
    kinds: [RealTransformKind], shape: [Int], batch: Int = 1, inputStride: Int = 1, inputDistance: Int? = nil,
    outputStride: Int = 1, outputDistance: Int? = nil, inPlace: Bool = false,
    effort: PlanningEffort = .estimate
  ) {
    precondition(batch > 0, "cannot transform a batch of \(batch)")
    let axes = TransformDimension.axes(
      shape: shape, inputEmbedding: shape, inputStride: inputStride, outputEmbedding: shape,
      outputStride: outputStride)
    let count = shape.reduce(1, *)
    let loop = TransformDimension(
      count: batch, inputStride: inputDistance ?? inputStride * count,
      outputStride: outputDistance ?? outputStride * count)
    self.init(kinds: kinds, axes: axes, loops: batch == 1 ? [] : [loop], inPlace: inPlace, effort: effort)
  }

  /// A plan for transforms along any axes of any strided arrays; the parameters are those of `FFTPlan`.
  public init(
    kinds: [RealTransformKind], axes: [TransformDimension], loops: [TransformDimension],
    inPlace: Bool = false,
    effort: PlanningEffort = .estimate
  ) {
    let shape = axes.map(\.count)
    precondition(
      !kinds.isEmpty && kinds.count == shape.count, "\(kinds.count) kinds of transform for the shape \(shape)"
    )
    for (kind, count) in zip(kinds, shape) {
      precondition(kind != .dct1 || count > 1, "a dct1 needs at least two points on its axis, not \(count)")
    }
    self.kinds = kinds
    self.shape = shape
    self.inPlace = inPlace
    let scratch = PlanningScratch<Scalar>(
      axes: axes, loops: loops, complexInput: false, complexOutput: false, inPlace: inPlace)
    let handle = PlannerLock.withLock {
      Scalar.makeRealPlan(
        axes: axes, loops: loops, input: scratch.input.pointer, output: scratch.output.pointer, kinds: kinds,
        flags: effort.flags)
    }
    guard let handle else {
      preconditionFailure("FFTW has no \(kinds) transform for axes \(axes) repeated along \(loops)")
    }
    self.handle = handle
  }

  deinit {
    PlannerLock.withLock { Scalar.destroyPlan(handle) }
  }

  /// Transforms `input` into `output`. Safe to call from several threads; allocates nothing.
  ///
  /// Both addresses must be multiples of `alignment` bytes (checked in debug builds), and equal exactly if the plan is
  /// in place. The input survives.
  @inlinable
  public func execute(_ input: UnsafeMutablePointer<Scalar>, _ output: UnsafeMutablePointer<Scalar>) {
    assert(
      UInt(bitPattern: input) % UInt(Self.alignment) == 0
        && UInt(bitPattern: output) % UInt(Self.alignment) == 0,
      "the arrays of a plan begin at multiples of \(Self.alignment) bytes")
    assert((input == output) == inPlace, "a plan made in place runs in place, and only such a plan does")
    Scalar.executeRealPlan(handle, input, output)
  }
}
