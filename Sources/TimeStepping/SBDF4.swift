/// The semi-implicit backward differentiation formula of order 4.
public struct SBDF4: IMEXMultistep {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 4
  public let citation =
    "U. M. Ascher, S. J. Ruuth and B. T. R. Wetton, Implicit-explicit methods for time-dependent partial "
    + "differential equations, SIAM J. Numer. Anal. 32 (1995)"

  public static let coefficients = IMEXMultistepCoefficients(
    alpha: [25.0 / 12, -4, 3, -4.0 / 3, 1.0 / 4], beta: [1, 0, 0, 0, 0], gamma: [4, -6, 4, -1])
}
