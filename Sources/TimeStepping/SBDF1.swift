/// Backward and forward Euler: SBDF of order 1.
public struct SBDF1: IMEXMultistep {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 1
  public let citation =
    "U. M. Ascher, S. J. Ruuth and B. T. R. Wetton, Implicit-explicit methods for time-dependent partial "
    + "differential equations, SIAM J. Numer. Anal. 32 (1995)"

  public static let coefficients = IMEXMultistepCoefficients(
    alpha: [1, -1], beta: [1, 0], gamma: [1])
}
