// Elementary functions of fields.

/// e to the power of a field.
public func exp(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.exp, a.node)) }
/// The natural logarithm.
public func log(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.log, a.node)) }
public func sin(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.sin, a.node)) }
public func cos(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.cos, a.node)) }
public func tan(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.tan, a.node)) }
public func asin(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.asin, a.node)) }
public func acos(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.acos, a.node)) }
public func atan(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.atan, a.node)) }
public func sinh(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.sinh, a.node)) }
public func cosh(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.cosh, a.node)) }
public func tanh(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.tanh, a.node)) }
/// The error function.
public func erf(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.erf, a.node)) }
/// The absolute value of a real field; for a complex one see ``abs2(_:)``.
public func abs(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.abs, a.node)) }
/// −1, 0 or 1.
public func sign(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.sign, a.node)) }
/// Heaviside's function: 0, 1/2 at zero, 1.
public func step(_ a: ScalarField) -> ScalarField { ScalarField(.apply(.step, a.node)) }
public func sqrt(_ a: ScalarField) -> ScalarField { ScalarField(.raise(a.node, .constant(0.5))) }
/// 1 / cosh.
public func sech(_ a: ScalarField) -> ScalarField { 1 / cosh(a) }
/// A field to an integer power.
public func pow(_ a: ScalarField, _ exponent: Int) -> ScalarField {
  ScalarField(.raise(a.node, .constant(Double(exponent))))
}
/// A field to a real power.
public func pow(_ a: ScalarField, _ exponent: Double) -> ScalarField {
  ScalarField(.raise(a.node, .constant(exponent)))
}
/// A field to the power of a field.
public func pow(_ a: ScalarField, _ exponent: ScalarField) -> ScalarField {
  ScalarField(.raise(a.node, exponent.node))
}
/// The lesser of two fields, point by point.
public func min(_ a: ScalarField, _ b: ScalarField) -> ScalarField {
  ScalarField(.binary(.min, a.node, b.node))
}
/// The greater of two fields, point by point.
public func max(_ a: ScalarField, _ b: ScalarField) -> ScalarField {
  ScalarField(.binary(.max, a.node, b.node))
}
/// 1 where a < b, else 0.
public func less(_ a: ScalarField, _ b: ScalarField) -> ScalarField {
  ScalarField(.binary(.less, a.node, b.node))
}

/// The complex conjugate.
public func conjugate(_ a: ScalarField) -> ScalarField { ScalarField(.conjugate(a.node)) }
/// The real part.
public func re(_ a: ScalarField) -> ScalarField { ScalarField(.realPart(a.node)) }
/// The imaginary part.
public func im(_ a: ScalarField) -> ScalarField { ScalarField(.imaginaryPart(a.node)) }
/// |a|² of a complex field.
public func abs2(_ a: ScalarField) -> ScalarField { a * conjugate(a) }
