import Geometry

/// An initial or boundary condition.
public struct Condition: Sendable {
  /// Where the condition's equation holds.
  public enum Place: Hashable, Sendable {
    /// At the initial time.
    case initial
    /// On sides of the domain, at all times.
    case sides(Geometry.Sides)
    /// On boundaries of a region or a mesh, by name, at all times.
    case boundaries([String])
  }

  public var place: Place
  public var equation: Equation
  /// Whether the equation gives the flux through the boundary instead of the unknown or its normal derivative.
  public var isFlux = false

  /// u = f(x) at the initial time, or ∂u/∂t = g(x) where the equation is of second order in time.
  public static func initial(_ equation: Equation) -> Condition {
    Condition(place: .initial, equation: equation)
  }

  /// u = g(x, t) on the given sides.
  public static func dirichlet(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
  /// u = g(x, t) on the boundaries of a region or a mesh with the given names.
  public static func dirichlet(_ equation: Equation, on names: String...) -> Condition {
    Condition(place: .boundaries(names), equation: equation)
  }

  /// ∂u/∂n = g(x, t) on the given sides, written with ``dn(_:)-(ScalarField)``; n points outwards.
  public static func neumann(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
  /// ∂u/∂n = g(x, t) on the boundaries of a region or a mesh with the given names.
  public static func neumann(_ equation: Equation, on names: String...) -> Condition {
    Condition(place: .boundaries(names), equation: equation)
  }

  /// a u + b ∂u/∂n = g(x, t) on the given sides.
  public static func robin(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation)
  }
  /// a u + b ∂u/∂n = g(x, t) on the boundaries of a region or a mesh with the given names; there a and b may vary in space.
  public static func robin(_ equation: Equation, on names: String...) -> Condition {
    Condition(place: .boundaries(names), equation: equation)
  }

  /// F·n = g(x, t) on the given sides, written `u == g`, where −∇·F are the divergence terms on the left of the equation
  /// of u: k ∂u/∂n for −∇·(k ∇u), the traction σn for the displacement of −∇·σ.
  ///
  /// Finite elements take it; without any condition on a boundary F·n is zero there.
  public static func flux(_ equation: Equation, on sides: Geometry.Sides = .all) -> Condition {
    Condition(place: .sides(sides), equation: equation, isFlux: true)
  }
  /// F·n = g(x, t) on the boundaries of a region or a mesh with the given names; see ``flux(_:on:)-(_,Geometry.Sides)``.
  public static func flux(_ equation: Equation, on names: String...) -> Condition {
    Condition(place: .boundaries(names), equation: equation, isFlux: true)
  }
}
