/// What lies beyond a side of a finite-volume grid.
public enum BoundaryTreatment: Hashable, Sendable {
  /// The opposite side.
  case periodic
  /// The state of the last cell: waves leave.
  case outflow
  /// The mirror image with the normal velocity reversed: a wall without friction.
  case reflecting
  /// A given state.
  case fixed(CellState)
}
