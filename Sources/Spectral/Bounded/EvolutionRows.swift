import Equations
import Geometry

/// The equations of a system solved for the time derivatives: row v reads Σ m ∂ᵅ∂u_v/∂t + Σ linear + Σ terms = 0.
struct EvolutionRows: Sendable {
  /// The equation of one variable.
  struct Row: Sendable {
    var text: String
    /// Terms in ∂u_v/∂t, of this variable only.
    var mass: [PDESystem.LinearTerm]
    var linear: [PDESystem.LinearTerm]
    var terms: [ExpandedTerm]
  }

  /// Variables by index into the system's unknowns, with their rows in the same order.
  let variables: [Int]
  let rows: [Row]

  /// - Throws: ``EquationError`` when an equation has no time derivative, or one that cannot be separated.
  init(_ system: PDESystem) throws {
    if let row = system.rows.first(where: { $0.mass.isEmpty }) {
      throw EquationError(
        "the constraint '\(row.text)' has no time derivative: on a bounded box every equation needs one, so use a "
          + "periodic box with the Fourier method, or write the flow with a stream function")
    }
    let variables = system.differential
    self.variables = variables
    guard variables.count == system.rows.count else {
      throw EquationError(
        "\(system.name) has \(system.rows.count) equations with a time derivative for \(variables.count) unknowns "
          + "with one: solve the equations so that each holds one")
    }
    if system.rows.allSatisfy({ row in row.mass.allSatisfy { $0.unknown == row.mass[0].unknown } }) {
      rows = try variables.map { v in
        guard let row = system.rows.first(where: { $0.mass[0].unknown == v }) else {
          throw Self.inseparable(system)
        }
        return Row(text: row.text, mass: row.mass, linear: row.linear, terms: row.terms)
      }
    } else {
      rows = try Self.separated(system, variables)
    }
  }

  /// Solves for time derivatives that several equations share.
  private static func separated(_ system: PDESystem, _ variables: [Int]) throws -> [Row] {
    guard system.rows.allSatisfy({ $0.mass.allSatisfy { $0.orders == .zero } }) else {
      throw inseparable(system)
    }
    let n = variables.count
    // Gauss–Jordan elimination with the identity beside the matrix.
    var matrix = system.rows.enumerated().map { i, row in
      let masses = variables.map { v in row.mass.filter { $0.unknown == v }.reduce(0) { $0 + $1.coefficient }
      }
      // Rows of one size, so that a vanishing pivot is recognised in any units.
      let scale = 1 / masses.reduce(0) { max($0, abs($1)) }
      return masses.map { scale * $0 } + (0..<n).map { $0 == i ? scale : 0 }
    }
    for column in 0..<n {
      let pivot = (column..<n).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) }!
      guard abs(matrix[pivot][column]) > 1e-12 else { throw inseparable(system) }
      matrix.swapAt(column, pivot)
      let divisor = matrix[column][column]
      for j in 0..<2 * n { matrix[column][j] /= divisor }
      for i in 0..<n where i != column {
        let factor = matrix[i][column]
        for j in 0..<2 * n { matrix[i][j] -= factor * matrix[column][j] }
      }
    }
    return variables.indices.map { i in
      var linear: [PDESystem.LinearTerm] = []
      var terms: [ExpandedTerm] = []
      for (r, row) in system.rows.enumerated() {
        let factor = matrix[i][n + r]
        if factor == 0 { continue }
        for term in row.linear {
          if let j = linear.firstIndex(where: { $0.unknown == term.unknown && $0.orders == term.orders }) {
            linear[j].coefficient += factor * term.coefficient
          } else {
            var scaled = term
            scaled.coefficient *= factor
            linear.append(scaled)
          }
        }
        for term in row.terms {
          var scaled = term
          scaled.coefficient *= factor
          if let j = terms.firstIndex(where: { $0.outer == term.outer && $0.factors == term.factors }) {
            terms[j].coefficient += scaled.coefficient
          } else {
            terms.append(scaled)
          }
        }
      }
      var mass = system.rows[i].mass[0]
      (mass.coefficient, mass.unknown) = (1, variables[i])
      return Row(
        text: system.rows[i].text, mass: [mass],
        linear: linear.filter { $0.coefficient != 0 }, terms: terms.filter { $0.coefficient != 0 })
    }
  }

  private static func inseparable(_ system: PDESystem) -> EquationError {
    EquationError(
      "the equations of \(system.name) cannot be solved for their time derivatives: write each with the time "
        + "derivative of one unknown")
  }
}
