import Algebra
import Equations
import Foundation
import Geometry
import Tensors

/// The linear part of a system on a periodic box, mode by mode, with its constraints solved.
///
/// The unknowns v with a time derivative obey M v' = −K v − K_a a − N, the others, a, obey constraints without one.
/// Constraints that contain a are solved for it: a = S v. Constraints on v alone (∇·u = 0) determine the remaining a as
/// multipliers (the pressure), which are eliminated by projection. What is left is v' = L v + G N.
public struct LinearStructure: Sendable {
  /// Unknowns with a time derivative, by index.
  public let variables: [Int]
  /// Rows of the system that carry a time derivative.
  public let evolutionRows: [Int]
  /// Algebraic unknowns that v determines, by index.
  public let determined: [Int]
  /// Multipliers of constraints, by index: they exist for the constraint's sake and cannot stand in products.
  public let multipliers: [Int]

  let system: PDESystem
  /// Constraints that are solved for algebraic unknowns, and those that bind variables alone, by row of the system.
  let solvedConstraints: [Int]
  let projections: [Int]

  /// The matrices of one mode.
  public struct Mode: Sendable {
    /// v' = L v + G (rows' nonlinear terms).
    public var L: SmallComplexMatrix
    public var G: SmallComplexMatrix
    /// determined = S v.
    public var S: SmallComplexMatrix
    /// Whether the mass or the constraints are singular in this mode.
    var isSingular = false
  }

  /// Sorts unknowns and equations.
  ///
  /// - Throws: ``EquationError`` when constraints do not determine what they should.
  public init(_ system: PDESystem) throws {
    self.system = system
    variables = system.differential
    evolutionRows = system.rows.indices.filter { !system.rows[$0].mass.isEmpty }
    let algebraic = system.algebraic
    let constraints = system.rows.indices.filter { system.rows[$0].mass.isEmpty }
    let contains = { (row: Int, u: Int) in system.rows[row].linear.contains { $0.unknown == u } }
    solvedConstraints = constraints.filter { row in algebraic.contains { contains(row, $0) } }
    projections = constraints.filter { row in !algebraic.contains { contains(row, $0) } }
    let solved = solvedConstraints
    determined = algebraic.filter { u in solved.contains { contains($0, u) } }
    let known = determined
    multipliers = algebraic.filter { !known.contains($0) }

    guard evolutionRows.count == variables.count else {
      throw EquationError(
        "\(system.name) has \(evolutionRows.count) equations with a time derivative for "
          + "\(variables.count) unknowns with one: solve the equations so that each holds one")
    }
    guard determined.count == solvedConstraints.count, multipliers.count == projections.count else {
      let row = system.rows[(projections + solvedConstraints).last!]
      let names = algebraic.map { system.unknowns[$0].name }.joined(separator: ", ")
      throw EquationError(
        "the constraint '\(row.text)' does not determine "
          + (names.isEmpty
            ? "an unknown: every unknown has an evolution equation already" : "\(names) uniquely"))
    }
    for row in constraints {
      if let term = system.rows[row].terms.first(where: \.dependsOnUnknowns) {
        throw EquationError(
          "the constraint '\(system.rows[row].text)' has the nonlinear term '\(term.product.readable(system))': "
            + "constraints must be linear with constant coefficients")
      }
      if let term = system.rows[row].terms.first(where: { !$0.factors.isEmpty }) {
        throw EquationError(
          "the constraint '\(system.rows[row].text)' has the source '\(term.product.readable(system))': "
            + "constraints must have none")
      }
    }
    // A number in a constraint acts on the mean mode alone. It is harmless where the constraint leaves that mode free, as
    // Δφ = ρ − 1 does.
    let zero = Array(repeating: 0.0, count: system.dimension)
    let determinesMeans =
      !determined.isEmpty && matrix(\.linear, solvedConstraints, determined, zero).largestMagnitude > 0
    for row in constraints where !system.rows[row].terms.isEmpty {
      if projections.contains(row) || determinesMeans {
        throw EquationError(
          "the constraint '\(system.rows[row].text)' has a number as its source: constraints must have none, so put it "
            + "into an unknown that differs by it")
      }
    }
    for term in system.rows.flatMap(\.terms) {
      for u in multipliers
      where term.product.contains(where: { if case .jet(let j) = $0 { j.unknown == u } else { false } }) {
        throw EquationError(
          "'\(term.product.readable(system))' multiplies \(system.unknowns[u].name), which only enforces a constraint"
        )
      }
    }
    try checkGeneric()
  }

  /// The matrices at the physical wavenumbers k.
  public func mode(_ k: [Double]) -> Mode {
    let (E, v, a) = (evolutionRows, variables, determined)
    let (M, massRank) = matrix(\.mass, E, v, k).pseudoInverseAndRank
    let K = matrix(\.linear, E, v, k)
    var effective = K
    var S = SmallComplexMatrix(rows: a.count, columns: v.count)
    var isSingular = massRank < v.count
    if !a.isEmpty {
      let (inverse, rank) = matrix(\.linear, solvedConstraints, a, k).pseudoInverseAndRank
      S = -(inverse * matrix(\.linear, solvedConstraints, v, k))
      effective = K + matrix(\.linear, E, a, k) * S
      isSingular = isSingular || rank < a.count
    }
    let unconstrained = M * effective
    if multipliers.isEmpty { return Mode(L: -unconstrained, G: -M, S: S, isSingular: isSingular) }
    let B = matrix(\.linear, E, multipliers, k)
    var C = matrix(\.linear, projections, v, k)
    if !a.isEmpty { C = C + matrix(\.linear, projections, a, k) * S }
    let Q = M - M * B * (C * M * B).pseudoInverse * C * M
    // Where all variables decay alike, as velocities under one viscosity do, L keeps states within the constraints by
    // itself: left unprojected it does not couple the variables.
    let L = unconstrained.isMultipleOfIdentity ? unconstrained : Q * effective
    return Mode(L: -L, G: -Q, S: S, isSingular: isSingular)
  }

  /// The multipliers from the evolution equations' terms R = K v + K_a a + N: the matrix P with multipliers = P R.
  func multiplierMatrix(_ k: [Double]) -> SmallComplexMatrix {
    let M = matrix(\.mass, evolutionRows, variables, k).pseudoInverse
    let B = matrix(\.linear, evolutionRows, multipliers, k)
    var C = matrix(\.linear, projections, variables, k)
    if !determined.isEmpty { C = C + matrix(\.linear, projections, determined, k) * mode(k).S }
    return -((C * M * B).pseudoInverse * C * M)
  }

  /// K + K_a S: the linear terms of the evolution equations over the variables, multipliers left out.
  func linearRows(_ k: [Double]) -> SmallComplexMatrix {
    let K = matrix(\.linear, evolutionRows, variables, k)
    return determined.isEmpty ? K : K + matrix(\.linear, evolutionRows, determined, k) * mode(k).S
  }

  /// 1 − Bᵀ*(B Bᵀ*)⁻¹ B for the constraints B v = 0 of a mode: the orthogonal projection onto what meets them.
  func projector(_ k: [Double]) -> SmallComplexMatrix {
    var B = matrix(\.linear, projections, variables, k)
    if !determined.isEmpty { B = B + matrix(\.linear, projections, determined, k) * mode(k).S }
    let adjoint = B.adjoint
    return .identity(variables.count) - adjoint * (B * adjoint).pseudoInverse * B
  }

  /// ∂ᵅ at the wavenumbers k: (ik)^α.
  public static func symbol(_ orders: MultiIndex, _ k: [Double]) -> Complex<Double> {
    var magnitude = 1.0
    for axis in Axis.allCases {
      for _ in 0..<orders[axis] { magnitude *= axis.rawValue < k.count ? k[axis.rawValue] : 0 }
    }
    switch orders.total % 4 {
    case 0: return Complex(magnitude, 0)
    case 1: return Complex(0, magnitude)
    case 2: return Complex(-magnitude, 0)
    default: return Complex(0, -magnitude)
    }
  }

  func matrix(
    _ part: KeyPath<PDESystem.Row, [PDESystem.LinearTerm]>, _ rows: [Int], _ columns: [Int], _ k: [Double]
  ) -> SmallComplexMatrix {
    var result = SmallComplexMatrix(rows: rows.count, columns: columns.count)
    var hasSum = false
    for (i, row) in rows.enumerated() {
      for term in system.rows[row][keyPath: part] {
        guard let j = columns.firstIndex(of: term.unknown) else { continue }
        hasSum = hasSum || result[i, j] != .zero
        result[i, j] += term.coefficient * Self.symbol(term.orders, k)
      }
    }
    if hasSum {
      // What cancels to rounding is zero.
      let sizes = sizes(part, rows, columns, k)
      for i in sizes.indices where result.elements[i].magnitude <= 1e-13 * sizes[i] {
        result.elements[i] = .zero
      }
    }
    return result
  }

  /// The sums of the magnitudes of the terms in each element of ``matrix(_:_:_:_:)``.
  func sizes(
    _ part: KeyPath<PDESystem.Row, [PDESystem.LinearTerm]>, _ rows: [Int], _ columns: [Int], _ k: [Double]
  ) -> [Double] {
    var result = Array(repeating: 0.0, count: rows.count * columns.count)
    for (i, row) in rows.enumerated() {
      for term in system.rows[row][keyPath: part] {
        guard let j = columns.firstIndex(of: term.unknown) else { continue }
        result[i * columns.count + j] += abs(term.coefficient) * Self.symbol(term.orders, k).magnitude
      }
    }
    return result
  }
}
