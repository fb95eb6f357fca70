import Equations
import Geometry

extension BoundedSystem {
  /// The basis that suits a system along each axis: Fourier on periodic axes; sine or cosine where the conditions are
  /// u = 0 or ∂u/∂n = 0 on both sides and every term, coefficient, source and initial value continues across the sides
  /// as its series does, so that the series converges fast; Chebyshev otherwise.
  public static func suitableBasis(for system: PDESystem) -> [AxisBasis] {
    var result: [AxisBasis] = system.box.intervals.map { $0.isPeriodic ? .fourier : .chebyshev }
    guard let rows = try? EvolutionRows(system), let conditions = try? BoundaryConditions(system) else {
      return result
    }
    for a in result.indices where result[a] == .chebyshev {
      for candidate in [AxisBasis.sine, .cosine] {
        var bases = result
        bases[a] = candidate
        let checks = BasisChecks(system: system, rows: rows, conditions: conditions, bases: bases)
        if (try? checks.validateWaves(along: Axis.allCases[a])) != nil {
          result = bases
          break
        }
      }
    }
    return result
  }
}

extension BasisChecks {
  /// Whether everything continues across the sides as the axis' sine or cosine series does: more than such a series
  /// needs, but what makes it converge fast.
  fileprivate func validateWaves(along axis: Axis) throws {
    let basis = bases[axis.rawValue]
    guard let parity = basis.parity else { return }
    try checkReflecting(axis, basis)
    let reflection = ReflectedAxis(axis: axis, box: system.box, unknowns: parity)
    func require(_ node: Node, _ parity: Parity) throws {
      let isRandom = node.hasRandomField
      if node.isZero || isRandom || reflection.parity(of: node) == parity { return }
      throw EquationError("'\(node.readable(system))' is not \(parity.name) about the sides of \(axis.name)")
    }
    for row in rows.rows {
      for term in row.terms where !term.dependsOnUnknowns {
        try require(term.product, parity.differentiated(term.outer[axis]))
      }
    }
    for u in rows.variables {
      if let initial = system.initial[u] { try require(initial, parity) }
      for other in Axis.allCases.prefix(system.dimension) where other != axis {
        for isUpper in [false, true] {
          if let entry = conditions[u, Side(other, upper: isUpper)] { try require(entry.data, parity) }
        }
      }
    }
  }
}
