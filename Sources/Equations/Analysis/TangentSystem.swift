extension PDESystem {
  /// The system together with `count` perturbations of its solution: for each, the equation linearised about the
  /// solution. The unknown u of perturbation i (from 1) has the index i · n + u, where n is the number of unknowns.
  ///
  /// Perturbations have homogeneous boundary conditions, no initial and no exact values.
  ///
  /// - Throws: ``EquationError`` when a term cannot be differentiated.
  public func withTangents(_ count: Int) throws -> PDESystem {
    let n = unknowns.count
    var result = self
    result.derived = []
    for i in 1...max(1, count) where count > 0 {
      let offset = i * n
      let shifted = { (terms: [LinearTerm]) in
        terms.map { LinearTerm(coefficient: $0.coefficient, unknown: $0.unknown + offset, orders: $0.orders) }
      }
      result.unknowns += unknowns.map { unknown in
        var tangent = unknown
        tangent.name += "_tangent\(i)"
        tangent.source.name += "_tangent\(i)"
        return tangent
      }
      result.rows += try rows.map { row in
        let variations = try row.terms.filter(\.dependsOnUnknowns).flatMap { term in
          try (Node.constant(term.coefficient) * term.product).differentiated(.direction(offset))
            .expandedTerms()
            .map { variation in
              var variation = variation
              variation.outer = variation.outer + term.outer
              return variation
            }
        }
        return Row(text: row.text, mass: shifted(row.mass), linear: shifted(row.linear), terms: variations)
      }
      result.boundary += boundary.map { condition in
        var tangent = condition
        tangent.unknown += offset
        tangent.data = .zero
        return tangent
      }
      result.initial += Array(repeating: nil, count: n)
      result.exact += Array(repeating: nil, count: n)
    }
    return result
  }
}
