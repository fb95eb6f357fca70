import Geometry

/// An initial or boundary condition.
public struct Condition: Sendable {
  /// Where the condition's equation holds.
  public enum Place: Hashable, Sendable {
    /// At the initial time.
    case initial
    /// On sides of the domain, at all times.
    case sides(Geometry.Sides)
  }

  public var place: Place
  public var equation: Equation

  /// u = f(x) at the initial time, or ∂u/∂t = g(x) where the equation is of second order in time.
  public static func initial(_ equation: Equation) -> Condition {
    Condition(place: .initial, equation: equation)
  }

  /// u = g(x, t) on the given sides.
  public static func dirichlet(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
  /// ∂u/∂n = g(x, t) on the given sides, written with ``dn(_:)-(ScalarField)``; n points outwards.
  public static func neumann(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
  /// a u + b ∂u/∂n = g(x, t) on the given sides.
  public static func robin(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
}
