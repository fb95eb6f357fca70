import Geometry

/// A scalar quantity of a PDE, written symbolically: an unknown, a parameter, a coordinate, a number, or what the
/// operators and differential operators make of them.
///
/// Because `==` between fields makes an ``Equation``, fields are not `Equatable`; compare their `node`.
public struct ScalarField: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The symbolic tree.
  public var node: Node

  /// The field with the given tree.
  public init(_ node: Node) { self.node = node }
  /// A constant.
  public init(_ value: Double) { node = .constant(value) }
  public init(floatLiteral value: Double) { node = .constant(value) }
  public init(integerLiteral value: Int) { node = .constant(Double(value)) }

  /// A real scalar unknown.
  public static func unknown(_ name: String) -> ScalarField {
    ScalarField(.unknown(Unknown(name: name, kind: .scalar)))
  }
  /// A complex scalar unknown, such as a wave function. Its equations are reduced to real ones by the analysis.
  public static func complexUnknown(_ name: String) -> ScalarField {
    ScalarField(.unknown(Unknown(name: name, kind: .complex)))
  }
  /// A named number with a default value and the range of values that make sense.
  ///
  /// - Precondition: the default lies within the range.
  public static func parameter(
    _ name: String, _ value: Double,
    in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
  ) -> ScalarField {
    precondition(
      range.contains(value), "the default \(value) of the parameter '\(name)' lies outside \(range)")
    return ScalarField(.parameter(ProblemParameter(name: name, defaultValue: value, range: range)))
  }
  /// A named coefficient of the equations that is a function of space and time: the given formula, for every solver.
  ///
  /// A training may find it from measurements instead. One that must stay positive is the exponential of a coefficient:
  /// `exp(.coefficient("log_a", 0))`.
  ///
  /// - Parameter formula: A formula of coordinates, time and parameters: what the coefficient is, or what is known of it
  ///   before measurements.
  /// - Precondition: the formula has no unknown.
  public static func coefficient(_ name: String, _ formula: ScalarField) -> ScalarField {
    precondition(
      !formula.node.dependsOnUnknowns,
      "the coefficient '\(name)' depends on an unknown: write the formula itself")
    return ScalarField(.coefficient(name, formula.node))
  }
  /// A random field, drawn from the seed of the run.
  public static func random(_ field: RandomField) -> ScalarField { ScalarField(.random(field)) }

  /// 1 in the cells of a mesh that lie in a region of this name, 0 elsewhere: for coefficients that jump.
  public static func region(_ name: String) -> ScalarField { ScalarField(.region(name)) }

  /// π.
  public static var pi: ScalarField { ScalarField(.constant(.pi)) }
  /// The imaginary unit.
  public static var i: ScalarField { ScalarField(.imaginaryUnit) }

  /// Free coordinates and time, for expressions written outside a ``Problem``.
  public static var x: ScalarField { ScalarField(.coordinate(.x)) }
  public static var y: ScalarField { ScalarField(.coordinate(.y)) }
  public static var z: ScalarField { ScalarField(.coordinate(.z)) }
  public static var t: ScalarField { ScalarField(.time) }
}

/// The numbers that stand beside fields in equations.
public protocol PlainNumber {
  /// The number in double precision.
  var double: Double { get }
}

extension Double: PlainNumber {
  public var double: Double { self }
}

extension Int: PlainNumber {
  public var double: Double { Double(self) }
}

// Each operator exists for two fields and, generically, for a field and a number on either side. With literals alone
// converting implicitly, or with overloads for Double and Int, the type checker tries every combination: long
// equations, and even lists of quotients of literals in a user's file, then take it seconds.
extension ScalarField {
  public static prefix func - (a: ScalarField) -> ScalarField { ScalarField(-a.node) }
  public static prefix func + (a: ScalarField) -> ScalarField { a }

  public static func + (a: ScalarField, b: ScalarField) -> ScalarField { ScalarField(a.node + b.node) }
  public static func + (a: ScalarField, b: some PlainNumber) -> ScalarField { a + ScalarField(b.double) }
  public static func + (a: some PlainNumber, b: ScalarField) -> ScalarField { ScalarField(a.double) + b }

  public static func - (a: ScalarField, b: ScalarField) -> ScalarField { ScalarField(a.node + -b.node) }
  public static func - (a: ScalarField, b: some PlainNumber) -> ScalarField { a - ScalarField(b.double) }
  public static func - (a: some PlainNumber, b: ScalarField) -> ScalarField { ScalarField(a.double) - b }

  public static func * (a: ScalarField, b: ScalarField) -> ScalarField { ScalarField(a.node * b.node) }
  public static func * (a: ScalarField, b: some PlainNumber) -> ScalarField { a * ScalarField(b.double) }
  public static func * (a: some PlainNumber, b: ScalarField) -> ScalarField { ScalarField(a.double) * b }

  public static func / (a: ScalarField, b: ScalarField) -> ScalarField { ScalarField(a.node / b.node) }
  public static func / (a: ScalarField, b: some PlainNumber) -> ScalarField { a / ScalarField(b.double) }
  public static func / (a: some PlainNumber, b: ScalarField) -> ScalarField { ScalarField(a.double) / b }

  public static func == (a: ScalarField, b: ScalarField) -> Equation { Equation(a, b) }
  public static func == (a: ScalarField, b: some PlainNumber) -> Equation {
    Equation(a, ScalarField(b.double))
  }
}
