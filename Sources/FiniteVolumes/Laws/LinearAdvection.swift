/// u_t + a u_x + b u_y = 0 with constant velocities.
public struct LinearAdvection: ConservationLaw {
  /// The velocity along x and along y.
  public var velocity: (Double, Double)

  /// Advection with the given velocity.
  public init(_ a: Double, _ b: Double = 0) { velocity = (a, b) }

  public var componentNames: [String] { ["u"] }
  public var lanes: [Int] { [0] }

  public func flux(_ u: CellState, axis: Int) -> CellState { (axis == 0 ? velocity.0 : velocity.1) * u }
  public func signalSpeeds(_ u: CellState, axis: Int) -> (slow: Double, fast: Double) {
    let speed = axis == 0 ? velocity.0 : velocity.1
    return (speed, speed)
  }
}
