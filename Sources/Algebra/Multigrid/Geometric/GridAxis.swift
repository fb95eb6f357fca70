/// What holds at an end of an axis of a structured grid.
public enum GridBoundary: String, Sendable, Codable, CaseIterable {
  /// The value is given there.
  case dirichlet
  /// The normal flux is given there.
  case neumann
  /// The axis closes on itself; then both of its ends are periodic.
  case periodic
}

/// Where the unknowns of a structured grid are.
public enum GridPlacement: String, Sendable, Codable {
  /// At the vertices: those in the interior and those on Neumann ends, where cells are cut in half. n unknowns between
  /// two Dirichlet ends are h, 2h, …, n h from the first.
  case vertices
  /// At the centres of cells: n unknowns are h/2, 3h/2, … from the first end.
  case cells
}

/// One axis of a structured grid.
public struct GridAxis: Sendable, Hashable {
  /// The number of unknowns.
  public let count: Int
  /// The distance of neighbouring unknowns.
  public let spacing: Double
  /// What holds at the first end.
  public let low: GridBoundary
  /// What holds at the last end.
  public let high: GridBoundary

  /// An axis of `count` unknowns at equal distances.
  public init(count: Int, spacing: Double, low: GridBoundary, high: GridBoundary) {
    precondition(count > 0, "a grid axis cannot have \(count) unknowns")
    precondition(spacing > 0 && spacing.isFinite, "a grid axis cannot have the spacing \(spacing)")
    precondition(
      (low == .periodic) == (high == .periodic),
      "one end of an axis is periodic and the other is \(low), \(high)")
    (self.count, self.spacing, self.low, self.high) = (count, spacing, low, high)
  }

  /// An axis with the same condition at both ends.
  public init(count: Int, spacing: Double, boundary: GridBoundary = .dirichlet) {
    self.init(count: count, spacing: spacing, low: boundary, high: boundary)
  }

  var isPeriodic: Bool { low == .periodic }
}

/// A coefficient of an operator on a structured grid.
public enum GridCoefficient: Sendable {
  /// The same everywhere.
  case constant(Double)
  /// One number per axis: an anisotropic coefficient along the axes.
  case perAxis([Double])
  /// One number per unknown, in the grid's order; a face between two unknowns has their harmonic mean, so that fluxes
  /// through jumps are right.
  case perUnknown([Double])
}
