import Tensors

/// The exponential Runge-Kutta method ETD2RK.
///
///     a       = e^z u + φ_1 h N(u)
///     u_{n+1} = a + φ_2 h (N(a) − N(u))
public struct ETDRK2: SemilinearMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 2
  public let citation =
    "S. M. Cox and P. C. Matthews, Exponential time differencing for stiff systems, J. Comput. Phys. 176 (2002)"
  public var nodes: [Double] { [0, 1] }

  @specialized(where Z == Complex<Double>)
  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let phi = z.phis(2)
    return StageTable(
      stages: [StageRow(state: phi[0], nonlinear: [phi[1]])],
      solution: StageRow(state: phi[0], nonlinear: [phi[1] - phi[2], phi[2]]))
  }
}
