import Equations

extension FiniteElementSolution {
  /// ∫ of a lowered formula over jets, coordinates and time over the domain.
  ///
  /// - Parameter degree: The degree of the quadrature; by default at least 10, so that closed forms are resolved.
  /// - Throws: ``FiniteElementError`` when the formula contains what the elements do not know.
  public func integral(of formula: Node, degree: Int? = nil) throws -> Double {
    let order = system.space.fields.map(\.space.degree).max() ?? 1
    return try CellIntegrals(system, [formula], degree: degree ?? max(10, 2 * order + 4))
      .totals(values, time: time)[0]
  }
}
