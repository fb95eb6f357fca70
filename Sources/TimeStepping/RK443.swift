/// The implicit-explicit Runge-Kutta method (4,4,3) of order 3, L-stable in the linear part.
public struct RK443: IMEXRungeKutta {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 3
  public let citation =
    "U. M. Ascher, S. J. Ruuth and R. J. Spiteri, Implicit-explicit Runge-Kutta methods for time-dependent partial "
    + "differential equations, Appl. Numer. Math. 25 (1997), section 2.8"

  public static let tableau = IMEXTableau(
    implicit: [
      [0],
      [0, 1.0 / 2],
      [0, 1.0 / 6, 1.0 / 2],
      [0, -1.0 / 2, 1.0 / 2, 1.0 / 2],
      [0, 3.0 / 2, -3.0 / 2, 1.0 / 2, 1.0 / 2],
    ],
    explicit: [
      [],
      [1.0 / 2],
      [11.0 / 18, 1.0 / 18],
      [5.0 / 6, -5.0 / 6, 1.0 / 2],
      [1.0 / 4, 7.0 / 4, 3.0 / 4, -7.0 / 4],
    ],
    nodes: [0, 1.0 / 2, 2.0 / 3, 1.0 / 2, 1])
}
