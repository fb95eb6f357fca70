import Algebra
import Foundation
import Tensors
import Testing

/// Products of matrices whose rows repeat, which read columns, or the whole matrix, of a run of rows once.
@Suite("Repeated rows")
struct RepeatedRowTests {
  /// −∇·(k ∇u) on a grid, with k that is constant, constant in parts, or different everywhere.
  static func matrix(_ kind: String, shape: [Int]) throws -> SparseMatrix<Double> {
    let count = shape.reduce(1, *)
    let random = RandomStream(seed: 5, stream: 0)
    let k = (0..<count).map { i -> Double in
      switch kind {
      case "constant": return 2.5
      case "in parts": return i % shape.last! < shape.last! / 3 ? 1e3 : 0.7
      default: return 1 + random.uniform(at: UInt64(i))
      }
    }
    return try GridOperator<Double>(
      axes: shape.map { GridAxis(count: $0, spacing: 1 / Double($0 + 1)) }, diffusion: .perUnknown(k)
    ).assembled()
  }

  /// Σ a x in the order of the row's entries, each product added in one rounding.
  static func product(_ matrix: SparseMatrix<Double>, _ x: [Double], minuend: [Double]? = nil) -> [Double] {
    let (starts, columns) = (matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer)
    return (0..<matrix.rows).map { row in
      var sum = minuend?[row] ?? 0
      for p in Int(starts[row])..<Int(starts[row + 1]) {
        let a = minuend == nil ? matrix.values.pointer[p] : -matrix.values.pointer[p]
        sum = a * x[Int(columns[p])] + sum
      }
      return sum
    }
  }

  static let cases = ["constant", "in parts", "varying"].flatMap { kind in
    [[5000], [90, 110], [24, 17, 30]].map { (kind, $0) }
  }

  @Test("agree with the rows' sums, with one and two threads", arguments: cases)
  func product(kind: String, shape: [Int]) throws {
    let matrix = try Self.matrix(kind, shape: shape)
    let random = RandomStream(seed: 9, stream: 1)
    let x = (0..<matrix.columns).map { 2 * random.uniform(at: UInt64($0)) - 1 }
    let expected = Self.product(matrix, x)
    let (one, two) = (WorkerPool(threads: 1), WorkerPool(threads: 2))
    let (a, b) = (matrix.multiply(x, pool: one), matrix.multiply(x, pool: two))
    #expect(a == b)
    let size = expected.map(abs).max()!
    #expect(zip(a, expected).allSatisfy { abs($0 - $1) <= 1e-14 * size })
    // The residual of a solver: r = b − A x, whose sum is another one.
    let solved = try ConjugateGradient(.relative(1e-10)).solve(
      matrix, expected, preconditioner: IncompleteCholesky().prepare(matrix, pool: two), pool: two)
    #expect(solved.status == .converged)
    let residual = Self.product(matrix, solved.value, minuend: expected)
    let norm = residual.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(norm <= 1.01e-10 * expected.reduce(0) { $0 + $1 * $1 }.squareRoot())
  }

  @Test("a diagonal that is the same everywhere preconditions nothing, and is left out")
  func uniformDiagonal() throws {
    let matrix = try Self.matrix("constant", shape: [40, 50])
    let b = (0..<matrix.rows).map { sin(Double($0)) }
    let plain = try ConjugateGradient(.relative(1e-9)).solve(matrix, b)
    let jacobi = try ConjugateGradient(.relative(1e-9)).solve(
      matrix, b, preconditioner: JacobiPreconditioner().prepare(matrix))
    #expect(jacobi.value == plain.value)
    #expect(jacobi.statistics.iterations == plain.statistics.iterations)
  }
}
