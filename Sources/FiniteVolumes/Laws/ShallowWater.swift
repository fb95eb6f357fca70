/// The shallow-water equations over a bottom of any shape, in one or two dimensions: depth and discharge.
///
/// Lanes: h, hu, hv, and the height b of the bottom, which does not change. Slopes are limited in the surface h + b, the
/// velocity and b; faces are treated by hydrostatic reconstruction (Audusse, Bouchut, Bristeau, Klein & Perthame 2004),
/// which keeps a lake at rest and depths positive.
public struct ShallowWater: ConservationLaw {
  /// g, the gravitational acceleration.
  public var gravity: Double
  /// 1 or 2.
  public let dimension: Int
  /// The depth below which velocities are damped, relative to depths of order one (Kurganov & Petrova 2007).
  public var dryDepth: Double

  /// The equations with the given gravity.
  public init(gravity: Double = 9.81, dimension: Int = 1, dryDepth: Double = 1e-8) {
    precondition(gravity > 0, "a gravitational acceleration of \(gravity): it is positive")
    precondition((1...2).contains(dimension), "the law is stated in 1 and 2 dimensions, not \(dimension)")
    (self.gravity, self.dimension, self.dryDepth) = (gravity, dimension, dryDepth)
  }

  public var componentNames: [String] {
    dimension == 1 ? ["depth", "discharge", "bottom"] : ["depth", "discharge_x", "discharge_y", "bottom"]
  }
  public var lanes: [Int] { dimension == 1 ? [0, 1, 3] : [0, 1, 2, 3] }

  /// hu / h without its singularity at h = 0.
  @inline(__always)
  func velocity(_ discharge: Double, _ h: Double) -> Double {
    if h >= dryDepth { return discharge / h }
    return h <= 0 ? 0 : 2 * h * discharge / (h * h + dryDepth * dryDepth)
  }

  public func flux(_ u: CellState, axis: Int) -> CellState {
    let v = velocity(u.y, u.x)
    return CellState(u.x * v, u.x * v * v + 0.5 * gravity * u.x * u.x, u.z * v, 0)
  }

  public func signalSpeeds(_ u: CellState, axis: Int) -> (slow: Double, fast: Double) {
    let (v, c) = (velocity(u.y, u.x), (gravity * max(u.x, 0)).squareRoot())
    return (v - c, v + c)
  }

  public func isAdmissible(_ u: CellState) -> Bool { u.x >= 0 && u.y.isFinite && u.z.isFinite }

  public func variables(_ u: CellState) -> CellState {
    CellState(u.x + u.w, velocity(u.y, u.x), velocity(u.z, u.x), u.w)
  }
  public func state(_ v: CellState) -> CellState {
    let h = v.x - v.w
    return CellState(h, h * v.y, h * v.z, v.w)
  }

  public func turned(_ u: CellState, axis: Int) -> CellState {
    axis == 0 ? u : CellState(u.x, u.z, u.y, u.w)
  }
  public func reflected(_ u: CellState) -> CellState { CellState(u.x, -u.y, u.z, u.w) }

  /// HLLC with the tangential velocity carried by the contact.
  public func contactFlux(
    _ left: CellState, _ right: CellState, slow: Double, fast: Double, axis: Int
  ) -> CellState? {
    let (ul, ur) = (velocity(left.y, left.x), velocity(right.y, right.x))
    let (fl, fr) = (flux(left, axis: axis), flux(right, axis: axis))
    var result = (fast * fl - slow * fr + slow * fast * (right - left)) / (fast - slow)
    let (ml, mr) = (left.x * (ul - slow), right.x * (ur - fast))
    let contact = ml == mr ? 0 : (slow * mr - fast * ml) / (mr - ml)
    result.z = result.x * (contact >= 0 ? velocity(left.z, left.x) : velocity(right.z, right.x))
    result.w = 0
    return result
  }

  public func faceFluxes(
    _ left: CellState, _ right: CellState, _ solver: RiemannSolver, axis: Int
  ) -> (left: CellState, right: CellState) {
    let bottom = max(left.w, right.w)
    let l = level(left, to: bottom)
    let r = level(right, to: bottom)
    var flux = solver.flux(l, r, of: self, axis: axis)
    flux.w = 0
    let pressure = 0.5 * gravity
    return (
      flux + CellState(0, pressure * (left.x * left.x - l.x * l.x), 0, 0),
      flux + CellState(0, pressure * (right.x * right.x - r.x * r.x), 0, 0)
    )
  }

  /// The state with the depth that its surface leaves above a bottom.
  @inline(__always)
  private func level(_ u: CellState, to bottom: Double) -> CellState {
    let h = max(0, u.x + u.w - bottom)
    return CellState(h, h * velocity(u.y, u.x), h * velocity(u.z, u.x), bottom)
  }

  public var hasSource: Bool { true }
  public func source(lower: CellState, upper: CellState) -> CellState {
    CellState(0, -0.5 * gravity * (lower.x + upper.x) * (upper.w - lower.w), 0, 0)
  }
}
