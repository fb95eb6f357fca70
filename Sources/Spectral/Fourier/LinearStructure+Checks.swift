import Algebra
import Equations
import Foundation
import Tensors

// Whether the equations determine what is stepped. A pseudo-inverse always gives an answer; these checks refuse the
// systems for which it would be a wrong one.
extension LinearStructure {
  /// Checks the equations at a wavenumber without any special relation to their coefficients.
  ///
  /// - Throws: ``EquationError`` when time derivatives, determined unknowns or multipliers are not determined.
  func checkGeneric() throws {
    let k = Array([1.234_567_891, 2.718_281_829, 0.577_215_665].prefix(system.dimension))
    let (M, massRank) = matrix(\.mass, evolutionRows, variables, k).pseudoInverseAndRank
    guard massRank == variables.count else {
      throw EquationError(
        "the equations of \(system.name) do not determine the time derivatives of \(names(variables)), because a "
          + "combination of them has none: write that combination as a constraint of its own")
    }
    let constraints = matrix(\.linear, solvedConstraints, determined, k).pseudoInverseAndRank
    guard constraints.rank == determined.count else {
      throw EquationError(
        "the constraint '\(system.rows[solvedConstraints.last!].text)' leaves \(names(determined)) undetermined, because "
          + "it repeats or contradicts the others: replace it")
    }
    if multipliers.isEmpty { return }
    var C = matrix(\.linear, projections, variables, k)
    if !determined.isEmpty { C = C + matrix(\.linear, projections, determined, k) * mode(k).S }
    let action = C * M * matrix(\.linear, evolutionRows, multipliers, k)
    guard action.pseudoInverseAndRank.rank == multipliers.count else {
      throw EquationError(
        "\(names(multipliers)) cannot enforce the constraint '\(system.rows[projections.last!].text)', because it does not "
          + "act on what the constraint binds: let its gradient stand in the equation of that unknown")
    }
  }

  /// Checks a mode in which the mass or the constraints are singular.
  ///
  /// Derivatives that vanish because a wavenumber is zero leave an amplitude as it is: the mean of a stream function is a
  /// matter of convention. Terms that cancel each other do not, nor does a mean that the rest of its equation changes.
  ///
  /// - Throws: ``EquationError`` naming the wavenumber.
  func checkMode(_ k: [Double]) throws {
    let isMean = k.allSatisfy { $0 == 0 }
    if !determined.isEmpty, !isMean {
      let A = matrix(\.linear, solvedConstraints, determined, k)
      if cancels(A, sizes(\.linear, solvedConstraints, determined, k)) {
        throw EquationError(
          "the constraint '\(system.rows[solvedConstraints.last!].text)' is resonant: its terms in \(names(determined)) "
            + "cancel at the wavenumber \(text(k)), so change a coefficient or the size of the domain")
      }
    }
    let M = matrix(\.mass, evolutionRows, variables, k)
    let rank = M.pseudoInverseAndRank.rank
    if rank == variables.count { return }
    let massless = variables.indices.filter { row in
      variables.indices.allSatisfy { M[row, $0] == .zero }
    }
    if cancels(M, sizes(\.mass, evolutionRows, variables, k))
      || isMean && massless.count < variables.count - rank
    {
      throw EquationError(
        "the time derivatives of \(names(variables)) cancel at the wavenumber \(text(k)), where '"
          + system.rows[evolutionRows[massless.first ?? 0]].text
          + "' is no evolution equation: change a coefficient or the size of the domain")
    }
    guard isMean else { return }
    let rest = linearRows(k)
    for row in massless where variables.indices.contains(where: { rest[row, $0] != .zero }) {
      throw EquationError(
        "'\(system.rows[evolutionRows[row]].text)' has no time derivative of the mean, which its other terms contain: add "
          + "one, or write the equation for an unknown whose mean is zero")
    }
  }

  /// Checks the mean of a source, 0 ≤ `mean` relative to the largest mode, in an equation of the given number among those
  /// with a time derivative.
  func checkMean(ofSource term: ExpandedTerm, row: Int, relativeMean mean: Double) throws {
    guard mean > 1e-12, term.outer == .zero else { return }
    let zero = Array(repeating: 0.0, count: system.dimension)
    let M = matrix(\.mass, evolutionRows, variables, zero)
    guard variables.indices.allSatisfy({ M[row, $0] == .zero }) else { return }
    throw EquationError(
      "'\(system.rows[evolutionRows[row]].text)' has no time derivative of the mean, but the source "
        + "'\(term.product.readable(system))' has a mean: subtract it")
  }

  /// Whether a singular matrix would not be so if its terms had other coefficients.
  private func cancels(_ matrix: SmallComplexMatrix, _ sizes: [Double]) -> Bool {
    if matrix.pseudoInverseAndRank.rank == matrix.rows { return false }
    var other = matrix
    for (i, size) in sizes.enumerated() {
      other.elements[i] = Complex(size * (1 + 0.618_033_989 * Double(i + 1)).squareRoot())
    }
    return other.pseudoInverseAndRank.rank == matrix.rows
  }

  private func names(_ unknowns: [Int]) -> String {
    unknowns.map { system.unknowns[$0].name }.joined(separator: ", ")
  }

  private func text(_ k: [Double]) -> String {
    let numbers = k.map { String(format: "%.6g", $0) }.joined(separator: ", ")
    return k.count == 1 ? numbers : "(\(numbers))"
  }
}
