/// Euler's equations of an ideal gas in one or two dimensions: density, momentum and total energy.
///
/// Lanes: ρ, ρu, ρv, E with the pressure p = (γ − 1)(E − ρ(u² + v²)/2). Slopes are limited in ρ, u, v, p; WENO works in the
/// characteristic fields (Toro, Riemann Solvers and Numerical Methods for Fluid Dynamics, 2009, chapter 3).
public struct Euler: ConservationLaw {
  /// γ, the ratio of specific heats.
  public var gamma: Double
  /// 1 or 2.
  public let dimension: Int

  /// The equations of a gas with γ above 1.
  public init(gamma: Double = 1.4, dimension: Int = 1) {
    precondition(gamma > 1, "a ratio of specific heats of \(gamma): it is above 1")
    precondition((1...2).contains(dimension), "the law is stated in 1 and 2 dimensions, not \(dimension)")
    (self.gamma, self.dimension) = (gamma, dimension)
  }

  public var componentNames: [String] {
    dimension == 1 ? ["density", "momentum", "energy"] : ["density", "momentum_x", "momentum_y", "energy"]
  }
  public var lanes: [Int] { dimension == 1 ? [0, 1, 3] : [0, 1, 2, 3] }

  /// The conserved quantities of a gas of density ρ, velocity (u, v) and pressure p.
  public func state(density: Double, velocity: (Double, Double), pressure: Double) -> CellState {
    state(CellState(density, velocity.0, velocity.1, pressure))
  }

  @inline(__always)
  public func pressure(_ u: CellState) -> Double {
    (gamma - 1) * (u.w - 0.5 * (u.y * u.y + u.z * u.z) / u.x)
  }

  /// The speed of sound.
  @inline(__always)
  public func soundSpeed(_ u: CellState) -> Double { (gamma * pressure(u) / u.x).squareRoot() }

  public func flux(_ u: CellState, axis: Int) -> CellState {
    let (velocity, p) = (u.y / u.x, pressure(u))
    return CellState(u.y, u.y * velocity + p, u.z * velocity, (u.w + p) * velocity)
  }

  public func signalSpeeds(_ u: CellState, axis: Int) -> (slow: Double, fast: Double) {
    let (velocity, c) = (u.y / u.x, soundSpeed(u))
    return (velocity - c, velocity + c)
  }

  public func isAdmissible(_ u: CellState) -> Bool { u.x > 0 && pressure(u) > 0 && u.w.isFinite }

  public func variables(_ u: CellState) -> CellState { CellState(u.x, u.y / u.x, u.z / u.x, pressure(u)) }

  public func state(_ v: CellState) -> CellState {
    CellState(v.x, v.x * v.y, v.x * v.z, v.w / (gamma - 1) + 0.5 * v.x * (v.y * v.y + v.z * v.z))
  }

  public func turned(_ u: CellState, axis: Int) -> CellState {
    axis == 0 ? u : CellState(u.x, u.z, u.y, u.w)
  }
  public func reflected(_ u: CellState) -> CellState { CellState(u.x, -u.y, u.z, u.w) }

  public func eigenvectors(_ u: CellState, axis: Int) -> FluxEigenvectors? {
    guard isAdmissible(u) else { return nil }
    let (vx, vy, p) = (u.y / u.x, u.z / u.x, pressure(u))
    let c2 = gamma * p / u.x
    let c = c2.squareRoot()
    let q = 0.5 * (vx * vx + vy * vy)
    let h = (u.w + p) / u.x
    // Fields: sound to the left, entropy, shear, sound to the right (Toro 2009, section 3.2).
    let b = (gamma - 1) / c2
    return FluxEigenvectors(
      left: (
        CellState(0.5 * (b * q + vx / c), 1 - b * q, -vy, 0.5 * (b * q - vx / c)),
        CellState(-0.5 * (b * vx + 1 / c), b * vx, 0, -0.5 * (b * vx - 1 / c)),
        CellState(-0.5 * b * vy, b * vy, 1, -0.5 * b * vy), CellState(0.5 * b, -b, 0, 0.5 * b)
      ),
      right: (
        CellState(1, vx - c, vy, h - vx * c), CellState(1, vx, vy, q), CellState(0, 0, 1, vy),
        CellState(1, vx + c, vy, h + vx * c)
      ))
  }

  /// HLLC (Toro, Spruce & Speares 1994).
  public func contactFlux(
    _ left: CellState, _ right: CellState, slow: Double, fast: Double, axis: Int
  ) -> CellState? {
    let (ul, ur) = (left.y / left.x, right.y / right.x)
    let (pl, pr) = (pressure(left), pressure(right))
    let (ml, mr) = (left.x * (slow - ul), right.x * (fast - ur))
    let contact = (pr - pl + ul * ml - ur * mr) / (ml - mr)
    let isLeft = contact >= 0
    let (u, velocity, p, speed, mass) = isLeft ? (left, ul, pl, slow, ml) : (right, ur, pr, fast, mr)
    let density = mass / (speed - contact)
    let star =
      density
      * CellState(1, contact, u.z / u.x, u.w / u.x + (contact - velocity) * (contact + p / mass))
    return flux(u, axis: axis) + speed * (star - u)
  }
}
