import Algebra
import Equations
import Foundation
import Tensors

/// What a solve took and found.
public struct FiniteElementStatistics: Sendable, Equatable {
  /// Steps of Newton's method, 1 for linear problems.
  public var iterations = 0
  /// Norms of the residual, one per iterate.
  public var residuals: [Double] = []
  /// Seconds of assembly, and of linear solves.
  public var assemblySeconds = 0.0
  public var solveSeconds = 0.0

  public init() {}
}

/// Settings of Newton's method.
public struct NewtonOptions: Sendable {
  /// The residual, relative to the first one, at which iteration ends.
  public var relativeTolerance = 1e-10
  /// The residual at which it ends in any case.
  public var absoluteTolerance = 1e-12
  /// The largest number of steps.
  public var maximumSteps = 40

  public init() {}

  /// Settings for the steps of an evolution, which start near the solution.
  public static var steps: NewtonOptions {
    var options = NewtonOptions()
    options.relativeTolerance = 1e-8
    return options
  }
}

/// A way to solve linear systems: a matrix, a right-hand side and whether the matrix is symmetric give the solution.
public typealias LinearSolve = (SparseMatrix<Double>, [Double], _ isSymmetric: Bool) throws -> [Double]

extension FiniteElementSystem {
  /// Solves a steady problem: one linear solve, or Newton's method with a line search.
  ///
  /// - Parameters:
  ///   - initial: Where Newton's method starts; by default zero, or the solution of the problem with Laplace's operator
  ///     where the derivative at zero is singular.
  ///   - linearSolve: How linear systems are solved; by default by sparse Cholesky or LU factorisation.
  /// - Throws: ``FiniteElementError`` when the problem has no unique solution or Newton's method does not converge,
  ///   ``EquationError`` for an evolution.
  public func solve(
    initial: [Double]? = nil, time: Double = 0, newton: NewtonOptions = NewtonOptions(),
    linearSolve: LinearSolve? = nil
  ) throws -> FiniteElementSolution {
    guard !isEvolution else {
      throw FiniteElementError(
        "\(system.name) has a time derivative: give a step and a final time, as in evolve(until:step:)")
    }
    if isLinear {
      var statistics = FiniteElementStatistics()
      let begin = Date()
      let assembled = try assemble(time: time)
      statistics.assemblySeconds = Date().timeIntervalSince(begin)
      let start = Date()
      let values = try solveLinear(assembled.matrix, assembled.rightHandSide, linearSolve)
      statistics.solveSeconds = Date().timeIntervalSince(start)
      statistics.iterations = 1
      return FiniteElementSolution(self, values: values, time: time, statistics: statistics)
    }
    return try solveByNewton(initial: initial, time: time, newton, linearSolve)
  }

  private func solveByNewton(
    initial: [Double]?, time: Double, _ options: NewtonOptions, _ linearSolve: LinearSolve?
  ) throws -> FiniteElementSolution {
    var state = initial ?? Array(repeating: 0, count: dofCount)
    precondition(state.count == dofCount, "\(state.count) values for \(dofCount) degrees of freedom")
    for (dof, value) in zip(essential.dofs, essential.values(at: time)) { state[dof] = value }
    do {
      return try iterate(state, time: time, options, linearSolve)
    } catch let error where initial == nil {
      // At zero the derivative may be singular, or too far away: start from the solution with Laplace's operator.
      let matrix = Buffer<Double>(uninitialized: pattern.entryCount)
      var vector = [Double](repeating: 0, count: dofCount)
      let assembler = try assembler(.start)
      vector.withUnsafeMutableBufferPointer { vector in
        assembler.run(AssemblyTargets(matrix: matrix.pointer, vector: vector.baseAddress), time: time)
        for row in 0..<dofCount {
          // Unknowns without second derivatives start from zero.
          let entries = pattern.entries(ofRow: row)
          if entries.allSatisfy({ matrix.pointer[$0] == 0 }) {
            matrix.pointer[pattern.position(row: row, column: row)!] = 1
            vector[row] = 0
          }
        }
        essential.eliminate(matrix.pointer, vector.baseAddress, values: essential.values(at: time))
      }
      guard let start = try? solveLinear(SparseMatrix(pattern: pattern, values: matrix), vector, linearSolve)
      else { throw error }
      return try iterate(start, time: time, options, linearSolve)
    }
  }

  private func iterate(
    _ start: [Double], time: Double, _ options: NewtonOptions, _ linearSolve: LinearSolve?
  ) throws -> FiniteElementSolution {
    var statistics = FiniteElementStatistics()
    var state = start
    var clock = Date()
    var residual = try residual(state, time: time)
    var norm = Self.norm(residual)
    statistics.residuals = [norm]
    let goal = max(options.relativeTolerance * norm, options.absoluteTolerance)
    while !(norm <= goal) {
      guard norm.isFinite else {
        throw FiniteElementError(
          "the residual of \(system.name) is not a number at the start: give an initial state at which its coefficients are defined"
        )
      }
      guard statistics.iterations < options.maximumSteps else {
        throw FiniteElementError(
          "Newton's method for \(system.name) has not converged in \(options.maximumSteps) steps (residual \(norm)): give an initial state, or approach the parameters in steps"
        )
      }
      clock = Date()
      let matrix = try jacobian(state, time: time)
      statistics.assemblySeconds += Date().timeIntervalSince(clock)
      clock = Date()
      let step = try solveLinear(matrix, residual.map { -$0 }, linearSolve, isCorrection: true)
      statistics.solveSeconds += Date().timeIntervalSince(clock)
      statistics.iterations += 1
      clock = Date()
      // The longest of the steps 1, 1/2, 1/4, … that lowers the residual (Armijo 1966).
      var length = 1.0
      var accepted = false
      for _ in 0..<14 {
        let candidate = zip(state, step).map { $0 + length * $1 }
        let next = try self.residual(candidate, time: time)
        let size = Self.norm(next)
        if size <= (1 - 1e-4 * length) * norm || size <= goal {
          (state, residual, norm, accepted) = (candidate, next, size, true)
          break
        }
        length /= 2
      }
      statistics.assemblySeconds += Date().timeIntervalSince(clock)
      statistics.residuals.append(norm)
      if !accepted {
        // Rounding: no step lowers a residual that is at its floor.
        if norm <= 1e-8 * max(statistics.residuals[0], 1e-4) { break }
        throw FiniteElementError(
          "no step of Newton's method lowers the residual \(norm) of \(system.name): give an initial state, or approach the parameters in steps"
        )
      }
    }
    return FiniteElementSolution(self, values: state, time: time, statistics: statistics)
  }

  static func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  // MARK: - Linear systems

  /// Solves a linear system, with constants that are not determined removed.
  func solveLinear(
    _ matrix: SparseMatrix<Double>, _ vector: [Double], _ linearSolve: LinearSolve?,
    isCorrection: Bool = false
  ) throws -> [Double] {
    let constants = freeConstants(matrix)
    if constants.isEmpty { return try solveRegular(matrix, vector, linearSolve) }
    var vector = vector
    for field in constants {
      let range = indices(of: field)
      let (sum, size) = range.reduce((0.0, 0.0)) { ($0.0 + vector[$1], $0.1 + abs(vector[$1])) }
      if !isCorrection, abs(sum) > 1e-3 * size, size > 1e-9 {
        throw FiniteElementError(
          "\(space.fields[field].name) is determined up to a constant only, and the sources do not balance the fluxes through the boundary (\(sum) against \(size)): prescribe a value somewhere, or correct them"
        )
      }
      for index in range { vector[index] -= sum / Double(range.count) }
      vector[range[0]] = 0
    }
    var result = try solveRegular(holdingConstants(matrix), vector, linearSolve)
    for field in constants {
      let mean = try averaged(field, result)
      for index in indices(of: field) { result[index] -= mean }
    }
    return result
  }

  /// The mean of an unknown over the domain.
  private func averaged(_ field: Int, _ state: [Double]) throws -> Double {
    let totals = try CellIntegrals(self, [.jet(Jet(field)), .one]).totals(state)
    return totals[0] / totals[1]
  }

  private func indices(of field: Int) -> [Int] {
    let f = space.fields[field]
    return (0..<f.space.dofCount).map(f.index)
  }

  /// The matrix with the first degree of freedom of unknowns that are determined up to a constant held at zero.
  func holdingConstants(_ matrix: SparseMatrix<Double>) -> SparseMatrix<Double> {
    holding(freeConstants(matrix), in: matrix)
  }

  /// The matrix with the first degree of freedom of given unknowns held at zero.
  func holding(_ constants: [Int], in matrix: SparseMatrix<Double>) -> SparseMatrix<Double> {
    guard !constants.isEmpty else { return matrix }
    let values = Buffer<Double>(uninitialized: matrix.entryCount)
    values.pointer.update(from: matrix.values.pointer, count: matrix.entryCount)
    for field in constants {
      let pinned = space.fields[field].first
      for p in pattern.entries(ofRow: pinned) {
        let column = Int(pattern.columnIndices.pointer[p])
        guard column != pinned else { continue }
        values.pointer[p] = 0
        if let q = pattern.position(row: column, column: pinned) { values.pointer[q] = 0 }
      }
      let diagonal = pattern.position(row: pinned, column: pinned)!
      if values.pointer[diagonal] == 0 { values.pointer[diagonal] = 1 }
    }
    return matrix.withValues(values)
  }

  /// Unknowns that the matrix determines up to a constant: it annihilates their constants.
  func freeConstants(_ matrix: SparseMatrix<Double>) -> [Int] {
    space.fields.indices.filter { f in
      guard !weak.essential.contains(where: { $0.unknown == f }) else { return false }
      let field = space.fields[f]
      let last = field.index(field.space.dofCount - 1)
      // Entries that vanish come out as rounding: rows are compared with the largest one.
      var (largestSum, largestSize) = (0.0, 0.0)
      for row in 0..<dofCount {
        var (sum, size) = (0.0, 0.0)
        for p in pattern.entries(ofRow: row) {
          let column = Int(pattern.columnIndices.pointer[p])
          guard column >= field.first, column <= last, (column - field.first) % field.stride == 0 else {
            continue
          }
          let value = matrix.values.pointer[p]
          sum += value
          size += abs(value)
        }
        (largestSum, largestSize) = (max(largestSum, abs(sum)), max(largestSize, size))
      }
      let isAnnihilated = largestSum <= 1e-10 * largestSize
      return isAnnihilated
    }
  }

  /// LU factors, or what to do about a singular matrix.
  ///
  /// Patterns of finite elements are symmetric, whatever the values are. The diagonal of pressures is zero, but by the time
  /// that a pressure is eliminated velocities beside it have filled it.
  func factorizeLU(_ matrix: SparseMatrix<Double>, refinementSteps: Int = 2) throws -> UMFPACKFactorization {
    let solver = UMFPACK(
      ordering: .nestedDissection, strategy: .symmetric, refinementSteps: refinementSteps)
    do {
      return try solver.prepare(matrix)
    } catch let error as DirectSolverError where !weak.multipliers.isEmpty {
      throw FiniteElementError(
        "the matrix of \(system.name) is singular (\(error)) Pairs of elements for velocity and pressure must be stable, such as order 2 for one and 1 for the other (Taylor–Hood)"
      )
    }
  }

  private func solveRegular(
    _ matrix: SparseMatrix<Double>, _ vector: [Double], _ linearSolve: LinearSolve?
  ) throws -> [Double] {
    if let linearSolve { return try linearSolve(matrix, vector, isSymmetric) }
    let result: [Double]
    if isSymmetric, weak.multipliers.isEmpty, let factors = try? CHOLMOD().prepare(matrix) {
      result = factors.solve(vector)
    } else {
      result = try factorizeLU(matrix).solve(vector)
    }
    guard result.allSatisfy(\.isFinite) else {
      throw FiniteElementError(
        "the matrix of \(system.name) is singular: prescribe values on a part of the boundary, or choose a stable pair of elements"
      )
    }
    return result
  }
}
