/// The pair of orders 5 and 4 of Dormand and Prince, known as DOPRI5 and RK45.
///
/// Seven stages, of which the last is the first of the next step.
public struct DormandPrince54: ExplicitRungeKutta, EmbeddedMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 5
  public let embeddedOrder = 4
  public let citation =
    "J. R. Dormand and P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6 (1980)"

  public static let tableau = ButcherTableau(
    matrix: [
      [],
      [1.0 / 5],
      [3.0 / 40, 9.0 / 40],
      [44.0 / 45, -56.0 / 15, 32.0 / 9],
      [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
      [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
      [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ],
    weights: [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0],
    nodes: [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1],
    errorWeights: [
      -71.0 / 57600, 0, 71.0 / 16695, -71.0 / 1920, 17253.0 / 339200, -22.0 / 525, 1.0 / 40,
    ])
}
