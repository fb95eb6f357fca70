import Geometry

extension Node {
  /// What to differentiate with respect to.
  ///
  /// Along `direction(n)` the unknown with index u changes by the unknown with index u + n: the Gateaux derivative.
  package enum Variable: Hashable { case axis(Axis), time, direction(Int) }

  /// The derivative of a lowered node, fully carried out by the sum, product and chain rules; jets gain an order.
  ///
  /// Functions with kinks (abs, min, max, step) are differentiated piece by piece.
  package func differentiated(_ variable: Variable) throws -> Node {
    switch self {
    // Normals and indicators are constant along sides and within cells.
    case .constant, .imaginaryUnit, .parameter, .normal, .region: return .zero
    case .coordinate(let axis): return variable == .axis(axis) ? .one : .zero
    case .time: return variable == .time ? .one : .zero
    case .random(let field):
      guard case .axis = variable else { return .zero }
      throw EquationError(
        "the random field \(field.label) cannot be differentiated symbolically: make it the initial value of an unknown"
      )
    case .jet(var jet):
      switch variable {
      case .axis(let axis): jet.orders[axis] += 1
      case .time: jet.timeOrder += 1
      case .direction(let offset): jet.unknown += offset
      }
      return .jet(jet)
    case .sum(let terms): return .sum(of: try terms.map { try $0.differentiated(variable) })
    case .product(let factors):
      return .sum(
        of: try factors.indices.map { i in
          var others = factors
          others[i] = try factors[i].differentiated(variable)
          return .product(of: others)
        })
    case .power(let base, .constant(let n)):
      return .constant(n) * .raise(base, .constant(n - 1)) * (try base.differentiated(variable))
    case .power(let base, let exponent):
      let inner =
        try exponent.differentiated(variable) * .apply(.log, base)
        + exponent * (try base.differentiated(variable)) / base
      return inner.isZero ? .zero : self * inner
    case .function(let function, let a):
      let inner = try a.differentiated(variable)
      return inner.isZero ? .zero : function.derivative(at: a) * inner
    case .binary(.less, _, _): return .zero
    case .binary(let function, let a, let b):
      let (da, db) = (try a.differentiated(variable), try b.differentiated(variable))
      let first = function == .min ? Node.binary(.less, a, b) : Node.binary(.less, b, a)
      return first * da + (.one - first) * db
    case .derivative(let a, let axis):
      return try a.differentiated(.axis(axis)).differentiated(variable)
    case .timeDerivative(let a):
      return try a.differentiated(.time).differentiated(variable)
    default:
      throw EquationError("'\(written(.text))' cannot be differentiated here")
    }
  }
}

extension Function {
  /// The derivative of the function as a node of its argument.
  func derivative(at a: Node) -> Node {
    switch self {
    case .exp: .apply(.exp, a)
    case .log: .one / a
    case .sin: .apply(.cos, a)
    case .cos: -.apply(.sin, a)
    case .tan: .one + .raise(.apply(.tan, a), .constant(2))
    case .asin: .raise(.one - .raise(a, .constant(2)), .constant(-0.5))
    case .acos: -.raise(.one - .raise(a, .constant(2)), .constant(-0.5))
    case .atan: .one / (.one + .raise(a, .constant(2)))
    case .sinh: .apply(.cosh, a)
    case .cosh: .apply(.sinh, a)
    case .tanh: .one - .raise(.apply(.tanh, a), .constant(2))
    case .erf: .constant(2 / Double.pi.squareRoot()) * .apply(.exp, -.raise(a, .constant(2)))
    case .abs: .apply(.sign, a)
    case .sign, .step: .zero
    }
  }
}
