import Tensors

/// Cosine and sine transforms of the last axes, one kind per axis, as a primitive of recorded graphs. Not normalised;
/// linear, and the entries of leading axes are treated one by one.
public struct TrigonometricTransform<Scalar: FFTScalar>: CustomPrimitive {
  /// The transform of each axis.
  public let kinds: [RealTransformKind]
  /// The points of each axis.
  public let points: [Int]
  private let plan: RealTransformPlan<Scalar>
  private let scratch: TransformScratch<Scalar>

  /// The transform of arrays of a shape.
  public init(_ kinds: [RealTransformKind], _ points: [Int]) {
    (self.kinds, self.points) = (kinds, points)
    plan = RealTransformPlan(kinds: kinds, shape: points)
    scratch = TransformScratch(count: 2 * TransformScratch<Scalar>.padded(points.reduce(1, *)))
  }

  public var name: String { "\(kinds) of \(points)" }
  public var isSamplewise: Bool { true }
  public var isLinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    precondition(
      operands.count == 1 && operands[0].count > points.count
        && operands[0].suffix(points.count) == points[...],
      "operands of shapes \(operands) for a transform of [entries, …] + \(points)")
    return operands[0]
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let count = points.reduce(1, *)
    for i in 0..<shapes[0].reduce(1, *) / count {
      scratch.run(
        operands[0] + i * count, inputCount: count, result + i * count, outputCount: count, copies: false
      ) { plan.execute($0, $1) }
    }
  }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    let adjoint = TrigonometricTransform(kinds.map(\.inverse), points)
    return [weighted(adjoint(weighted(gradient, \.before)), \.after)]
  }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    tangents[0].map { self($0) }
  }

  private func weighted(
    _ x: Tensor<Scalar>, _ side: KeyPath<RealTransformKind.AdjointFactors, RealTransformKind.Ends>
  ) -> Tensor<Scalar> {
    var result = x
    for (axis, (kind, count)) in zip(kinds, points).enumerated() {
      let ends = kind.adjointFactors[keyPath: side]
      guard ends.first != 1 || ends.last != 1 else { continue }
      var factors = [Scalar](repeating: 1, count: count)
      factors[0] *= Scalar(ends.first)
      factors[count - 1] *= Scalar(ends.last)
      result =
        result * Tensor(factors).reshaped([count] + Array(repeating: 1, count: points.count - axis - 1))
    }
    return result
  }
}

extension RealTransformKind {
  /// Factors of the first and the last element.
  struct Ends {
    var first = 1.0
    var last = 1.0
  }

  /// The adjoint is the inverse kind between two diagonal matrices, which are 1 but at the ends.
  struct AdjointFactors {
    var before = Ends()
    var after = Ends()
  }

  var adjointFactors: AdjointFactors {
    switch self {
    // Its columns are doubled but at the ends: divide by that before, multiply after, up to the common factor 2.
    case .dct1:
      AdjointFactors(before: Ends(first: 2, last: 2), after: Ends(first: 0.5, last: 0.5))
    case .dct2: AdjointFactors(before: Ends(first: 2))
    case .dct3: AdjointFactors(after: Ends(first: 0.5))
    case .dst2: AdjointFactors(before: Ends(last: 2))
    case .dst3: AdjointFactors(after: Ends(last: 0.5))
    case .dct4, .dst1, .dst4: AdjointFactors()
    }
  }
}
