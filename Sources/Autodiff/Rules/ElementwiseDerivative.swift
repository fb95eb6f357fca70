import Tensors

extension ElementwiseUnary {
  /// f′(x), where y = f(x); nil where it vanishes everywhere.
  func derivative<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar>? {
    switch self {
    case .negate: -.one(like: x)
    case .square: 2 * x
    case .reciprocal: -y.squared
    case .sqrt: 0.5 / y
    case .abs: x.applying(.sign)
    case .exp: y
    case .expm1: y + 1
    case .log: x.reciprocal
    case .log1p: (x + 1).reciprocal
    case .sin: Tensors.cos(x)
    case .cos: -Tensors.sin(x)
    case .tan: y.squared + 1
    case .asin: Tensors.sqrt(1 - x.squared).reciprocal
    case .acos: -Tensors.sqrt(1 - x.squared).reciprocal
    case .atan: (x.squared + 1).reciprocal
    case .sinh: Tensors.cosh(x)
    case .cosh: Tensors.sinh(x)
    case .tanh: 1 - y.squared
    case .erf: Scalar(2 / Double.pi.squareRoot()) * Tensors.exp(-x.squared)
    case .sign, .step: nil
    case .scale(let factor): .one(like: x) * Scalar(factor)
    case .offset: .one(like: x)
    case .power(let exponent): Scalar(exponent) * x.applying(.power(exponent - 1))
    }
  }
}

extension ElementwiseBinary {
  /// The partial derivatives with respect to both arguments, where y = f(a, b); nil where one vanishes everywhere.
  func derivatives<Scalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ y: Tensor<Scalar>
  ) -> (Tensor<Scalar>?, Tensor<Scalar>?) {
    switch self {
    case .add: return (.one(like: a), .one(like: a))
    case .subtract: return (.one(like: a), -.one(like: a))
    case .multiply: return (b, a)
    case .divide:
      let inverse = b.reciprocal
      return (inverse, -(y * inverse))
    case .min:
      let first = a .< b
      return (first, 1 - first)
    case .max:
      let first = b .< a
      return (first, 1 - first)
    case .less: return (nil, nil)
    case .power:
      return (b * a.combined(.power, b - 1), (a .> .zero(like: a)).select(y * log(a), else: .zero(like: a)))
    }
  }
}

extension Tensor {
  /// Ones in the shape of a recorded tensor, recorded in its graph.
  static func one(like x: Tensor) -> Tensor { number(1, like: x) }
  /// Zeros in the shape of a recorded tensor, recorded in its graph.
  static func zero(like x: Tensor) -> Tensor { number(0, like: x) }

  private static func number(_ value: Scalar, like x: Tensor) -> Tensor {
    guard let recorder = x.recorded?.recorder else { return full(x.shape, value) }
    return recorder.tensor(recorder.index(of: Tensor(value))).broadcast(to: x.shape)
  }
}

extension Recorder {
  /// The derivative of an elementwise function with respect to its argument (see ``Node/argument``), elementwise; nil
  /// where it vanishes everywhere. Asked of its own results it gives all higher derivatives.
  func elementwiseDerivative(_ index: Int) -> Tensor<Scalar>? {
    let node = nodes[index]
    if node.argument == index { return .one(like: tensor(index)) }
    if let known = elementwiseDerivatives[index] { return known.map(tensor) }
    let result = derivative(of: node, at: index)
    elementwiseDerivatives[index] = .some(result.map { self.index(of: $0) })
    return result
  }

  private func derivative(of node: Node, at index: Int) -> Tensor<Scalar>? {
    // Numbers among the operands have no derivative.
    let inner = node.operands.map { number($0) == nil ? elementwiseDerivative($0) : nil }
    let operands = node.operands.map(tensor)
    switch node.primitive {
    case .unary(let f):
      guard let inner = inner[0], let outer = f.derivative(operands[0], tensor(index)) else { return nil }
      return outer * inner
    case .binary(let f):
      // Written out where the general rule would take more operations.
      switch (f, inner[0], inner[1]) {
      case (.add, _, _): return plus(inner[0], inner[1])
      case (.subtract, _, _): return plus(inner[0], inner[1].map { -$0 })
      case (_, nil, nil): return nil
      default:
        let outer = f.derivatives(operands[0], operands[1], tensor(index))
        return plus(times(outer.0, inner[0]), times(outer.1, inner[1]))
      }
    case .select:
      if inner[1] == nil && inner[2] == nil { return nil }
      let zero = Tensor.zero(like: operands[1])
      return operands[0].select(inner[1] ?? zero, else: inner[2] ?? zero)
    default: preconditionFailure("\(node.primitive) is not an elementwise function")
    }
  }
}

/// a + b, where nil is zero.
func plus<Scalar>(_ a: Tensor<Scalar>?, _ b: Tensor<Scalar>?) -> Tensor<Scalar>? {
  guard let a else { return b }
  guard let b else { return a }
  return a + b
}

/// a · b, where nil is zero.
func times<Scalar>(_ a: Tensor<Scalar>?, _ b: Tensor<Scalar>?) -> Tensor<Scalar>? {
  guard let a, let b else { return nil }
  return a * b
}
