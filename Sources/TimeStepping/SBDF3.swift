/// The semi-implicit backward differentiation formula of order 3.
public struct SBDF3: IMEXMultistep {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 3
  public let citation =
    "U. M. Ascher, S. J. Ruuth and B. T. R. Wetton, Implicit-explicit methods for time-dependent partial "
    + "differential equations, SIAM J. Numer. Anal. 32 (1995)"

  public static let coefficients = IMEXMultistepCoefficients(
    alpha: [11.0 / 6, -3, 3.0 / 2, -1.0 / 3], beta: [1, 0, 0, 0], gamma: [3, -3, 1])
}
