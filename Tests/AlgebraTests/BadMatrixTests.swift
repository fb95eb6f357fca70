import Tensors
import Testing

import Algebra

@Suite("Direct solvers refuse bad matrices")
struct BadMatrixTests {
  static let square: [any DirectSolver] = [
    CHOLMOD(), CHOLMOD(storage: .supernodal), CHOLMOD(.ldl), UMFPACK(), KLU(),
  ]

  private func failure(_ solver: any DirectSolver, _ a: SparseMatrix<Double>) -> (any Error)? {
    do { _ = try solver.prepare(a) } catch { return error }
    return nil
  }

  @Test("not square")
  func notSquare() {
    let a = SparseSamples.random(5, 7, perRow: 2, diagonal: 1, seed: 1)
    for solver in Self.square {
      let error = failure(solver, a)
      #expect("\(error!)".contains("needs a square matrix, and this one is 5 × 7"), "\(solver.name)")
    }
  }

  @Test("no rows")
  func empty() {
    let a = SparseSamples.matrix(0, 0, [])
    for solver in Self.square + [SPQR()] {
      #expect(failure(solver, a) as? DirectSolverError == .empty)
    }
  }

  @Test("infinite and NaN entries are named", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    let a = SparseSamples.laplacian(6, dimensions: 2)
    let broken = SparseSamples.map(a) { i, j, entry in i == 17 && j == 11 ? value : entry }
    for solver in Self.square + [SPQR()] {
      #expect(failure(solver, broken) as? SparseMatrixError == .notFinite(row: 17, column: 11))
    }
  }

  @Test("not symmetric where symmetry is needed")
  func notSymmetric() {
    var entries: [(Int, Int, Double)] = (0..<9).map { ($0, $0, 4) }
    entries += [(2, 5, -1), (5, 2, -1), (3, 7, 0.5)]
    let oneSided = SparseSamples.matrix(9, 9, entries)
    for solver in [CHOLMOD(), CHOLMOD(.ldl)] {
      let error = failure(solver, oneSided) as? SparseMatrixError
      guard case .notSymmetric(3, 7, _, let remedy)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(remedy.contains("UMFPACK"))
    }
    let below = SparseSamples.matrix(9, 9, entries + [(7, 3, 0.25)])
    #expect(failure(CHOLMOD(), below) is SparseMatrixError)
    // Differences of an assembly's rounding are none, and neither are entries of zero on one side.
    let rounded = SparseSamples.matrix(9, 9, entries + [(7, 3, 0.5 * (1 + 4e-16)), (8, 0, 0)])
    #expect(failure(CHOLMOD(), rounded) == nil)
    #expect(failure(UMFPACK(), oneSided) == nil)
  }

  @Test("not positive definite names the other solvers, which solve it")
  func indefinite() throws {
    // The Laplacian shifted past its first eigenvalues: indefinite and regular.
    let a = SparseSamples.laplacian(15, dimensions: 2)
    let shifted = SparseSamples.map(a) { i, j, value in i == j ? value - 0.3 : value }
    for solver in [CHOLMOD(), CHOLMOD(storage: .simplicial), CHOLMOD(storage: .supernodal)] {
      let error = failure(solver, shifted)
      guard case DirectSolverError.notPositiveDefinite(let row, let count)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(count == 225 && (0..<225).contains(row))
      #expect("\(error!)".contains("CHOLMOD(.ldl)") && "\(error!)".contains("UMFPACK"))
    }
    let b = SparseSamples.vector(a.rows)
    for solver in [CHOLMOD(.ldl), UMFPACK(), KLU()] as [any DirectSolver] {
      #expect(SparseSamples.residual(shifted, try solver.prepare(shifted).solve(b), b) < 1e-11)
    }
    let negative = SparseSamples.map(a) { -$2 }
    #expect(failure(CHOLMOD(), negative) is DirectSolverError)
  }

  @Test(
    "a pure Neumann problem is singular, on any grid",
    arguments: [(10, 1), (500, 1), (9, 2), (60, 2), (150, 2), (12, 3), (22, 3)])
  func neumann(n: Int, dimensions: Int) {
    let a = SparseSamples.laplacian(n, dimensions: dimensions, isNeumann: true)
    for solver in Self.square {
      let error = failure(solver, a)
      #expect(error is DirectSolverError, "\(solver.name) took a singular matrix")
    }
  }

  @Test("zero rows, zero columns and equal rows are singular")
  func singular() {
    let n = 30
    let regular = SparseSamples.random(n, n, perRow: 4, diagonal: 2, seed: 11)
    let dense = SparseSamples.dense(regular)
    func variant(_ change: (Int, Int, Double) -> Double) -> SparseMatrix<Double> {
      var entries: [(Int, Int, Double)] = []
      for i in 0..<n {
        for j in 0..<n where dense[i, j] != 0 { entries.append((i, j, change(i, j, dense[i, j]))) }
      }
      return SparseSamples.matrix(n, n, entries)
    }
    let zeroRow = variant { i, _, value in i == 7 ? 0 : value }
    let zeroColumn = variant { _, j, value in j == 3 ? 0 : value }
    var equalRows: [(Int, Int, Double)] = []
    for i in 0..<n { for j in 0..<n { equalRows.append((i, j, dense[i == 20 ? 4 : i, j])) } }
    var missingRow: [(Int, Int, Double)] = []
    for i in 0..<n where i != 9 {
      for j in 0..<n where dense[i, j] != 0 { missingRow.append((i, j, dense[i, j])) }
    }
    let matrices = [
      zeroRow, zeroColumn, SparseSamples.matrix(n, n, equalRows), SparseSamples.matrix(n, n, missingRow),
    ]
    for (k, a) in matrices.enumerated() {
      for solver in [UMFPACK(), KLU()] as [any DirectSolver] {
        guard case DirectSolverError.singular? = failure(solver, a) else {
          Issue.record("\(solver.name) took matrix \(k)")
          continue
        }
      }
      #expect((try? SPQR().prepare(a))?.rank == n - 1)
    }
  }

  @Test("badly scaled matrices are no singular ones")
  func scaling() throws {
    let n = 40
    let dense = SparseSamples.dense(SparseSamples.random(n, n, perRow: 4, diagonal: 5, seed: 13))
    func scale(_ i: Int) -> Double { Double.pow(10, Double((i * 7) % 25) - 12) }
    var (rows, columns): ([(Int, Int, Double)], [(Int, Int, Double)]) = ([], [])
    for i in 0..<n {
      for j in 0..<n where dense[i, j] != 0 {
        rows.append((i, j, dense[i, j] * scale(i)))
        columns.append((i, j, dense[i, j] * scale(j)))
      }
    }
    let exactRows = (0..<n).map { 1 + 0.1 * Double($0) }
    let exactColumns = (0..<n).map { exactRows[$0] / scale($0) }
    for (entries, exact) in [(rows, exactRows), (columns, exactColumns)] {
      let a = SparseSamples.matrix(n, n, entries)
      for solver in [UMFPACK(), KLU()] as [any DirectSolver] {
        let x = try solver.prepare(a).solve(a.multiply(exact))
        #expect(zip(x, exact).allSatisfy { abs($0 - $1) < 1e-11 * abs($1) }, "\(solver.name)")
      }
    }
    var symmetric: [(Int, Int, Double)] = []
    let laplacian = SparseSamples.dense(SparseSamples.laplacian(6, dimensions: 2))
    for i in 0..<36 {
      for j in 0..<36 where laplacian[i, j] != 0 {
        symmetric.append((i, j, laplacian[i, j] * (scale(i) * scale(j))))
      }
    }
    let a = SparseSamples.matrix(36, 36, symmetric)
    let exact = (0..<36).map { (1 + 0.1 * Double($0)) / scale($0) }
    let x = try CHOLMOD().prepare(a).solve(a.multiply(exact))
    #expect(zip(x, exact).allSatisfy { abs($0 - $1) < 1e-11 * abs($1) })
  }

  @Test("LDLᵀ says when it needs exchanges, and UMFPACK makes them")
  func exchanges() throws {
    let a = SparseSamples.matrix(2, 2, [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)])
    let error = failure(CHOLMOD(.ldl), a)
    #expect("\(error!)".contains("UMFPACK"))
    for solver in [UMFPACK(), KLU()] as [any DirectSolver] {
      #expect(try solver.prepare(a).solve([3, 5]) == [5, 3])
    }
  }

  @Test("after a failure, another matrix may follow", arguments: [0, 1, 2, 3, 4])
  func recovery(index: Int) throws {
    let solver = Self.square[index]
    let a = SparseSamples.laplacian(12, dimensions: 2)
    var factors: any SparseFactorization = try solver.prepare(a)
    #expect(throws: (any Error).self) { try factors.refactorize(a.withValues(Buffer(count: a.entryCount))) }
    try factors.refactorize(a)
    let b = SparseSamples.vector(a.rows)
    #expect(SparseSamples.residual(a, factors.solve(b), b) < 1e-13)
  }
}
