/// The coefficients of an explicit Runge-Kutta method.
public struct ButcherTableau: Hashable, Sendable {
  /// a_ij for j < i: row i has i entries, so the first is empty.
  public let matrix: [[Double]]
  /// b_j.
  public let weights: [Double]
  /// c_j, the sums of the rows.
  public let nodes: [Double]
  /// b̂_j − b_j, which give the difference to the embedded solution; nil for methods without one.
  public let errorWeights: [Double]?

  /// - Precondition: s rows of 0, 1, …, s−1 entries and s weights, nodes and error weights.
  public init(matrix: [[Double]], weights: [Double], nodes: [Double], errorWeights: [Double]? = nil) {
    let stages = weights.count
    precondition(
      matrix.count == stages && nodes.count == stages && (errorWeights ?? weights).count == stages,
      "\(matrix.count) rows, \(weights.count) weights, \(nodes.count) nodes and \((errorWeights ?? weights).count)"
        + " error weights do not make one tableau")
    for (i, row) in matrix.enumerated() {
      precondition(row.count == i, "row \(i) of an explicit tableau has \(i) entries, not \(row.count)")
    }
    self.matrix = matrix
    self.weights = weights
    self.nodes = nodes
    self.errorWeights = errorWeights
  }

  /// The number s of stages.
  public var stages: Int { weights.count }

  /// Whether the last stage is the new state, so that its slope is the first slope of the next step.
  public var isFirstSameAsLast: Bool {
    nodes[stages - 1] == 1 && weights[stages - 1] == 0 && matrix[stages - 1] == Array(weights.dropLast())
  }

  /// The method applied to L u + N as a whole, each stage and the new state expressed by u_n and h·N_j alone.
  ///
  /// The recursion U_i = u_n + Σ_j a_ij (z U_j + h N_j) is carried out on the rows of factors.
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    var rows: [StageRow<Z>] = []
    var slopes: [StageRow<Z>] = []
    for i in 0..<stages {
      var row = StageRow<Z>(stages: i, history: 0)
      row.state = z.identity
      for j in 0..<i { row.add(matrix[i][j], slopes[j]) }
      rows.append(row)
      var slope = row.multiplied(by: z)
      slope.nonlinear.append(z.identity)
      slopes.append(slope)
    }
    var solution = StageRow<Z>(stages: stages, history: 0)
    solution.state = z.identity
    for j in 0..<stages { solution.add(weights[j], slopes[j]) }
    var error: StageRow<Z>?
    if let errorWeights {
      var row = StageRow<Z>(stages: stages, history: 0)
      for j in 0..<stages { row.add(errorWeights[j], slopes[j]) }
      error = row
    }
    return StageTable(stages: Array(rows.dropFirst()), solution: solution, error: error)
  }
}
