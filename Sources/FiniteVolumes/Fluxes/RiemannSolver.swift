/// An approximate solution of the Riemann problem at a face.
public enum RiemannSolver: String, Sendable, Codable, CaseIterable {
  /// The mean flux with the fastest signal as viscosity (Rusanov 1961, also called local Lax–Friedrichs).
  case rusanov
  /// Two waves with one state between them (Harten, Lax & van Leer 1983).
  case hll
  /// Two waves and a contact (Toro, Spruce & Speares 1994); HLL for laws without contacts.
  case hllc

  /// The flux between two states that are turned to the axis.
  @inlinable
  @inline(__always)
  public func flux<Law: ConservationLaw>(
    _ left: CellState, _ right: CellState, of law: Law, axis: Int
  ) -> CellState {
    let (l, r) = (law.signalSpeeds(left, axis: axis), law.signalSpeeds(right, axis: axis))
    switch self {
    case .rusanov:
      let speed = max(max(abs(l.slow), abs(l.fast)), max(abs(r.slow), abs(r.fast)))
      return 0.5 * (law.flux(left, axis: axis) + law.flux(right, axis: axis)) - (0.5 * speed) * (right - left)
    case .hll, .hllc:
      // The simplest bounds of the signals (Davis 1988).
      let (slow, fast) = (min(l.slow, r.slow), max(l.fast, r.fast))
      if slow >= 0 { return law.flux(left, axis: axis) }
      if fast <= 0 { return law.flux(right, axis: axis) }
      if self == .hllc, let flux = law.contactFlux(left, right, slow: slow, fast: fast, axis: axis) {
        return flux
      }
      let (fl, fr) = (law.flux(left, axis: axis), law.flux(right, axis: axis))
      return (fast * fl - slow * fr + (slow * fast) * (right - left)) / (fast - slow)
    }
  }
}
