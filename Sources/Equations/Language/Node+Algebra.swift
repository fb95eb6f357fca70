import Foundation

// Constructors that fold constants and flatten sums and products. They never expand.
extension Node {
  public static let zero = Node.constant(0)
  public static let one = Node.constant(1)

  public static prefix func - (a: Node) -> Node { .constant(-1) * a }
  public static func + (a: Node, b: Node) -> Node { sum(of: [a, b]) }
  public static func - (a: Node, b: Node) -> Node { a + -b }
  public static func * (a: Node, b: Node) -> Node { product(of: [a, b]) }
  public static func / (a: Node, b: Node) -> Node { a * raise(b, .constant(-1)) }

  /// The sum of terms, flattened, with its constants added up at the end.
  public static func sum(of terms: [Node]) -> Node {
    var constant = 0.0
    var rest: [Node] = []
    for term in terms {
      switch term {
      case .constant(let c): constant += c
      case .sum(let inner):
        for node in inner { if case .constant(let c) = node { constant += c } else { rest.append(node) } }
      default: rest.append(term)
      }
    }
    if constant != 0 || rest.isEmpty { rest.append(.constant(constant)) }
    return rest.count == 1 ? rest[0] : .sum(rest)
  }

  /// The product of factors, flattened, with its constants multiplied into the first factor.
  public static func product(of factors: [Node]) -> Node {
    var constant = 1.0
    var rest: [Node] = []
    for factor in factors {
      switch factor {
      case .constant(let c): constant *= c
      case .product(let inner):
        for node in inner { if case .constant(let c) = node { constant *= c } else { rest.append(node) } }
      default: rest.append(factor)
      }
    }
    if constant == 0 { return .zero }
    if constant != 1 || rest.isEmpty { rest.insert(.constant(constant), at: 0) }
    return rest.count == 1 ? rest[0] : .product(rest)
  }

  /// base^exponent.
  public static func raise(_ base: Node, _ exponent: Node) -> Node {
    switch (base, exponent) {
    case (_, .constant(0)): return .one
    case (_, .constant(1)): return base
    case (.constant(let a), .constant(let b)): return .constant(Foundation.pow(a, b))
    case (.power(let inner, .constant(let a)), .constant(let b)) where a == a.rounded() && b == b.rounded():
      return raise(inner, .constant(a * b))
    default: return .power(base, exponent)
    }
  }

  /// function(argument), evaluated when the argument is a constant.
  public static func apply(_ function: Function, _ argument: Node) -> Node {
    if case .constant(let c) = argument { return .constant(function.value(at: c)) }
    return .function(function, argument)
  }

  /// The number this node is, if it is one.
  public var constantValue: Double? {
    if case .constant(let value) = self { return value }
    return nil
  }

  public var isZero: Bool { self == .zero }
}

extension Function {
  /// The function's value.
  public func value(at x: Double) -> Double {
    switch self {
    case .exp: Foundation.exp(x)
    case .log: Foundation.log(x)
    case .sin: Foundation.sin(x)
    case .cos: Foundation.cos(x)
    case .tan: Foundation.tan(x)
    case .asin: Foundation.asin(x)
    case .acos: Foundation.acos(x)
    case .atan: Foundation.atan(x)
    case .sinh: Foundation.sinh(x)
    case .cosh: Foundation.cosh(x)
    case .tanh: Foundation.tanh(x)
    case .erf: Foundation.erf(x)
    case .abs: Swift.abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .step: x > 0 ? 1 : x < 0 ? 0 : 0.5
    }
  }
}

extension BinaryFunction {
  /// The function's value.
  public func value(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .min: Swift.min(a, b)
    case .max: Swift.max(a, b)
    case .less: a < b ? 1 : 0
    }
  }
}
