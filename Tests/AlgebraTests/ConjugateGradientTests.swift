import Algebra
import Foundation
import Tensors
import Testing

@Suite("Conjugate gradients")
struct ConjugateGradientTests {
  @Test("products, preconditioners and solutions have the same bits with any number of threads")
  func bits() throws {
    let matrices = [
      try StencilOperator<Double>.laplacian(points: [160, 160]).matrix(),
      try StencilOperator<Double>.laplacian(points: [31, 32, 33]).matrix(),
      try randomDiffusion(100, decades: 2, seed: 4).permuted(shuffled(100 * 100)),
    ]
    let pools = [WorkerPool(threads: 1), WorkerPool(threads: 2)]
    for matrix in matrices {
      var generator = LinearCongruential(seed: 1)
      let b = generator.symmetric(matrix.rows)
      let products = pools.map { matrix.multiply(b, pool: $0) }
      #expect(products.allSatisfy { haveSameBits($0, products[0]) })
      let methods: [(any Preconditioner)?] = [
        nil, JacobiPreconditioner(), SSORPreconditioner(relaxation: 1.5), IncompleteCholesky(),
        IncompleteCholesky.modified,
      ]
      for method in methods {
        let solutions = try pools.map { pool in
          try ConjugateGradient().solve(
            matrix, b, preconditioner: method?.prepare(matrix, pool: pool), pool: pool)
        }
        #expect(solutions[0].status == .converged)
        for solution in solutions {
          let same =
            haveSameBits(solution.value, solutions[0].value)
            && solution.statistics.residualHistory == solutions[0].statistics.residualHistory
          #expect(same, "\(method?.name ?? "CG")")
        }
      }
    }
  }

  /// Numbers from 0 in random order.
  private func shuffled(_ n: Int) -> [Int32] {
    var generator = LinearCongruential(seed: 8)
    return (0..<n).map { (generator.next(), Int32($0)) }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  @Test("an indefinite matrix and an indefinite preconditioner are told apart, with the remedy")
  func indefinite() throws {
    let a = try StencilOperator<Double>.laplacian(points: [12, 12]).matrix()
    let shifted = try SparseMatrix.sum(1, a, -1.5, .identity(144))
    let b = [Double](repeating: 1, count: 144)
    let first = try ConjugateGradient().solve(shifted, b)
    #expect(first.status == .indefiniteMatrix && "\(first.status)".contains("MINRES"))
    #expect(throws: IterativeSolverError.self) { try first.converged() }
    let negative = -1.0 * SparseMatrix<Double>.identity(144)
    let second = try ConjugateGradient().solve(a, b, preconditioner: negative)
    #expect(second.status == .indefinitePreconditioner && "\(second.status)".contains("GMRES"))
  }

  @Test("what the method cannot take is refused in words")
  func refusals() throws {
    let a = try StencilOperator<Double>.laplacian(points: [12, 12]).matrix()
    let b = [Double](repeating: 1, count: 144)
    let unsymmetric = try convectionDiffusion(12, velocity: (1, 1))
    #expect(throws: SparseMatrixError.self) { try ConjugateGradient().solve(unsymmetric, b) }
    // Large enough that it is probed, not searched.
    let large = try convectionDiffusion(200, velocity: (0.01, 0))
    #expect {
      try ConjugateGradient().solve(large, [Double](repeating: 1, count: 40_000))
    } throws: { "\($0)".contains("symmetric") && "\($0)".contains("GMRES") }
    #expect(throws: SparseMatrixError.notSquare(rows: 5, columns: 7, purpose: "CG")) {
      try ConjugateGradient().solve(
        randomSparse(5, 7, perRow: 2, seed: 1, as: Double.self), [Double](repeating: 1, count: 5))
    }
    var bad = b
    bad[17] = .nan
    #expect(throws: IterativeSolverError.rightHandSideNotFinite(index: 17)) {
      try ConjugateGradient().solve(a, bad)
    }
    #expect(throws: IterativeSolverError.initialGuessNotFinite(index: 17)) {
      try ConjugateGradient().solve(a, b, initialGuess: bad)
    }
    let values = Buffer<Double>(uninitialized: a.entryCount)
    for p in 0..<a.entryCount { values.pointer[p] = a.values.elements[p] }
    let diagonal = a.pattern.position(row: 20, column: 20)!
    values.pointer[diagonal] = .infinity
    #expect(throws: SparseMatrixError.notFinite(row: 20, column: 20)) {
      try ConjugateGradient().solve(a.withValues(values), b)
    }
    values.pointer[diagonal] = 0
    #expect(throws: SparseMatrixError.zeroDiagonal(row: 20, purpose: "The Jacobi preconditioner")) {
      try JacobiPreconditioner().prepare(a.withValues(values))
    }
    #expect(throws: (any Error).self) {
      try IncompleteCholesky().prepare(a.withValues(values), pool: .shared)
    }
    #expect(throws: (any Error).self) { try IncompleteCholesky().prepare(-1 * a, pool: .shared) }
  }

  @Test("tolerances, warm starts, zero right-hand sides, and the limit of iterations")
  func stopping() throws {
    let a = try randomDiffusion(40, decades: 3, seed: 2)
    var generator = LinearCongruential(seed: 5)
    let x = generator.symmetric(1600)
    let b = a.multiply(x)
    let m = try IncompleteCholesky().prepare(a, pool: .shared)
    let solution = try ConjugateGradient(.relative(1e-12)).solve(a, b, preconditioner: m)
    #expect(solution.status == .converged && residual(a, solution.value, b) < 1.01e-12)
    #expect(norm(zip(solution.value, x).map { $0 - $1 }) < 1e-9 * norm(x))
    let warm = try ConjugateGradient(.relative(1e-10)).solve(
      a, b, preconditioner: m, initialGuess: solution.value)
    #expect(warm.statistics.iterations == 0 && warm.status == .converged && warm.value == solution.value)
    let absolute = try ConjugateGradient(
      StoppingCriterion(relativeTolerance: 0, absoluteTolerance: 1e-3 * norm(b))
    ).solve(a, b, preconditioner: m)
    #expect(absolute.statistics.relativeResidual <= 1e-3 && absolute.statistics.relativeResidual > 1e-6)
    let zero = try ConjugateGradient().solve(a, [Double](repeating: 0, count: 1600), initialGuess: x)
    #expect(zero.status == .converged && zero.value.allSatisfy { $0 == 0 })
    let short = try ConjugateGradient(.relative(1e-12, iterationLimit: 3)).solve(a, b)
    #expect(short.status == .iterationLimit && short.statistics.iterations == 3)
  }

  @Test("a tolerance beyond rounding ends as stagnation, not as an endless loop")
  func stagnation() throws {
    let a = try randomDiffusion(30, decades: 8, seed: 2)
    let b = [Double](repeating: 1, count: 900)
    let solution = try ConjugateGradient(.relative(1e-17, iterationLimit: 100_000)).solve(
      a, b, preconditioner: JacobiPreconditioner().prepare(a))
    #expect(solution.status == .stagnated && solution.statistics.restarts > 0)
    #expect(solution.statistics.relativeResidual < 1e-6)
  }

  @Test("single precision converges, and says what it reached")
  func single() throws {
    let a = try StencilOperator<Float>.laplacian(points: [30, 30]).matrix()
    let solution = try ConjugateGradient(.relative(1e-5)).solve(
      a, [Float](repeating: 1, count: 900), preconditioner: IncompleteCholesky().prepare(a, pool: .shared))
    #expect(solution.status == .converged && solution.statistics.relativeResidual <= 1e-5)
  }

  @Test("a Neumann problem with its null space; an incompatible right-hand side is an error")
  func nullSpace() throws {
    let stencil = StencilOperator<Double>.laplacian(points: [40, 30], boundaries: [.mirror, .periodic])
    var a = try stencil.matrix()
    #expect(a.multiply([Double](repeating: 1, count: 1200)).allSatisfy { abs($0) < 1e-14 })
    a.nullSpace = .constant(1200)
    var generator = LinearCongruential(seed: 3)
    let b = generator.symmetric(1200)
    #expect {
      try ConjugateGradient().solve(a, b)
    } throws: { "\($0)".contains("null space") && "\($0)".contains("balance") }
    let compatible = a.nullSpace!.projected(b)
    #expect(abs(compatible.reduce(0, +)) < 1e-10)
    let methods: [(any Preconditioner)?] = [
      nil, JacobiPreconditioner(), SSORPreconditioner(relaxation: 1.7), IncompleteCholesky.modified,
    ]
    for method in methods {
      let m = try method?.prepare(a, pool: .shared)
      let solution = try ConjugateGradient(.relative(1e-10)).solve(a, compatible, preconditioner: m)
      #expect(solution.status == .converged && residual(a, solution.value, compatible) < 1.01e-10)
      // The solution has no part in the null space, as the start had none.
      #expect(abs(solution.value.reduce(0, +)) < 1e-6)
    }
    #expect(throws: IterativeSolverError.notANullSpace(vector: 0)) {
      try ConjugateGradient().solve(
        a, compatible, nullSpace: NullSpace(spanning: [generator.symmetric(1200)]))
    }
    #expect(throws: IterativeSolverError.nullSpaceDependent(vector: 1)) {
      try NullSpace<Double>(spanning: [[1, 2, 3], [2, 4, 6]])
    }
  }

  @Test("stencils and their matrices agree on every boundary and number of axes")
  func stencils() throws {
    let boundaries: [StencilOperator<Double>.Boundary] = [.zero, .periodic, .mirror]
    var generator = LinearCongruential(seed: 3)
    for points in [[7], [1], [2], [5, 8], [1, 6], [6, 1], [3, 4, 5], [2, 2, 2], [4, 1, 3]] {
      for shift in 0..<3 {
        let stencil = StencilOperator<Double>(
          points: points, center: 5, sides: points.indices.map { -1 - 0.5 * Double($0) },
          boundaries: points.indices.map { boundaries[($0 + shift) % 3] })
        let matrix = try stencil.matrix()
        #expect(try matrix.checked().hasSameBits(as: matrix) && matrix.isSymmetric())
        let x = generator.symmetric(stencil.rows)
        #expect(distance(stencil.multiply(x), matrix.multiply(x)) < 1e-14)
      }
    }
    // Every row has the right entries: against the Kronecker sum of second differences.
    let (m, n) = (4, 5)
    let a = try StencilOperator<Double>.laplacian(points: [m, n], spacing: [0.5, 0.25]).matrix()
    for i in 0..<m * n {
      for j in 0..<m * n {
        let (di, dj) = (abs(i / n - j / n), abs(i % n - j % n))
        let expected = i == j ? 2 * (4 + 16.0) : di == 1 && dj == 0 ? -4 : di == 0 && dj == 1 ? -16 : 0
        #expect(a[i, j] == expected)
      }
    }
  }
}
