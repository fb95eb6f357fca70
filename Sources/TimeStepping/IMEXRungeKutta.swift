/// An implicit-explicit Runge-Kutta method: two tableaux, an order and a citation.
public protocol IMEXRungeKutta: SemilinearMethod {
  static var tableau: IMEXTableau { get }
}

extension IMEXRungeKutta {
  // The last row of the tableau is the new state, where N is evaluated by the next step.
  public var nodes: [Double] { Array(Self.tableau.nodes.dropLast()) }

  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> { Self.tableau.table(z) }
}
