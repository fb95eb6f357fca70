/// What is prescribed on one side of a box.
public enum SideCondition: Hashable, Sendable {
  /// The side is glued to the opposite one.
  case periodic
  /// u = g.
  case dirichlet
  /// ∂u/∂n = g with the outward normal n.
  case neumann
  /// value · u + normal · ∂u/∂n = g with the outward normal n; `normal` is not zero.
  case robin(value: Double, normal: Double)
}

/// What is prescribed on the two sides of an axis.
public struct AxisConditions: Hashable, Sendable {
  /// The condition at the lower bound.
  public var lower: SideCondition
  /// The condition at the upper bound.
  public var upper: SideCondition

  /// The conditions of an axis; both are periodic or none is.
  public init(_ lower: SideCondition, _ upper: SideCondition) {
    precondition(
      (lower == .periodic) == (upper == .periodic), "an axis cannot be \(lower) below and \(upper) above")
    for case .robin(let value, let normal) in [lower, upper] {
      precondition(
        normal != 0 && normal.isFinite && value.isFinite,
        "a Robin condition \(value) u + \(normal) ∂u/∂n: the factor of ∂u/∂n is not zero")
    }
    (self.lower, self.upper) = (lower, upper)
  }

  /// Periodic in the axis.
  public static let periodic = AxisConditions(.periodic, .periodic)
  /// Values on both sides.
  public static let dirichlet = AxisConditions(.dirichlet, .dirichlet)
  /// Normal derivatives on both sides.
  public static let neumann = AxisConditions(.neumann, .neumann)

  /// Whether the axis is periodic.
  public var isPeriodic: Bool { lower == .periodic }
  /// Whether the solution along the axis is determined up to a constant only.
  var leavesConstantFree: Bool { isPeriodic || (lower == .neumann && upper == .neumann) }

  subscript(upper isUpper: Bool) -> SideCondition { isUpper ? upper : lower }
}
