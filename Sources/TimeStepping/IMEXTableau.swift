/// The coefficients of an implicit-explicit Runge-Kutta method: a diagonally implicit method for L, an explicit one for N.
///
/// The methods are globally stiffly accurate: the weights are the last rows, so the last stage is the new state. Modes
/// for which |z| is large are then damped as the implicit method does, without cancellation.
public struct IMEXTableau: Hashable, Sendable {
  /// a_ij for j ≤ i of the implicit method: row i has i + 1 entries; the first row is [0].
  public let implicit: [[Double]]
  /// â_ij for j < i of the explicit method: row i has i entries; the first row is empty.
  public let explicit: [[Double]]
  /// c_j, the sums of the rows of either method.
  public let nodes: [Double]

  /// - Precondition: equally many rows of the stated lengths, and as many nodes.
  public init(implicit: [[Double]], explicit: [[Double]], nodes: [Double]) {
    precondition(
      implicit.count == nodes.count && explicit.count == nodes.count && nodes.count >= 2,
      "\(implicit.count) implicit rows, \(explicit.count) explicit rows and \(nodes.count) nodes do not make one tableau"
    )
    for i in nodes.indices {
      precondition(
        implicit[i].count == i + 1 && explicit[i].count == i,
        "row \(i) has \(i + 1) implicit and \(i) explicit entries, not \(implicit[i].count) and \(explicit[i].count)"
      )
    }
    precondition(implicit[0][0] == 0, "the first stage is explicit: it is u_n")
    self.implicit = implicit
    self.explicit = explicit
    self.nodes = nodes
  }

  /// The rows of factors from (1 − a_ii z) U_i = u_n + Σ_{j<i} (a_ij z U_j + â_ij h N_j).
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let one = z.identity
    var rows: [StageRow<Z>] = [StageRow(state: one, nonlinear: [])]
    var linear: [StageRow<Z>] = []
    var inverses: [Double: Z] = [:]
    for i in 1..<nodes.count {
      linear.append(rows[i - 1].multiplied(by: z))
      var row = StageRow<Z>(stages: i, history: 0)
      row.state = one
      for j in 0..<i {
        row.add(implicit[i][j], linear[j])
        var value = StageRow<Z>(stages: i, history: 0)
        value.nonlinear[j] = one
        row.add(explicit[i][j], value)
      }
      let diagonal = implicit[i][i]
      if diagonal != 0 {
        let inverse = inverses[diagonal] ?? (one - diagonal * z).inverse
        inverses[diagonal] = inverse
        row = row.multiplied(by: inverse)
      }
      rows.append(row)
    }
    return StageTable(stages: Array(rows[1..<(nodes.count - 1)]), solution: rows[nodes.count - 1])
  }
}
