import Tensors

/// A Fourier transform of fixed shape and layout, ready to run on any arrays of that layout.
///
/// Transforms are not normalised: forward and backward in turn multiply by the number of points. Complex numbers are
/// pairs of scalars. A plan runs on one thread, and any number of threads may run it at the same time, on different
/// outputs (FFTW: Frigo and Johnson, Proc. IEEE 93, 2005).
public final class FFTPlan<Scalar: FFTScalar>: @unchecked Sendable {
  // Unchecked: the handle is immutable after init, and FFTW's execution functions only read it.

  /// The alignment that the arrays need, in bytes: that of FFTW's vector loads. Storage of `Buffer` has it, and so has
  /// every multiple of two doubles or four floats from its beginning.
  public static var alignment: Int { 16 }

  /// What the transform takes and gives.
  public let kind: FFTKind
  /// The number of points of each transformed axis (those of the real side for real transforms).
  public let shape: [Int]
  /// Whether the plan runs with input and output at the same address.
  public let inPlace: Bool
  @usableFromInline let handle: OpaquePointer

  /// The number of points of one transform, by which forward and backward in turn multiply.
  public var normalization: Scalar { Scalar(shape.reduce(1, *)) }

  /// A plan for `batch` transforms over row-major arrays.
  ///
  /// - Parameters:
  ///   - kind: What is transformed to what.
  ///   - shape: The points of each axis. With a real side, the complex side has n/2 + 1 modes on the last axis.
  ///   - batch: How many transforms one call makes.
  ///   - inputStride: The distance between neighbours on the last axis; earlier axes follow from the shape.
  ///   - inputDistance: The distance between the beginnings of two transforms; by default they lie one after another.
  ///   - outputStride: As `inputStride`, for the output.
  ///   - outputDistance: As `inputDistance`, for the output.
  ///   - inPlace: Whether input and output are the same array. The real side of an in-place transform has rows of
  ///     2 (n/2 + 1) scalars on the last axis, of which the first n count.
  ///   - effort: How much time planning may cost.
  ///
  /// Strides and distances count complex numbers on a complex side, and scalars on a real side.
  public convenience init(
    _ kind: FFTKind, shape: [Int], batch: Int = 1, inputStride: Int = 1, inputDistance: Int? = nil,
    outputStride: Int = 1, outputDistance: Int? = nil, inPlace: Bool = false,
    effort: PlanningEffort = .estimate
  ) {
    precondition(!shape.isEmpty && shape.allSatisfy { $0 > 0 }, "cannot transform an array of shape \(shape)")
    precondition(batch > 0, "cannot transform a batch of \(batch)")
    var (input, output) = (shape, shape)
    let last = shape.count - 1
    if kind == .realToComplex {
      output[last] = shape[last] / 2 + 1
      if inPlace { input[last] = 2 * output[last] }
    } else if kind == .complexToReal {
      input[last] = shape[last] / 2 + 1
      if inPlace { output[last] = 2 * input[last] }
    }
    let axes = TransformDimension.axes(
      shape: shape, inputEmbedding: input, inputStride: inputStride, outputEmbedding: output,
      outputStride: outputStride)
    let loop = TransformDimension(
      count: batch, inputStride: inputDistance ?? inputStride * input.reduce(1, *),
      outputStride: outputDistance ?? outputStride * output.reduce(1, *))
    self.init(kind, axes: axes, loops: batch == 1 ? [] : [loop], inPlace: inPlace, effort: effort)
  }

  /// A plan for transforms along any axes of any strided arrays.
  ///
  /// - Parameters:
  ///   - kind: What is transformed to what; a half-complex side has n/2 + 1 modes on the last of `axes`.
  ///   - axes: The transformed axes.
  ///   - loops: The axes along which the transform is repeated.
  ///   - inPlace: Whether input and output are the same array.
  ///   - effort: How much time planning may cost.
  public init(
    _ kind: FFTKind, axes: [TransformDimension], loops: [TransformDimension], inPlace: Bool = false,
    effort: PlanningEffort = .estimate
  ) {
    self.kind = kind
    self.shape = axes.map(\.count)
    self.inPlace = inPlace
    let scratch = PlanningScratch<Scalar>(
      axes: axes, loops: loops, complexInput: kind.hasComplexInput, complexOutput: kind.hasComplexOutput,
      inPlace: inPlace)
    let (input, output, flags) = (scratch.input.pointer, scratch.output.pointer, effort.flags)
    let handle = PlannerLock.withLock {
      switch kind {
      case .complexToComplex(let direction):
        return Scalar.makeComplexPlan(
          axes: axes, loops: loops, input: input, output: output, direction: direction, flags: flags)
      case .realToComplex:
        return Scalar.makeRealToComplexPlan(
          axes: axes, loops: loops, input: input, output: output, flags: flags)
      case .complexToReal:
        return Scalar.makeComplexToRealPlan(
          axes: axes, loops: loops, input: input, output: output, flags: flags)
      }
    }
    guard let handle else {
      preconditionFailure("FFTW has no \(kind) transform for axes \(axes) repeated along \(loops)")
    }
    self.handle = handle
  }

  deinit {
    PlannerLock.withLock { Scalar.destroyPlan(handle) }
  }

  /// The plan without ownership, for inner loops that must not count references; valid as long as the plan lives.
  public struct Executor: BitwiseCopyable, @unchecked Sendable {
    // Unchecked: as the plan, the handle is only read.
    @usableFromInline let kind: FFTKind
    @usableFromInline let handle: OpaquePointer

    @usableFromInline
    init(kind: FFTKind, handle: OpaquePointer) { (self.kind, self.handle) = (kind, handle) }

    /// As ``FFTPlan/execute(_:_:)``.
    @inlinable
    public func execute(_ input: UnsafeMutablePointer<Scalar>, _ output: UnsafeMutablePointer<Scalar>) {
      switch kind {
      case .complexToComplex: Scalar.executeComplexPlan(handle, input, output)
      case .realToComplex: Scalar.executeRealToComplexPlan(handle, input, output)
      case .complexToReal: Scalar.executeComplexToRealPlan(handle, input, output)
      }
    }
  }

  /// The plan without ownership.
  @inlinable public var executor: Executor { Executor(kind: kind, handle: handle) }

  /// Transforms `input` into `output`. Safe to call from several threads; allocates nothing.
  ///
  /// Both addresses must be multiples of `alignment` bytes (checked in debug builds), and equal exactly if the plan is
  /// in place. The input survives, except that of a `complexToReal` plan,
  /// which is overwritten.
  @inlinable
  public func execute(_ input: UnsafeMutablePointer<Scalar>, _ output: UnsafeMutablePointer<Scalar>) {
    assert(
      UInt(bitPattern: input) % UInt(Self.alignment) == 0
        && UInt(bitPattern: output) % UInt(Self.alignment) == 0,
      "the arrays of a plan begin at multiples of \(Self.alignment) bytes")
    assert((input == output) == inPlace, "a plan made in place runs in place, and only such a plan does")
    executor.execute(input, output)
  }
}
