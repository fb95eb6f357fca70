/// The implicit-explicit Runge-Kutta method (2,2,2) of order 2, L-stable in the linear part.
public struct RK222: IMEXRungeKutta {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 2
  public let citation =
    "U. M. Ascher, S. J. Ruuth and R. J. Spiteri, Implicit-explicit Runge-Kutta methods for time-dependent partial "
    + "differential equations, Appl. Numer. Math. 25 (1997), section 2.6"

  public static let tableau = {
    let gamma = 1 - 0.5.squareRoot()
    let delta = 1 - 1 / (2 * gamma)
    return IMEXTableau(
      implicit: [
        [0],
        [0, gamma],
        [0, 1 - gamma, gamma],
      ],
      explicit: [
        [],
        [gamma],
        [delta, 1 - delta],
      ],
      nodes: [0, gamma, 1])
  }()
}
