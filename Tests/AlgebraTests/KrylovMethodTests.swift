import Algebra
import Foundation
import Tensors
import Testing

@Suite("Krylov methods")
struct KrylovMethodTests {
  static let symmetric: [any IterativeSolver] = [
    ConjugateGradient(.relative(1e-10)), FlexibleConjugateGradient(.relative(1e-10)),
    FlexibleConjugateGradient(.relative(1e-10), directions: 5), MINRES(.relative(1e-10)),
    DeflatedConjugateGradient(.relative(1e-10), space: .blocks(12)),
  ]
  static let general: [any IterativeSolver] = [
    GMRES(.relative(1e-10), restart: 30), FGMRES(.relative(1e-10), restart: 30), BiCGStab(.relative(1e-10)),
  ]
  static let leastSquares: [any IterativeSolver] = [LSQR(.relative(1e-10)), LSMR(.relative(1e-10))]

  @Test("every method solves a positive definite system, with and without preconditioner, from any start")
  func positiveDefinite() throws {
    let a = try randomDiffusion(40, decades: 2, seed: 3)
    var generator = LinearCongruential(seed: 7)
    let (x, start) = (generator.symmetric(1600), generator.symmetric(1600))
    let b = a.multiply(x)
    let preconditioners: [(any Preconditioner)?] = [
      nil, JacobiPreconditioner(), IncompleteCholesky.modified,
    ]
    for method in Self.symmetric + Self.general {
      for preconditioner in preconditioners {
        let m = try preconditioner?.prepare(a, pool: .shared)
        for guess in [nil, start] {
          let solution = try method.solve(a, b, preconditioner: m, initialGuess: guess)
          #expect(solution.status == .converged, "\(method.name)")
          #expect(residual(a, solution.value, b) <= 1.001e-10, "\(method.name)")
          #expect(norm(zip(solution.value, x).map { $0 - $1 }) < 1e-6 * norm(x), "\(method.name)")
          #expect(abs(solution.statistics.relativeResidual - residual(a, solution.value, b)) < 1e-12)
        }
      }
    }
    for method in Self.leastSquares {
      let solution = try method.solve(a, b)
      #expect(solution.status.isSuccess && residual(a, solution.value, b) < 1e-6, "\(method.name)")
      #expect(throws: IterativeSolverError.preconditionerNotTaken(method: method.name)) {
        try method.solve(a, b, preconditioner: SparseMatrix<Double>.identity(1600))
      }
    }
  }

  @Test("methods without symmetry solve a convection problem; those with it refuse")
  func convection() throws {
    let a = try convectionDiffusion(40, velocity: (3, 1))
    var generator = LinearCongruential(seed: 7)
    let b = generator.symmetric(1600)
    for method in Self.general {
      for preconditioner in [nil, IncompleteLU(), JacobiPreconditioner()] as [(any Preconditioner)?] {
        let m = try preconditioner?.prepare(a, pool: .shared)
        let solution = try method.solve(a, b, preconditioner: m)
        #expect(
          solution.status == .converged && residual(a, solution.value, b) <= 1.001e-10, "\(method.name)")
      }
    }
    for method in Self.symmetric {
      #expect(throws: SparseMatrixError.self, "\(method.name)") { try method.solve(a, b) }
    }
  }

  @Test("an indefinite symmetric system: MINRES and GMRES solve it, MINRES with a monotone residual")
  func indefinite() throws {
    let laplacian = try StencilOperator<Double>.laplacian(points: [20, 20]).matrix()
    let a = try SparseMatrix.sum(1, laplacian, -0.9, .identity(400))
    var generator = LinearCongruential(seed: 7)
    let b = generator.symmetric(400)
    for method in [MINRES(.relative(1e-9)), GMRES(.relative(1e-9), restart: 400)] as [any IterativeSolver] {
      let solution = try method.solve(a, b)
      #expect(solution.status == .converged && residual(a, solution.value, b) <= 1.001e-9, "\(method.name)")
      let history = solution.statistics.residualHistory
      #expect(zip(history, history.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-8) }, "\(method.name)")
    }
    // In exact arithmetic MINRES and GMRES minimise over the same space; rounding costs MINRES a few iterations.
    let first = try MINRES(.relative(1e-6)).solve(a, b).statistics.iterations
    let second = try GMRES(.relative(1e-6), restart: 400).solve(a, b).statistics.iterations
    #expect(first >= second && 20 * first <= 21 * second + 40)
  }

  @Test("few distinct eigenvalues take as many iterations")
  func distinctEigenvalues() throws {
    let a = SparseMatrix.diagonal((0..<300).map { [1.0, 2, 5, 9][$0 % 4] })
    let b = [Double](repeating: 1, count: 300)
    for method in Self.symmetric.prefix(4) + [GMRES(.relative(1e-10))] {
      let solution = try method.solve(a, b)
      #expect(solution.status == .converged && solution.statistics.iterations == 4, "\(method.name)")
    }
  }

  @Test("flexible methods stand a preconditioner that changes")
  func flexible() throws {
    struct Alternating: LinearOperator {
      let first, second: any PreparedPreconditioner<Double>
      var rows: Int { first.rows }
      var columns: Int { first.columns }
      func makeAction(pool: WorkerPool) -> LinearAction<Double> {
        let (a, b) = (first.makeAction(pool: pool), second.makeAction(pool: pool))
        var count = 0
        return LinearAction(rows: rows, columns: columns) { x, y in
          (count % 2 == 0 ? a : b).apply(x, to: y)
          count += 1
        }
      }
    }
    let a = try randomDiffusion(40, decades: 2, seed: 3)
    let m = Alternating(
      first: try IncompleteCholesky.modified.prepare(a, pool: .shared),
      second: try SSORPreconditioner(relaxation: 1.6).prepare(a, pool: .shared))
    let b = [Double](repeating: 1, count: 1600)
    let limit = 120
    let methods: [any IterativeSolver] = [
      FlexibleConjugateGradient(.relative(1e-9, iterationLimit: limit), directions: 3),
      FGMRES(.relative(1e-9, iterationLimit: limit), restart: 60),
    ]
    for method in methods {
      let solution = try method.solve(a, b, preconditioner: m)
      #expect(solution.status == .converged && residual(a, solution.value, b) <= 1.001e-9, "\(method.name)")
    }
  }

  @Test("least squares agree with QR, and the shortest solution of too few equations is found")
  func rectangular() throws {
    let a = try randomSparse(300, 60, perRow: 6, seed: 5, as: Double.self)
    var generator = LinearCongruential(seed: 2)
    let b = generator.symmetric(300)
    let reference = try QRFactorization(a.dense).solve(b)
    for method in Self.leastSquares {
      let solution = try method.solve(a, b)
      #expect(solution.status == .leastSquares, "\(method.name)")
      #expect(distance(solution.value, reference) < 1e-8, "\(method.name)")
      let wide = a.transposed()
      let short = try method.solve(wide, reference)
      #expect(short.status == .converged && residual(wide, short.value, reference) <= 1.001e-10)
      // The shortest solution lies in the range of the transpose: x = A y for some y.
      let y = try QRFactorization(a.dense).solve(short.value)
      #expect(distance(a.multiply(y), short.value) < 1e-8 * norm(short.value))
    }
  }

  @Test("deflation removes the small eigenvalues that its space holds")
  func deflation() throws {
    // Strong couplings inside 8 blocks, weak ones between them: as many tiny eigenvalues as blocks.
    let (blocks, size) = (8, 60)
    let n = blocks * size
    var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
    func add(_ i: Int, _ j: Int, _ value: Double) {
      rows.append(Int32(i))
      columns.append(Int32(j))
      values.append(value)
    }
    for i in 0..<n {
      add(i, i, 1e-8)
      guard i + 1 < n else { continue }
      let weight = (i + 1) % size == 0 ? 1e-6 : 1.0 + Double(i % 7)
      for (k, l, sign) in [(i, i, 1.0), (i + 1, i + 1, 1), (i, i + 1, -1), (i + 1, i, -1)] {
        add(k, l, sign * weight)
      }
    }
    let a = try SparseMatrix(rows: n, columns: n, rowIndices: rows, columnIndices: columns, values: values)
    var generator = LinearCongruential(seed: 2)
    let b = generator.symmetric(n)
    let stopping = StoppingCriterion.relative(1e-8, iterationLimit: 5000)
    let plain = try ConjugateGradient(stopping).solve(a, b)
    let spaces: [DeflatedConjugateGradient.Space] = [
      .blocks(blocks), .labels((0..<n).map { Int32($0 / size) }),
      .vectors((0..<blocks).map { k in (0..<n).map { $0 / size == k ? 2.0 : 0 } }),
    ]
    for space in spaces {
      let deflated = try DeflatedConjugateGradient(stopping, space: space).solve(a, b)
      #expect(deflated.status == .converged)
      #expect(2 * deflated.statistics.iterations < plain.statistics.iterations || !plain.status.isSuccess)
    }
  }

  @Test("a zero matrix, a nilpotent one and a singular system end as failures, not as loops or traps")
  func singular() throws {
    let zero = try SparseMatrix<Double>(
      rows: 3, columns: 3, rowIndices: [0, 1, 2], columnIndices: [0, 1, 2], values: [0, 0, 0])
    let nilpotent = try SparseMatrix<Double>(
      rows: 3, columns: 3, rowIndices: [0, 1], columnIndices: [1, 2], values: [1, 1])
    let b = [1.0, 2, 3]
    for method in Self.symmetric.prefix(4) + Self.general + Self.leastSquares {
      for matrix in [zero, nilpotent] {
        if let solution = try? method.solve(matrix, b) {
          #expect(solution.status != .converged, "\(method.name)")
          let isFinite = solution.value.allSatisfy { $0.isFinite }
          #expect(isFinite || solution.status == .diverged, "\(method.name)")
        }
      }
    }
  }

  @Test("all methods give the same bits with 1 and 2 threads")
  func bits() throws {
    let a = try randomDiffusion(100, decades: 1, seed: 3)
    var generator = LinearCongruential(seed: 7)
    let b = generator.symmetric(10_000)
    for method in Self.symmetric + Self.general + Self.leastSquares {
      var short = method
      short.stopping = .relative(1e-10, iterationLimit: 60)
      let solutions = try [1, 2].map { try short.solve(a, b, pool: WorkerPool(threads: $0)).value }
      let same = haveSameBits(solutions[0], solutions[1])
      #expect(same, "\(method.name)")
    }
  }
}
