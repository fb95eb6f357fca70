/// The semi-implicit backward differentiation formula of order 2: strong damping of stiff modes at one solve per step.
public struct SBDF2: IMEXMultistep {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 2
  public let citation =
    "U. M. Ascher, S. J. Ruuth and B. T. R. Wetton, Implicit-explicit methods for time-dependent partial "
    + "differential equations, SIAM J. Numer. Anal. 32 (1995)"

  public static let coefficients = IMEXMultistepCoefficients(
    alpha: [3.0 / 2, -2, 1.0 / 2], beta: [1, 0, 0], gamma: [2, -1])
}
