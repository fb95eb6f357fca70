import FiniteVolumes
import Foundation

/// The exact solution of the Riemann problem of an ideal gas (Toro 2009, chapter 4): pressure and velocity between the waves
/// by Newton's method, then the state on any ray x/t.
struct ExactRiemannSolver {
  struct Gas {
    var density, velocity, pressure: Double
  }

  let (left, right): (Gas, Gas)
  let gamma: Double
  let (starPressure, starVelocity): (Double, Double)

  init(_ left: Gas, _ right: Gas, gamma: Double) {
    (self.left, self.right, self.gamma) = (left, right, gamma)
    /// The velocity jump across one wave as a function of the pressure behind it, and its derivative.
    func jump(_ p: Double, _ gas: Gas) -> (Double, Double) {
      let c = sqrt(gamma * gas.pressure / gas.density)
      if p > gas.pressure {
        let a = 2 / ((gamma + 1) * gas.density)
        let b = (gamma - 1) / (gamma + 1) * gas.pressure
        let root = sqrt(a / (p + b))
        return ((p - gas.pressure) * root, root * (1 - (p - gas.pressure) / (2 * (b + p))))
      }
      let ratio = p / gas.pressure
      return (
        2 * c / (gamma - 1) * (pow(ratio, (gamma - 1) / (2 * gamma)) - 1),
        pow(ratio, -(gamma + 1) / (2 * gamma)) / (gas.density * c)
      )
    }
    var p = max(1e-8, 0.5 * (left.pressure + right.pressure))
    for _ in 0..<100 {
      let (l, r) = (jump(p, left), jump(p, right))
      let next = max(1e-10, p - (l.0 + r.0 + right.velocity - left.velocity) / (l.1 + r.1))
      let change = abs(next - p)
      p = next
      if change < 1e-14 * p { break }
    }
    starPressure = p
    starVelocity = 0.5 * (left.velocity + right.velocity) + 0.5 * (jump(p, right).0 - jump(p, left).0)
  }

  /// The gas on the ray x/t = s.
  func state(_ s: Double) -> Gas {
    if s < starVelocity { return oneSided(s, left, sign: 1) }
    var mirrored = right
    mirrored.velocity = -mirrored.velocity
    var gas = oneSided(-s, mirrored, sign: -1)
    gas.velocity = -gas.velocity
    return gas
  }

  /// The part on the left of the contact, for a gas whose wave runs to the left.
  private func oneSided(_ s: Double, _ gas: Gas, sign: Double) -> Gas {
    let u = sign * starVelocity
    let c = sqrt(gamma * gas.pressure / gas.density)
    let ratio = starPressure / gas.pressure
    let g = (gamma - 1) / (gamma + 1)
    if starPressure > gas.pressure {
      let speed = gas.velocity - c * sqrt((gamma + 1) / (2 * gamma) * ratio + (gamma - 1) / (2 * gamma))
      if s < speed { return gas }
      return Gas(density: gas.density * (ratio + g) / (g * ratio + 1), velocity: u, pressure: starPressure)
    }
    let starSound = c * pow(ratio, (gamma - 1) / (2 * gamma))
    if s < gas.velocity - c { return gas }
    if s > u - starSound {
      return Gas(density: gas.density * pow(ratio, 1 / gamma), velocity: u, pressure: starPressure)
    }
    let factor = 2 / (gamma + 1) + g / c * (gas.velocity - s)
    return Gas(
      density: gas.density * pow(factor, 2 / (gamma - 1)),
      velocity: 2 / (gamma + 1) * (c + (gamma - 1) / 2 * gas.velocity + s),
      pressure: gas.pressure * pow(factor, 2 * gamma / (gamma - 1)))
  }
}
