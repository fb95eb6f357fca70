import Geometry

/// What conditions on fluxes add to an energy.
struct BoundaryEnergy {
  let lowered: PDESystem
  let system: PointwiseSystem
  let forms: [DivergenceForm]
  /// The factor that makes the energy one with a minimum.
  let sign: Double

  init(_ lowered: PDESystem, _ system: PointwiseSystem, _ forms: [DivergenceForm], sign: Double) {
    (self.lowered, self.system, self.forms, self.sign) = (lowered, system, forms, sign)
  }

  /// Densities by place. Where nothing is said of an unknown its flux is zero.
  func terms() throws -> [(place: PointwiseSystem.Place, density: Node)] {
    var result: [(place: PointwiseSystem.Place, density: Node)] = []
    for (place, name) in pieces {
      var sum = Node.zero
      for unknown in system.unknowns.indices {
        let own = lowered.namedBoundary.filter { $0.unknown == unknown }
        guard
          let condition = own.first(where: { $0.names.contains(name) })
            ?? own.first(where: { $0.names.isEmpty })
        else { continue }
        // Values are conditions of their own.
        if !condition.isFlux, condition.normal.isZero { continue }
        sum = sum + (try density(condition))
      }
      if !sum.isZero { result.append((place, sum)) }
    }
    return result
  }

  /// Every piece of the boundary by its name.
  private var pieces: [(PointwiseSystem.Place, String)] {
    switch system.extent {
    case .box:
      Sides.all.members(dimension: system.dimension).filter {
        !system.box.intervals[$0.axis.rawValue].isPeriodic
      }.map { (.side($0), $0.name) }
    case .region(let geometry): geometry.boundaryNames.map { (.boundary($0), $0) }
    case .mesh(let extent):
      (extent.boundaryNames + (extent.hasUnnamedBoundary ? [""] : [])).map { (.boundary($0), $0) }
    }
  }

  /// w with ∂w/∂u = −F·n.
  private func density(_ condition: PDESystem.NamedCondition) throws -> Node {
    let u = Node.jet(Jet(condition.unknown))
    if condition.isFlux { return .constant(-sign) * condition.data * u }
    // a u + b ∂n u = g and F·n = κ ∂n u.
    let factor = try conductivity(condition)
    let scale = .constant(sign) * factor * .raise(condition.normal, .constant(-1))
    return scale * (.constant(0.5) * condition.value * u * u - condition.data * u)
  }

  /// κ, where the flux of the unknown's equation is κ ∇u.
  private func conductivity(_ condition: PDESystem.NamedCondition) throws -> Node {
    let form = forms[condition.unknown]
    var factors: [Node] = []
    for axis in Axis.allCases.prefix(system.dimension) {
      var factor = Node.zero
      for term in try form.flux[axis.rawValue].expandedTerms() {
        guard let (jet, coefficient) = term.linearInOneJet, jet == Jet(condition.unknown, MultiIndex(axis)),
          !coefficient.dependsOnUnknowns
        else { throw refusal(condition) }
        factor = factor + coefficient
      }
      factors.append(-factor)
    }
    guard factors.allSatisfy({ $0 == factors[0] }) else { throw refusal(condition) }
    return factors[0]
  }

  private func refusal(_ condition: PDESystem.NamedCondition) -> EquationError {
    EquationError(
      "the condition '\(condition.text)' speaks of ∂u/∂n, but the flux of '\(forms[condition.unknown].text)' is no multiple "
        + "of ∇u that depends on the place alone: state the condition by .flux(…)")
  }
}
