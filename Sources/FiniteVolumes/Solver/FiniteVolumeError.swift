/// Why a finite-volume solution broke off.
public enum FiniteVolumeError: Error, Equatable, CustomStringConvertible {
  /// A state that is not a number, or makes no physical sense.
  case inadmissible(time: Double, cell: [Int])
  /// Too many steps for the time asked for.
  case stepLimit(time: Double, steps: Int)

  /// What happened, and what to try.
  public var description: String {
    switch self {
    case .inadmissible(let time, let cell):
      "the state of cell \(cell.map(String.init).joined(separator: ", ")) makes no physical sense at t = \(time): lower the "
        + "CFL number, or use a more dissipative limiter or Riemann solver (minmod, Rusanov)"
    case .stepLimit(let time, let steps):
      "\(steps) steps reached only t = \(time): signals are too fast for this grid, so check the initial state, or raise "
        + "the step limit"
    }
  }
}
