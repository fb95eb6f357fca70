import Tensors

/// The Fourier transform of real arrays to their half spectrum, and the way back, as primitives of recorded graphs.
///
/// The forward transform takes the last axes, of shape `shape`, to `[…, n/2 + 1, 2]` with pairs of real and imaginary part;
/// the backward one takes such a half spectrum to real numbers and is not normalised: forward and backward in turn multiply
/// by the number of points. Both are linear, treat the entries of leading axes one by one, and are each other's adjoint
/// up to factors of two.
public struct RealFourierTransform<Scalar: FFTScalar>: CustomPrimitive {
  /// The points of the transformed axes.
  public let points: [Int]
  /// Whether it is a half spectrum that is transformed to real numbers.
  public let isBackward: Bool
  private let plan: FFTPlan<Scalar>
  private let scratch: TransformScratch<Scalar>

  /// The transform of arrays of a shape, or of their half spectrum.
  public init(_ points: [Int], isBackward: Bool = false) {
    (self.points, self.isBackward) = (points, isBackward)
    plan = FFTPlan(isBackward ? .complexToReal : .realToComplex, shape: points)
    let (real, spectral) = (points.reduce(1, *), Self.spectrum(points).reduce(1, *))
    scratch = TransformScratch(
      count: TransformScratch<Scalar>.padded(real) + TransformScratch<Scalar>.padded(spectral))
  }

  private static func spectrum(_ points: [Int]) -> [Int] {
    Array(points.dropLast()) + [points[points.count - 1] / 2 + 1, 2]
  }

  private var from: [Int] { isBackward ? Self.spectrum(points) : points }
  private var to: [Int] { isBackward ? points : Self.spectrum(points) }

  public var name: String { "Fourier transform\(isBackward ? " back" : "") of \(points)" }
  public var isSamplewise: Bool { true }
  public var isLinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    precondition(
      operands.count == 1 && operands[0].count > from.count && operands[0].suffix(from.count) == from[...],
      "operands of shapes \(operands) for a transform of [entries, …] + \(from)")
    return operands[0].dropLast(from.count) + to
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let (p, q) = (plan.kind == .complexToReal, plan.executor)
    let inputCount = points.dropLast().reduce(1, *) * (p ? (points.last! / 2 + 1) * 2 : points.last!)
    let outputCount = points.dropLast().reduce(1, *) * (p ? points.last! : (points.last! / 2 + 1) * 2)
    let entries = shapes[0].reduce(1, *) / inputCount
    for i in 0..<entries {
      scratch.run(
        operands[0] + i * inputCount, inputCount: inputCount, result + i * outputCount,
        outputCount: outputCount, copies: p
      ) { q.execute($0, $1) }
    }
  }

  /// The factor of each frequency of the last axis with which the adjoint is the transform back.
  private var weights: Tensor<Scalar> {
    let n = points[points.count - 1]
    let factors = (0...n / 2).map { k -> Scalar in
      k == 0 || 2 * k == n ? 1 : isBackward ? 2 : 0.5
    }
    return Tensor(factors).reshaped([n / 2 + 1, 1])
  }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    let adjoint = RealFourierTransform(points, isBackward: !isBackward)
    return [isBackward ? adjoint(gradient) * weights : adjoint(gradient * weights)]
  }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    tangents[0].map { self($0) }
  }
}
