/// u_t + (u²/2)_x + (u²/2)_y = 0: the simplest law whose smooth solutions steepen into shocks.
public struct InviscidBurgers: ConservationLaw {
  public init() {}

  public var componentNames: [String] { ["u"] }
  public var lanes: [Int] { [0] }

  public func flux(_ u: CellState, axis: Int) -> CellState { 0.5 * u * u }
  public func signalSpeeds(_ u: CellState, axis: Int) -> (slow: Double, fast: Double) { (u.x, u.x) }
}
