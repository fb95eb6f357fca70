import Algebra
import Foundation
import Tensors
import Testing

/// Iterations of preconditioned conjugate gradients for the 5- and 7-point Laplacian with a random right-hand side, to
/// a relative residual of 1e-8, from an independent implementation: CG, SSOR with w = 1, SSOR with the w that it found
/// best, IC(0), and MIC(0) with 97 % of the fill.
struct PoissonRow: Sendable, CustomTestStringConvertible {
  let points: [Int]
  let cg, ssor, bestSSOR: Int
  let best: Double
  let ic, mic: Int
  var testDescription: String { points.map { "\($0)" }.joined(separator: " × ") }

  static let all = [
    PoissonRow(points: [32, 32], cg: 102, ssor: 41, bestSSOR: 23, best: 1.7, ic: 35, mic: 22),
    PoissonRow(points: [64, 64], cg: 199, ssor: 77, bestSSOR: 33, best: 1.8, ic: 65, mic: 33),
    PoissonRow(points: [128, 128], cg: 385, ssor: 149, bestSSOR: 47, best: 1.9, ic: 126, mic: 58),
    PoissonRow(points: [256, 256], cg: 763, ssor: 273, bestSSOR: 67, best: 1.976, ic: 247, mic: 107),
    PoissonRow(points: [16, 16, 16], cg: 63, ssor: 25, bestSSOR: 17, best: 1.5, ic: 23, mic: 18),
    PoissonRow(points: [32, 32, 32], cg: 120, ssor: 45, bestSSOR: 23, best: 1.7, ic: 41, mic: 22),
    PoissonRow(points: [48, 48, 48], cg: 179, ssor: 66, bestSSOR: 28, best: 1.8, ic: 61, mic: 30),
  ]
}

@Suite("Iterations on Poisson's equation")
struct PoissonIterationTests {
  @Test("conjugate gradients with every preconditioner of the table", arguments: PoissonRow.all)
  func table(row: PoissonRow) throws {
    let matrix = try StencilOperator<Double>.laplacian(points: row.points).matrix()
    var generator = LinearCongruential(seed: 1)
    let b = generator.symmetric(matrix.rows)
    let cases: [(any Preconditioner, Int)] = [
      (SSORPreconditioner(), row.ssor), (SSORPreconditioner(relaxation: row.best), row.bestSSOR),
      (IncompleteCholesky(), row.ic), (IncompleteCholesky.modified, row.mic),
      (JacobiPreconditioner(), row.cg),
    ]
    let plain = try ConjugateGradient().solve(matrix, b)
    #expect(plain.status == .converged && plain.statistics.iterations <= Int(1.03 * Double(row.cg)) + 2)
    let free = try ConjugateGradient().solve(StencilOperator<Double>.laplacian(points: row.points), b)
    #expect(abs(free.statistics.iterations - plain.statistics.iterations) <= 1)
    for (method, iterations) in cases {
      let prepared = try method.prepare(matrix, pool: .shared)
      #expect(prepared.statistics.shift == 0 && prepared.isSymmetric)
      let solution = try ConjugateGradient().solve(matrix, b, preconditioner: prepared)
      let limit = Int(1.03 * Double(iterations)) + 2
      #expect(
        solution.statistics.iterations <= limit,
        "\(method.name): \(solution.statistics.iterations) > \(limit)")
      // What is claimed is true, for a residual computed here.
      let product = matrix.multiply(solution.value)
      let residual = zip(product, b).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }.squareRoot()
      let size = b.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(solution.status == .converged && residual <= 1.0001e-8 * size)
      #expect(solution.statistics.residualHistory.count == solution.statistics.iterations + 1)
    }
  }
}
