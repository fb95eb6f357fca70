import Tensors

/// Products along several axes with a matrix each: x of shape [entries, n₁, …, n_d, channels] to [entries, m₁, …, m_d,
/// channels], with one matrix [mᵢ, nᵢ] per axis, or none where an axis stays as it is; a primitive of recorded graphs.
///
/// Transforms between values and coefficients, derivatives, and all of these in turn are such products. For the few dozen
/// modes of a network a product with a matrix is faster than a fast transform, which moves strided rows through the
/// cache once per axis, too.
public struct AxisProduct<Scalar: Real>: CustomPrimitive {
  private let kernel: AxisProductKernel<Scalar>
  private let region: ProductRegion<Scalar>

  /// The matrices, row-major.
  public var matrices: [Tensor<Scalar>?] { kernel.matrices }

  /// The products with matrices of the given elements.
  public init(_ matrices: [Tensor<Double>?]) {
    self.init(converted: matrices.map { $0.map { Tensor<Scalar>($0) } })
  }

  private init(converted: [Tensor<Scalar>?]) {
    let kernel = AxisProductKernel(converted)
    self.kernel = kernel
    region = ProductRegion { kernel.evaluate(sample: $0, $1) }
  }

  public var name: String {
    "product along axes "
      + matrices.map { $0.map { "\($0.shape[0])×\($0.shape[1])" } ?? "-" }.joined(separator: ", ")
  }
  public var isSamplewise: Bool { true }
  public var isLinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    let fits =
      operands.count == 1 && operands[0].count == matrices.count + 2
      && matrices.indices.allSatisfy {
        matrices[$0].map { $0.shape[1] } ?? operands[0][$0 + 1] == operands[0][$0 + 1]
      }
    precondition(fits, "operands of shapes \(operands) for a \(name)")
    var shape = operands[0]
    for (axis, matrix) in matrices.enumerated() { if let matrix { shape[axis + 1] = matrix.shape[0] } }
    return shape
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let shape = shapes[0]
    guard kernel.hasPasses else { return result.update(from: operands[0], count: shape.reduce(1, *)) }
    let (entry, _, last) = kernel.sizes(shape)
    guard entry > 0, last > 0 else { return }
    let arguments = ProductRegion<Scalar>.Arguments(
      a: operands[0], b: operands[0], result: result, first: shape, second: [])
    region.run(arguments, tiles: shape[0])
  }

  /// The product with the transposed matrices.
  public var adjoint: AxisProduct {
    AxisProduct(converted: matrices.map { $0?.transposed([1, 0]) })
  }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  { [adjoint(gradient)] }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  { tangents[0].map { self($0) } }
}
