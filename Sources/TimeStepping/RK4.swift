/// The classical Runge-Kutta method of order 4.
///
/// Stable for z = h·L down to about −2.785 on the real axis and up to 2√2 on the imaginary axis.
public struct RK4: ExplicitRungeKutta {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 4
  public let citation =
    "W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Z. Math. Phys. 46 (1901)"

  public static let tableau = ButcherTableau(
    matrix: [
      [],
      [0.5],
      [0, 0.5],
      [0, 0, 1],
    ],
    weights: [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6],
    nodes: [0, 0.5, 0.5, 1])
}
