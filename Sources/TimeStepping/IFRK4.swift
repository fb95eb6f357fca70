import Tensors

/// The classical Runge-Kutta method on the variable e^{−tL} u (Lawson's integrating factor).
///
/// Exact for the linear part. Fixed points of the equation are not fixed points of the method, so its error on stiff
/// problems is larger than that of `ETDRK4`.
///
///     a       = e^{z/2} (u + h/2 N(u))
///     b       = e^{z/2} u + h/2 N(a)
///     c       = e^z u + e^{z/2} h N(b)
///     u_{n+1} = e^z u + h/6 [e^z N(u) + 2 e^{z/2} (N(a) + N(b)) + N(c)]
public struct IFRK4: SemilinearMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 4
  public let citation =
    "J. D. Lawson, Generalized Runge-Kutta processes for stable systems with large Lipschitz constants, "
    + "SIAM J. Numer. Anal. 4 (1967)"
  public var nodes: [Double] { [0, 0.5, 0.5, 1] }

  @specialized(where Z == Complex<Double>)
  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let one = z.identity
    let half = (0.5 * z).phi(0)
    let whole = half * half
    let middle = (1.0 / 3) * half
    return StageTable(
      stages: [
        StageRow(state: half, nonlinear: [0.5 * half]),
        StageRow(state: half, nonlinear: [nil, 0.5 * one]),
        StageRow(state: whole, nonlinear: [nil, nil, half]),
      ],
      solution: StageRow(
        state: whole, nonlinear: [(1.0 / 6) * whole, middle, middle, (1.0 / 6) * one]))
  }
}
