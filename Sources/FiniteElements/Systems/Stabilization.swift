import Equations
import Geometry

/// Terms that keep convection-dominated solutions from oscillating.
public enum Stabilization: Sendable, Hashable {
  /// None.
  case none
  /// Streamline upwind Petrov–Galerkin (Brooks & Hughes 1982): test functions of convected unknowns gain τ b·∇v, with the
  /// time scale τ = ((2|b|/h)² + (12 k/h²)²)^(−1/2) of Shakib, Hughes & Johan (1991). For elements of order 1.
  case streamline

  /// The terms that come to those of a form.
  func terms(_ system: PDESystem, _ weak: WeakProblem, _ space: MixedSpace) throws -> [WeakForm.Term] {
    guard self == .streamline else { return [] }
    guard weak.multipliers.isEmpty else {
      throw FiniteElementError(
        "streamline stabilisation is for convected scalars, and \(system.name) has a pressure: use Taylor–Hood elements on a finer mesh"
      )
    }
    var terms: [WeakForm.Term] = []
    let axes = Array(Axis.allCases.prefix(system.dimension))
    for equation in weak.equations {
      let u = equation.test
      // The velocity b of b·∇u, and k of −div(k grad(u)).
      let velocity = try axes.map { try equation.density.derivative(withRespectTo: Jet(u, MultiIndex($0))) }
      guard velocity.contains(where: { !$0.isZero }) else { continue }
      guard space.fields[u].space.degree == 1 else {
        throw FiniteElementError(
          "streamline stabilisation of '\(space.fields[u].name)' takes elements of order 1, not \(space.fields[u].space.degree): choose order 1"
        )
      }
      let diffusion =
        try Node.sum(
          of: axes.map {
            -(try equation.flux[$0.rawValue].derivative(withRespectTo: Jet(u, MultiIndex($0))))
          }) / .constant(Double(axes.count))
      let h = BlockPlan.diameter
      let speed = Node.sum(of: velocity.map { .raise($0, .constant(2)) })
      let rate =
        .constant(4) * speed / .raise(h, .constant(2))
        + .constant(144) * .raise(diffusion, .constant(2)) / .raise(h, .constant(4))
      // Where nothing moves and nothing diffuses the term vanishes with b.
      let time = Node.raise(rate + .constant(1e-300), .constant(-0.5))
      // Second derivatives of functions of order 1 vanish inside cells; those of coefficients do not.
      let divergence = try Node.sum(
        of: axes.map { try equation.flux[$0.rawValue].differentiated(.axis($0)) }
      ).replacingTerminals { node in
        if case .jet(let jet) = node, jet.orders.total > 1 { return .zero }
        return nil
      }
      let residual = equation.density + divergence
      for (axis, b) in zip(axes, velocity) where !b.isZero {
        terms.append(WeakForm.Term(time * b * residual, test: u, derivative: axis))
      }
    }
    guard !terms.isEmpty else {
      throw FiniteElementError(
        "\(system.name) has no convection b·grad(u) to stabilise: leave the stabilisation out")
    }
    return terms
  }
}
