import Tensors

/// The exponential Runge-Kutta method ETD4RK, the standard for stiff semilinear equations in Fourier space.
///
///     a       = e^{z/2} u + φ_1(z/2) h/2 N(u)
///     b       = e^{z/2} u + φ_1(z/2) h/2 N(a)
///     c       = e^{z/2} a + φ_1(z/2) h/2 (2N(b) − N(u))
///     u_{n+1} = e^z u + h [(φ_1 − 3φ_2 + 4φ_3) N(u) + (2φ_2 − 4φ_3) (N(a) + N(b)) + (4φ_3 − φ_2) N(c)]
public struct ETDRK4: SemilinearMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 4
  public let citation =
    "S. M. Cox and P. C. Matthews, Exponential time differencing for stiff systems, J. Comput. Phys. 176 (2002); "
    + "A.-K. Kassam and L. N. Trefethen, Fourth-order time-stepping for stiff PDEs, SIAM J. Sci. Comput. 26 (2005)"
  public var nodes: [Double] { [0, 0.5, 0.5, 1] }

  @specialized(where Z == Complex<Double>)
  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let half = (0.5 * z).phis(1)
    let phi = z.phis(3)
    let slope = 0.5 * half[1]
    let middle = 2 * phi[2] - 4 * phi[3]
    return StageTable(
      stages: [
        StageRow(state: half[0], nonlinear: [slope]),
        StageRow(state: half[0], nonlinear: [nil, slope]),
        StageRow(state: phi[0], nonlinear: [slope * (half[0] - z.identity), nil, half[1]]),
      ],
      solution: StageRow(
        state: phi[0],
        nonlinear: [phi[1] - 3 * phi[2] + 4 * phi[3], middle, middle, 4 * phi[3] - phi[2]]))
  }
}
