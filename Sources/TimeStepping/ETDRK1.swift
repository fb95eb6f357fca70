import Tensors

/// Exponential Euler: exact for the linear part, the nonlinear part frozen over the step.
public struct ETDRK1: SemilinearMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 1
  public let citation =
    "S. M. Cox and P. C. Matthews, Exponential time differencing for stiff systems, J. Comput. Phys. 176 (2002)"
  public var nodes: [Double] { [0] }

  @specialized(where Z == Complex<Double>)
  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let phi = z.phis(1)
    return StageTable(stages: [], solution: StageRow(state: phi[0], nonlinear: [phi[1]]))
  }
}
