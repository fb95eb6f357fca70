import Algebra
import Foundation
import Tensors
import Testing

@Suite("Stationary iterations")
struct StationaryTests {
  static let points = [31, 31]
  static var matrix: SparseMatrix<Double> {
    get throws { try StencilOperator<Double>.laplacian(points: points).matrix() }
  }

  private func iterations(_ method: any IterativeSolver, _ a: SparseMatrix<Double>, _ b: [Double]) throws
    -> Int
  {
    let solution = try method.solve(a, b)
    #expect(solution.status == .converged && residual(a, solution.value, b) <= 1.001e-8, "\(method.name)")
    return solution.statistics.iterations
  }

  @Test("SOR's iterations fall from w = 1 to Young's optimum, as theory says, and rise beyond")
  func relaxation() throws {
    let a = try Self.matrix
    var generator = LinearCongruential(seed: 1)
    let b = generator.symmetric(a.rows)
    let h = 1.0 / 32
    let best = SOR.optimalRelaxation(points: Self.points)
    #expect(abs(best - 2 / (1 + sin(.pi * h))) < 1e-12)
    for ordering in SOR.Ordering.allCases {
      let stopping = StoppingCriterion.relative(1e-8)
      let factors = (0...6).map { 1 + (best - 1) * Double($0) / 6 }
      let counts = try factors.map { try iterations(SOR(stopping, relaxation: $0, ordering: ordering), a, b) }
      #expect(zip(counts, counts.dropFirst()).allSatisfy { $1 < $0 }, "\(counts)")
      let beyond = try iterations(SOR(stopping, relaxation: best + 0.1, ordering: ordering), a, b)
      #expect(beyond > counts.last!)
      // Gauss-Seidel reduces the error by cos²(π h) a sweep, Jacobi by cos(π h), SOR by ω − 1 (Young 1954).
      let expected = log(1e-8) / log(cos(.pi * h) * cos(.pi * h))
      #expect(Double(counts[0]) > 0.6 * expected && Double(counts[0]) < 1.05 * expected, "\(counts[0])")
      let optimal = log(1e-8) / log(best - 1)
      #expect(Double(counts.last!) > 0.7 * optimal && Double(counts.last!) < 2 * optimal, "\(counts.last!)")
      let automatic = try iterations(SOR(stopping, ordering: ordering), a, b)
      #expect(automatic <= counts.last! + counts.last! / 5 + 3, "\(automatic)")
    }
    let jacobi = try iterations(JacobiIteration(.relative(1e-8)), a, b)
    let gaussSeidel = try iterations(SOR.gaussSeidel(.relative(1e-8)), a, b)
    #expect(abs(Double(jacobi) / Double(gaussSeidel) - 2) < 0.1)
  }

  @Test("asymptotic factors are those of the theory")
  func factors() throws {
    let a = try Self.matrix
    let b = [Double](repeating: 1, count: a.rows)
    let h = 1.0 / 32
    func factor(_ method: any IterativeSolver) throws -> Double {
      let history = try method.solve(a, b).statistics.residualHistory
      return pow(history.last! / history[history.count - 51], 1.0 / 50)
    }
    #expect(abs(try factor(JacobiIteration(.relative(1e-8))) - cos(.pi * h)) < 2e-4)
    #expect(abs(try factor(SOR.gaussSeidel(.relative(1e-8))) - pow(cos(.pi * h), 2)) < 2e-4)
    let damped = 1 - 0.8 * (1 - cos(.pi * h))
    #expect(abs(try factor(JacobiIteration(.relative(1e-8), damping: 0.8)) - damped) < 2e-4)
  }

  @Test("symmetric sweeps, damping and Chebyshev's method converge to the solution")
  func others() throws {
    let a = try randomDiffusion(24, decades: 1, seed: 6)
    var generator = LinearCongruential(seed: 1)
    let x = generator.symmetric(a.rows)
    let b = a.multiply(x)
    let methods: [any IterativeSolver] = [
      SOR(.relative(1e-10), relaxation: 1.5, isSymmetric: true),
      SOR(.relative(1e-10), relaxation: 1.5, ordering: .multicolour, isSymmetric: true),
      JacobiIteration(.relative(1e-10), damping: nil), ChebyshevIteration(.relative(1e-10)),
    ]
    for method in methods {
      let solution = try method.solve(a, b)
      #expect(solution.status == .converged && distance(solution.value, x) < 1e-6, "\(method.name)")
    }
    let plain = try ChebyshevIteration(.relative(1e-10)).solve(a, b).statistics.iterations
    let m = try IncompleteCholesky().prepare(a, pool: .shared)
    let preconditioned = try ChebyshevIteration(.relative(1e-10)).solve(a, b, preconditioner: m)
    #expect(preconditioned.status == .converged && 2 * preconditioned.statistics.iterations < plain)
    // With exact bounds Chebyshev's method needs at most ln(2/ε) / ln((√κ + 1)/(√κ − 1)) iterations.
    let laplacian = try Self.matrix
    let half = sin(Double.pi / 64)
    let smallest = 8 * half * half
    let root = ((8 - smallest) / smallest).squareRoot()
    let bounded = ChebyshevIteration(.relative(1e-8), bounds: smallest...8 - smallest)
    let count = try iterations(bounded, laplacian, generator.symmetric(laplacian.rows))
    let limit: Double = log(2e8) / log((root + 1) / (root - 1)) + 1
    #expect(Double(count) <= limit)
  }

  @Test("what cannot work is said")
  func refusals() throws {
    let a = try Self.matrix
    let b = [Double](repeating: 1, count: a.rows)
    #expect(throws: IterativeSolverError.matrixNeeded(method: "SOR")) {
      try SOR().solve(StencilOperator<Double>.laplacian(points: Self.points), b)
    }
    #expect(throws: IterativeSolverError.preconditionerNotTaken(method: "Gauss-Seidel")) {
      try SOR.gaussSeidel().solve(a, b, preconditioner: SparseMatrix<Double>.identity(a.rows))
    }
    let zero = try SparseMatrix<Double>(
      rows: 2, columns: 2, rowIndices: [0, 1], columnIndices: [1, 0], values: [1, 1])
    #expect(throws: SparseMatrixError.self) { try JacobiIteration().solve(zero, [1, 1]) }
    // Jacobi diverges where the diagonal is too small.
    let wild = try SparseMatrix<Double>(
      rows: 2, columns: 2, rowIndices: [0, 0, 1, 1], columnIndices: [0, 1, 0, 1], values: [1, 3, 3, 1])
    #expect(try JacobiIteration().solve(wild, [1, 2]).status == .diverged)
  }

  @Test("colours differ between neighbours, and the sweeps have the same bits with 1 and 2 threads")
  func colours() throws {
    let a = try randomSparse(2000, 2000, perRow: 4, seed: 2, as: Double.self)
    let symmetric = try SparseMatrix.sum(1, a, 1, a.transposed())
    let colours = symmetric.pattern.greedyColouring()
    for row in 0..<2000 {
      for p in symmetric.pattern.entries(ofRow: row) {
        let column = Int(symmetric.pattern.columnIndices.elements[p])
        #expect(column == row || colours[column] != colours[row])
      }
    }
    let grid = try StencilOperator<Double>.laplacian(points: [120, 120]).matrix()
    #expect(grid.pattern.greedyColouring().max() == 1)
    var generator = LinearCongruential(seed: 1)
    let b = generator.symmetric(grid.rows)
    let methods: [any IterativeSolver] = [
      SOR(.relative(1e-8, iterationLimit: 40), relaxation: 1.8, ordering: .multicolour),
      JacobiIteration(.relative(1e-8, iterationLimit: 40)),
      ChebyshevIteration(.relative(1e-8, iterationLimit: 40)),
    ]
    for method in methods {
      let values = try [1, 2].map { try method.solve(grid, b, pool: WorkerPool(threads: $0)).value }
      let same = haveSameBits(values[0], values[1])
      #expect(same, "\(method.name)")
    }
  }
}
