import Tensors

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
  @specialized(where Z == Complex<Double>)
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let one = z.identity
    var rows = [StageRow<Z>(state: one, nonlinear: [])]
    // The factors in z U_j.
    var linearStates: [Z] = []
    var linearNonlinear: [[Z?]] = []
    var inverse = one
    var invertedDiagonal = 0.0
    for i in 1..<nodes.count {
      linearStates.append(z * (rows[i - 1].state ?? one))
      linearNonlinear.append(rows[i - 1].nonlinear.map { factor in factor.map { z * $0 } })
      let diagonal = implicit[i][i]
      if diagonal != invertedDiagonal {
        inverse = (one - diagonal * z).inverse
        invertedDiagonal = diagonal
      }
      var state = one
      for j in 0..<i where implicit[i][j] != 0 { state = state + implicit[i][j] * linearStates[j] }
      var row = StageRow<Z>(state: inverse * state, nonlinear: [])
      row.nonlinear.reserveCapacity(i)
      for l in 0..<i {
        var factor: Z? = explicit[i][l] == 0 ? nil : explicit[i][l] * one
        for j in (l + 1)..<max(i, l + 1) where implicit[i][j] != 0 {
          guard let inner = linearNonlinear[j][l] else { continue }
          let term = implicit[i][j] * inner
          if let partial = factor { factor = partial + term } else { factor = term }
        }
        row.nonlinear.append(factor.map { inverse * $0 })
      }
      rows.append(row)
    }
    return StageTable(stages: Array(rows[1..<(nodes.count - 1)]), solution: rows[nodes.count - 1])
  }
}
