import Tensors

/// The exponential Runge-Kutta method ETD3RK.
///
///     a       = e^{z/2} u + φ_1(z/2) h/2 N(u)
///     b       = e^z u + φ_1 h (2N(a) − N(u))
///     u_{n+1} = e^z u + h [(φ_1 − 3φ_2 + 4φ_3) N(u) + (4φ_2 − 8φ_3) N(a) + (4φ_3 − φ_2) N(b)]
public struct ETDRK3: SemilinearMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 3
  public let citation =
    "S. M. Cox and P. C. Matthews, Exponential time differencing for stiff systems, J. Comput. Phys. 176 (2002)"
  public var nodes: [Double] { [0, 0.5, 1] }

  @specialized(where Z == Complex<Double>)
  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let half = (0.5 * z).phis(1)
    let phi = z.phis(3)
    return StageTable(
      stages: [
        StageRow(state: half[0], nonlinear: [0.5 * half[1]]),
        StageRow(state: phi[0], nonlinear: [-1 * phi[1], 2 * phi[1]]),
      ],
      solution: StageRow(
        state: phi[0],
        nonlinear: [
          phi[1] - 3 * phi[2] + 4 * phi[3],
          4 * phi[2] - 8 * phi[3],
          4 * phi[3] - phi[2],
        ]))
  }
}
