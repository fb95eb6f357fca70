/// What a node of a recorded graph computes from its operands.
///
/// The list is closed on purpose: rules (reverse, forward, Taylor) and programs switch over it exhaustively, so that a
/// primitive without a rule does not compile. What lies outside of arrays, such as Fourier transforms and sparse
/// solves, comes in as a ``CustomPrimitive``.
public enum Primitive<Scalar: Real>: Sendable {
  /// A value that is given when the graph is run.
  case input
  /// A value that was known when the graph was recorded.
  case constant(Tensor<Scalar>)

  /// A function of every element.
  case unary(ElementwiseUnary)
  /// A function of every pair of elements, of one shape.
  case binary(ElementwiseBinary)
  /// The second operand where the first is not 0, the third elsewhere, all of one shape.
  case select
  /// The operand itself; derivatives do not pass.
  case stopGradient

  /// The operand repeated along axes of length 1 and along new leading axes.
  case broadcast
  /// The same elements in the same order under another shape.
  case reshape
  /// Axis i of the result is axis `order[i]` of the operand.
  case transpose([Int])
  /// Indices `start`, `start + step`, … of one axis; as many as the result has.
  case slice(axis: Int, start: Int, step: Int)
  /// The adjoint of a slice: the operand at these indices of one axis of the given length, zeros elsewhere.
  case embed(axis: Int, start: Int, step: Int)
  /// The operands one after another along an axis.
  case concatenate(axis: Int)
  /// Entries of the first axis by index.
  case gather([Int])
  /// The adjoint of a gather: operands' entries added at these indices of an axis of the result's length.
  case scatter([Int])

  /// The sum over axes, which go.
  case sum([Int])
  /// The largest element along an axis, which goes.
  case maximum(axis: Int)

  /// The product of two matrices, or of stacks of equally many; each operand as it is or transposed.
  case matmul(transposeA: Bool, transposeB: Bool)
  /// A pass of a convolution, which is bilinear: the output from input and weights, the input from output and weights
  /// (the adjoint), or the weights from input and output.
  case convolution(ConvolutionShape, ConvolutionPass)
  /// A product of complex numbers mode by mode, or one of its adjoints; bilinear like a convolution.
  case modalProduct(ConvolutionPass)
  /// An operation on rows that has a kernel of its own.
  case composite(Composite)

  /// A primitive that another module defines.
  case custom(any CustomPrimitive<Scalar>)
}

/// An operation on whole arrays that brings its own derivatives: a transform, a sparse product, a solve.
///
/// Its derivatives are written with tensors, so that they are recorded in turn and can be differentiated again.
public protocol CustomPrimitive<Scalar>: Sendable {
  associatedtype Scalar: Real

  /// The operation's name, for printing.
  var name: String { get }

  /// Whether operand and result are stacks along axis 0 whose entries are treated one by one, so that a program may cut
  /// them into tiles.
  var isSamplewise: Bool { get }

  /// The shape of the result.
  ///
  /// - Precondition: The shapes fit; both shapes are printed where they do not.
  func shape(of operands: [[Int]]) -> [Int]

  /// Computes the result, without allocating where it is to run within programs. May be called from several threads at once where it is samplewise, with fewer entries along
  /// axis 0 than were recorded.
  ///
  /// - Parameters:
  ///   - operands: The elements of each operand, row-major.
  ///   - shapes: The shapes of the operands in this call.
  ///   - result: Memory for the result.
  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>)

  /// The gradient with respect to each operand for a gradient with respect to the result; nil where there is none.
  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>) -> [Tensor<
    Scalar
  >?]

  /// The directional derivative of the result for tangents of the operands, of which some are zero (nil).
  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?

  /// Whether the operation is linear in its operands taken together, so that Taylor coefficients pass through it.
  var isLinear: Bool { get }

  /// Whether the operation has two operands and is linear in each, so that Taylor coefficients pass through it as through
  /// a product.
  var isBilinear: Bool { get }

  /// The bilinear operation g with g(a, r) = b, where that equation defines the result r of the operands a and b: of a
  /// linear solve, the product with its matrix. Taylor coefficients of r are then solutions with the same a.
  var definingProduct: (any CustomPrimitive<Scalar>)? { get }
}

extension CustomPrimitive {
  public var isSamplewise: Bool { false }
  public var isLinear: Bool { false }
  public var isBilinear: Bool { false }
  public var definingProduct: (any CustomPrimitive<Scalar>)? { nil }
}

extension Primitive {
  /// What makes two nodes on the same operands the same value; nil for what is never shared.
  enum Identity: Hashable {
    case unary(ElementwiseUnary)
    case binary(ElementwiseBinary)
    case select, stopGradient, broadcast, reshape
    case transpose([Int])
    case slice(Int, Int, Int)
    case embed(Int, Int, Int)
    case concatenate(Int)
    case gather([Int])
    case scatter([Int])
    case sum([Int])
    case maximum(Int)
    case matmul(Bool, Bool)
    case convolution(ConvolutionShape, ConvolutionPass)
    case modalProduct(ConvolutionPass)
    case composite(Composite)
  }

  /// Whether this primitive computes the same as another of the same operands; those of other modules are compared by
  /// their names.
  package func isSame(as other: Primitive) -> Bool {
    switch (self, other) {
    case (.input, .input): true
    // NaN counts as the same as itself.
    case (.constant(let a), .constant(let b)):
      a.shape == b.shape && zip(a.elements, b.elements).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
    case (.custom(let a), .custom(let b)): a.name == b.name
    default: identity != nil && identity == other.identity
    }
  }

  var identity: Identity? {
    switch self {
    case .input, .constant, .custom: nil
    case .unary(let f): .unary(f)
    case .binary(let f): .binary(f)
    case .select: .select
    case .stopGradient: .stopGradient
    case .broadcast: .broadcast
    case .reshape: .reshape
    case .transpose(let order): .transpose(order)
    case .slice(let axis, let start, let step): .slice(axis, start, step)
    case .embed(let axis, let start, let step): .embed(axis, start, step)
    case .concatenate(let axis): .concatenate(axis)
    case .gather(let indices): .gather(indices)
    case .scatter(let indices): .scatter(indices)
    case .sum(let axes): .sum(axes)
    case .maximum(let axis): .maximum(axis)
    case .matmul(let a, let b): .matmul(a, b)
    case .convolution(let shape, let pass): .convolution(shape, pass)
    case .modalProduct(let pass): .modalProduct(pass)
    case .composite(let function): .composite(function)
    }
  }

  /// Whether the result's elements are computed one by one from the operands' elements at the same place.
  package var isElementwise: Bool {
    switch self {
    case .unary, .binary, .select: true
    default: false
    }
  }
}

extension Primitive: CustomStringConvertible {
  /// The primitive as programs print it.
  public var description: String {
    switch self {
    case .input: "input"
    case .constant(let value): value.count == 1 ? "constant \(value.scalar)" : "constant"
    case .unary(let f): "\(f)"
    case .binary(let f): "\(f)"
    case .select: "select"
    case .stopGradient: "stopGradient"
    case .broadcast: "broadcast"
    case .reshape: "reshape"
    case .transpose(let order): "transpose\(order)"
    case .slice(let axis, let start, let step): "slice(axis: \(axis), from: \(start), by: \(step))"
    case .embed(let axis, let start, let step): "embed(axis: \(axis), from: \(start), by: \(step))"
    case .concatenate(let axis): "concatenate(axis: \(axis))"
    case .gather(let indices): "gather(\(indices.count) entries)"
    case .scatter(let indices): "scatter(\(indices.count) entries)"
    case .sum(let axes): "sum\(axes)"
    case .maximum(let axis): "maximum(axis: \(axis))"
    case .matmul(let a, let b): "matmul" + (a ? " Aᵀ" : "") + (b ? " Bᵀ" : "")
    case .convolution(let shape, let pass): "convolution(\(pass), kernel: \(shape.weightShape))"
    case .modalProduct(let pass): "modalProduct(\(pass))"
    case .composite(let function): "\(function)"
    case .custom(let custom): custom.name
    }
  }
}
