import Tensors

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
  /// Whether the last stage is the new state, so that its slope is the first slope of the next step.
  public let isFirstSameAsLast: Bool

  private let stagePolynomials: [PolynomialRow]
  private let solutionPolynomials: PolynomialRow
  private let errorPolynomials: PolynomialRow?

  /// - Precondition: s rows of 0, 1, …, s−1 entries and s weights, nodes and error weights.
  public init(matrix: [[Double]], weights: [Double], nodes: [Double], errorWeights: [Double]? = nil) {
    let stages = weights.count
    precondition(
      stages > 0 && matrix.count == stages && nodes.count == stages
        && (errorWeights ?? weights).count == stages,
      "\(matrix.count) rows, \(weights.count) weights, \(nodes.count) nodes and \((errorWeights ?? weights).count)"
        + " error weights do not make one tableau")
    for (i, row) in matrix.enumerated() {
      precondition(row.count == i, "row \(i) of an explicit tableau has \(i) entries, not \(row.count)")
    }
    self.matrix = matrix
    self.weights = weights
    self.nodes = nodes
    self.errorWeights = errorWeights
    isFirstSameAsLast =
      nodes[stages - 1] == 1 && weights[stages - 1] == 0 && matrix[stages - 1] == Array(weights.dropLast())
    var rows: [PolynomialRow] = []
    for row in matrix { rows.append(PolynomialRow(1, weights: row, stages: rows)) }
    stagePolynomials = rows
    solutionPolynomials = PolynomialRow(1, weights: weights, stages: rows)
    errorPolynomials = errorWeights.map { PolynomialRow(0, weights: $0, stages: rows) }
  }

  /// The number s of stages.
  public var stages: Int { weights.count }

  /// The method applied to L u + N as a whole, each stage and the new state expressed by u_n and h·N_j alone.
  ///
  /// U_i = u_n + Σ_j a_ij (z U_j + h N_j) makes every factor a polynomial in z with coefficients that are found once.
  @specialized(where Z == Complex<Double>)
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    var powers = [z.identity, z]
    while powers.count <= stages { powers.append(powers[powers.count - 1] * z) }
    func row(_ polynomials: PolynomialRow) -> StageRow<Z> {
      StageRow(
        state: polynomials.state.value(powers), nonlinear: polynomials.nonlinear.map { $0.value(powers) })
    }
    return StageTable(
      stages: stagePolynomials.dropFirst().map(row), solution: row(solutionPolynomials),
      error: errorPolynomials.map(row))
  }
}

/// Σ_m c_m z^m, without trailing zeros.
private struct Polynomial: Hashable {
  var coefficients: [Double]

  /// Adds factor · z^shift · other.
  mutating func add(_ factor: Double, _ other: Polynomial, shift: Int) {
    if factor == 0 || other.coefficients.isEmpty { return }
    while coefficients.count < other.coefficients.count + shift { coefficients.append(0) }
    for (m, c) in other.coefficients.enumerated() { coefficients[m + shift] += factor * c }
  }

  /// The value from the powers of z; nil for the polynomial without terms.
  func value<Z: LinearSymbol>(_ powers: [Z]) -> Z? {
    var sum: Z?
    for (m, c) in coefficients.enumerated() where c != 0 {
      let term = c * powers[m]
      if let partial = sum { sum = partial + term } else { sum = term }
    }
    return sum
  }
}

/// The factors of u_n and of h·N_j as polynomials in z.
private struct PolynomialRow: Hashable {
  var state: Polynomial
  var nonlinear: [Polynomial]

  /// c·u_n + Σ_j weights_j (z U_j + h N_j), where U_j are the stages.
  init(_ c: Double, weights: [Double], stages: [PolynomialRow]) {
    state = Polynomial(coefficients: c == 0 ? [] : [c])
    nonlinear = [Polynomial](repeating: Polynomial(coefficients: []), count: weights.count)
    for (j, weight) in weights.enumerated() {
      state.add(weight, stages[j].state, shift: 1)
      for l in 0..<j { nonlinear[l].add(weight, stages[j].nonlinear[l], shift: 1) }
      nonlinear[j].add(weight, Polynomial(coefficients: [1]), shift: 0)
    }
  }
}
