import Geometry

extension RectilinearGrid {
  /// A formula without unknowns and time at the grid's points, x slowest.
  ///
  /// - Parameter random: values of a random field on the grid.
  /// - Throws: ``EquationError`` when the formula has an unknown, and what `random` throws.
  public func values(
    of node: Node,
    random: (RandomField) throws -> [Double] = { _ in throw EquationError("no seed for a random field") }
  ) throws -> [Double] {
    let (shape, count) = (shape, pointCount)
    var (inputs, values): ([Node], [[Double]]) = ([], [])
    for (a, axis) in zip(coordinates.indices, Axis.allCases)
    where node.contains(where: { $0 == .coordinate(axis) }) {
      let inner = shape[(a + 1)...].reduce(1, *)
      inputs.append(.coordinate(axis))
      values.append(
        [Double](unsafeUninitializedCapacity: count) { list, filled in
          for start in stride(from: 0, to: count, by: inner) {
            (list.baseAddress! + start).initialize(
              repeating: coordinates[a][start / inner % shape[a]], count: inner)
          }
          filled = count
        })
    }
    var fields: [RandomField] = []
    node.visit { if case .random(let field) = $0, !fields.contains(field) { fields.append(field) } }
    for field in fields {
      let drawn = try random(field)
      precondition(drawn.count == count, "\(drawn.count) values of a random field on a grid of \(shape)")
      inputs.append(.random(field))
      values.append(drawn)
    }
    return try PointwiseProgram([node], inputs: inputs).values(values, count: count, time: 0)[0]
  }
}
