import Algebra
import Foundation
import Tensors
import Testing

@Suite("Eigenvalue iterations")
struct EigenTests {
  /// The eigenvalues of the Laplacian of `SparseSamples`, ascending: sums of 4 sin²(π k / 2(n + 1)).
  static func laplacian(_ n: Int, dimensions: Int) -> [Double] {
    let line = (1...n).map { k in 4 * pow(sin(.pi * Double(k) / Double(2 * (n + 1))), 2) }
    var sums = [0.0]
    for _ in 0..<dimensions { sums = sums.flatMap { sum in line.map { sum + $0 } } }
    return sums.sorted()
  }

  /// The largest departure of xᵢᵀ B xⱼ from the identity.
  static func orthogonality(_ vectors: [[Double]], _ mass: SparseMatrix<Double>? = nil) -> Double {
    var worst = 0.0
    for (i, x) in vectors.enumerated() {
      let image = mass?.multiply(x) ?? x
      for (j, y) in vectors.enumerated() {
        let product = zip(image, y).reduce(0) { $0 + $1.0 * $1.1 }
        worst = max(worst, abs(product - (i == j ? 1 : 0)))
      }
    }
    return worst
  }

  @Test("Lanczos: both ends of the Laplacian on a line")
  func lanczosEnds() throws {
    let a = SparseSamples.laplacian(200, dimensions: 1)
    let exact = Self.laplacian(200, dimensions: 1)
    for target in [Lanczos.Target.largest, .smallest] {
      let solution = try Lanczos(target, count: 6).solve(a).converged()
      let expected = target == .largest ? Array(exact.reversed().prefix(6)) : Array(exact.prefix(6))
      for (found, value) in zip(solution.values, expected) { #expect(abs(found - value) < 1e-11) }
      #expect(solution.residuals.allSatisfy { $0 < 1e-9 })
      #expect(Self.orthogonality(solution.vectors) < 1e-12)
    }
  }

  @Test("Lanczos with a shift: pairs at the lower end and inside the spectrum, in a few restarts")
  func shiftInvert() throws {
    let a = SparseSamples.laplacian(60, dimensions: 1)
    let exact = Self.laplacian(60, dimensions: 1)
    for shift in [0.0, 1.2345, 3.9999, -1] {
      for solver in [nil, UMFPACK()] as [(any DirectSolver)?] {
        let solution = try Lanczos(.nearest(shift), count: 5).solve(a, solver: solver).converged()
        let expected = exact.sorted { abs($0 - shift) < abs($1 - shift) }.prefix(5)
        for (found, value) in zip(solution.values, expected) {
          #expect(abs(found - value) < 1e-11, "\(shift)")
        }
        #expect(solution.statistics.iterations <= 5)
        #expect(solution.residuals.allSatisfy { $0 < 1e-8 })
      }
    }
    // A shift at an eigenvalue has no inverse.
    let singular = SparseSamples.laplacian(40, dimensions: 1, isNeumann: true)
    #expect(throws: DirectSolverError.self) { _ = try Lanczos(.nearest(0), count: 2).solve(singular) }
  }

  /// Linear finite elements on (0, 1) with zero ends: stiffness and mass, with eigenvalues
  /// 6/h² (1 - cos kπh)/(2 + cos kπh).
  static func elements(_ n: Int) -> (SparseMatrix<Double>, SparseMatrix<Double>, [Double]) {
    let h = 1 / Double(n + 1)
    var (stiffness, mass): ([(Int, Int, Double)], [(Int, Int, Double)]) = ([], [])
    for i in 0..<n {
      stiffness.append((i, i, 2 / h))
      mass.append((i, i, 4 * h / 6))
      for j in [i - 1, i + 1] where (0..<n).contains(j) {
        stiffness.append((i, j, -1 / h))
        mass.append((i, j, h / 6))
      }
    }
    let values = (1...n).map { k in
      let c = cos(Double(k) * .pi * h)
      return 6 / (h * h) * (1 - c) / (2 + c)
    }
    return (SparseSamples.matrix(n, n, stiffness), SparseSamples.matrix(n, n, mass), values)
  }

  @Test("generalised problems: finite elements on a line, by all three ways")
  func generalised() throws {
    let (stiffness, mass, exact) = Self.elements(150)
    let shifted = try Lanczos(.nearest(0), count: 6).solve(stiffness, mass: mass).converged()
    let largest = try Lanczos(.largest, count: 4).solve(stiffness, mass: mass).converged()
    let block = try LOBPCG(count: 6).solve(
      stiffness, mass: mass, preconditioner: CHOLMOD().prepare(stiffness, pool: .shared)
    ).converged()
    for k in 0..<6 {
      #expect(abs(shifted.values[k] / exact[k] - 1) < 1e-10)
      #expect(abs(block.values[k] / exact[k] - 1) < 1e-10)
    }
    for k in 0..<4 { #expect(abs(largest.values[k] / exact[149 - k] - 1) < 1e-10) }
    for solution in [shifted, largest, block] {
      #expect(Self.orthogonality(solution.vectors, mass) < 1e-9)
    }
  }

  @Test("LOBPCG finds every copy of a multiple eigenvalue", arguments: [2, 3])
  func multiple(dimensions: Int) throws {
    let n = dimensions == 2 ? 30 : 12
    let a = SparseSamples.laplacian(n, dimensions: dimensions)
    let exact = Self.laplacian(n, dimensions: dimensions)
    let count = dimensions == 2 ? 6 : 7
    // Plain, and with the exact inverse, which leaves few iterations.
    let plain = try LOBPCG(count: count).solve(a).converged()
    let preconditioned = try LOBPCG(count: count).solve(
      a, preconditioner: CHOLMOD().prepare(a, pool: .shared)
    ).converged()
    let largest = try LOBPCG(.largest, count: 3).solve(a).converged()
    for k in 0..<count {
      #expect(abs(plain.values[k] - exact[k]) < 1e-9)
      #expect(abs(preconditioned.values[k] - exact[k]) < 1e-9)
    }
    for k in 0..<3 { #expect(abs(largest.values[k] - exact[exact.count - 1 - k]) < 1e-9) }
    for solution in [plain, preconditioned, largest] {
      #expect(Self.orthogonality(solution.vectors) < 1e-10)
      #expect(solution.residuals.allSatisfy { $0 < 1e-6 })
    }
    #expect(preconditioned.statistics.iterations < plain.statistics.iterations / 2)
  }

  @Test("a random symmetric matrix has LAPACK's eigenvalues")
  func dense() throws {
    let general = SparseSamples.dense(SparseSamples.random(120, 120, perRow: 6, diagonal: 1, seed: 21))
    var entries: [(Int, Int, Double)] = []
    for i in 0..<120 { for j in 0..<120 { entries.append((i, j, general[i, j] + general[j, i])) } }
    let a = SparseSamples.matrix(120, 120, entries)
    let exact = try SymmetricEigen(SparseSamples.dense(a)).values
    let low = try Lanczos(.smallest, count: 8).solve(a).converged()
    let inner = try Lanczos(.nearest(0.1), count: 4).solve(a).converged()
    let block = try LOBPCG(.smallest, count: 5).solve(a).converged()
    let nearest = exact.sorted { abs($0 - 0.1) < abs($1 - 0.1) }
    for k in 0..<8 { #expect(abs(low.values[k] - exact[k]) < 1e-9) }
    for k in 0..<4 { #expect(abs(inner.values[k] - nearest[k]) < 1e-9) }
    for k in 0..<5 { #expect(abs(block.values[k] - exact[k]) < 1e-9) }
  }

  @Test("small and invariant spaces, and threads")
  func corners() throws {
    // The identity is invariant after one step; every vector is found.
    let identity = SparseMatrix<Double>.identity(30)
    let solution = try Lanczos(.largest, count: 4).solve(identity).converged()
    #expect(solution.values.allSatisfy { abs($0 - 1) < 1e-14 })
    #expect(Self.orthogonality(solution.vectors) < 1e-12)
    let one = try Lanczos(.smallest, count: 1).solve(SparseSamples.matrix(1, 1, [(0, 0, -3)])).converged()
    #expect(abs(one.values[0] + 3) < 1e-15)
    let a = SparseSamples.laplacian(90, dimensions: 2)
    let (first, second) = (
      try Lanczos(.nearest(0), count: 3).solve(a, pool: WorkerPool(threads: 1)),
      try Lanczos(.nearest(0), count: 3).solve(a, pool: WorkerPool(threads: 2))
    )
    #expect(first.values == second.values && first.vectors == second.vectors)
  }

  @Test("what cannot be found is refused with the remedy")
  func errors() throws {
    let a = SparseSamples.laplacian(10, dimensions: 1)
    #expect(throws: EigenError.tooManyPairs(wanted: 10, order: 10, largest: 9)) {
      _ = try Lanczos(.largest, count: 10).solve(a)
    }
    #expect(throws: EigenError.tooManyPairs(wanted: 4, order: 10, largest: 3)) {
      _ = try LOBPCG(count: 4).solve(a)
    }
    let unsymmetric = SparseSamples.random(30, 30, perRow: 3, diagonal: 1, seed: 2)
    #expect(throws: SparseMatrixError.self) { _ = try Lanczos(.largest, count: 2).solve(unsymmetric) }
    #expect(throws: EigenError.notSymmetric) { _ = try LOBPCG(count: 2).solve(unsymmetric) }
    let negative = SparseSamples.map(a) { -$2 }
    #expect(throws: EigenError.indefiniteMass) {
      _ = try LOBPCG(count: 2).solve(SparseMatrix.identity(10), mass: negative)
    }
    let limited = try LOBPCG(count: 2, iterationLimit: 1).solve(SparseSamples.laplacian(400, dimensions: 1))
    #expect(limited.status == .iterationLimit)
    #expect(throws: EigenError.self) { _ = try limited.converged() }
  }
}
