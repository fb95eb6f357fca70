/// The trapezoidal (Crank-Nicolson) rule for L and the Adams-Bashforth rule of order 2 for N.
///
/// It hardly damps modes with large |z|; `SBDF2` does.
public struct CNAB2: IMEXMultistep {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 2
  public let citation =
    "U. M. Ascher, S. J. Ruuth and B. T. R. Wetton, Implicit-explicit methods for time-dependent partial "
    + "differential equations, SIAM J. Numer. Anal. 32 (1995)"

  public static let coefficients = IMEXMultistepCoefficients(
    alpha: [1, -1, 0], beta: [0.5, 0.5, 0], gamma: [1.5, -0.5])
}
