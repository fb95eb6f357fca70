/// An explicit Runge-Kutta method: a tableau, an order and a citation.
///
/// It treats L u explicitly together with N, so its step is limited by the stiffness of L. It also integrates ordinary
/// systems y′ = f(y, t), with `ExplicitIntegrator`.
public protocol ExplicitRungeKutta: SemilinearMethod {
  static var tableau: ButcherTableau { get }
}

extension ExplicitRungeKutta {
  public var nodes: [Double] { Self.tableau.nodes }
  public var treatsLinearPartExplicitly: Bool { true }
  public var isFirstSameAsLast: Bool { Self.tableau.isFirstSameAsLast }

  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> { Self.tableau.table(z) }
}
