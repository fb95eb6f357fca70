import Algebra
import Foundation
import Tensors
import Testing

@Suite("Orderings and several right-hand sides")
struct OrderingTests {
  private func shuffled(_ n: Int) -> [Int32] {
    var generator = LinearCongruential(seed: 8)
    return (0..<n).map { (generator.next(), Int32($0)) }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  @Test("orderings are permutations, and a permutation is undone by its inverse")
  func permutations() throws {
    let a = try StencilOperator<Double>.laplacian(points: [20, 15]).matrix()
    let order = shuffled(300)
    let mixed = a.permuted(order)
    #expect(try mixed.checked().hasSameBits(as: mixed) && mixed.isSymmetric())
    for i in stride(from: 0, to: 300, by: 7) {
      for j in 0..<300 { #expect(mixed[i, j] == a[Int(order[i]), Int(order[j])]) }
    }
    var inverse = order
    for (place, row) in order.enumerated() { inverse[Int(row)] = Int32(place) }
    #expect(mixed.permuted(inverse).hasSameBits(as: a))
    for found in [mixed.pattern.reverseCuthillMcKee(), mixed.pattern.approximateMinimumDegree()] {
      #expect(found.sorted() == (0..<300).map { Int32($0) })
    }
  }

  @Test("reverse Cuthill-McKee finds the band of a shuffled grid, and of every component")
  func bandwidth() throws {
    let a = try StencilOperator<Double>.laplacian(points: [40, 15]).matrix()
    let mixed = a.permuted(shuffled(600))
    #expect(mixed.pattern.bandwidth > 300)
    // From a corner, levels are diagonals of at most 15 points, and an entry spans two of them at most.
    #expect(mixed.permuted(mixed.pattern.reverseCuthillMcKee()).pattern.bandwidth <= 16)
    let chain = try StencilOperator<Double>.laplacian(points: [200]).matrix().permuted(shuffled(200))
    #expect(chain.permuted(chain.pattern.reverseCuthillMcKee()).pattern.bandwidth == 1)
    #expect(SparseMatrix<Double>.identity(5).pattern.reverseCuthillMcKee().sorted() == [0, 1, 2, 3, 4])
  }

  @Test(
    "products with several vectors, and solves for several right-hand sides, are those of each one, bit for bit"
  )
  func columns() throws {
    let a = try randomDiffusion(80, decades: 1, seed: 3)
    var generator = LinearCongruential(seed: 7)
    var columns = (0..<4).map { _ in generator.symmetric(6400) }
    columns.append([Double](repeating: 0, count: 6400))
    for (x, y) in zip(columns, a.multiply(columns: columns)) {
      let same = haveSameBits(a.multiply(x), y)
      #expect(same)
    }
    let rectangular = try randomSparse(50, 6400, perRow: 30, seed: 1, as: Double.self)
    #expect(rectangular.multiply(columns: columns) == columns.map { rectangular.multiply($0) })
    for method in [nil, JacobiPreconditioner(), IncompleteCholesky()] as [(any Preconditioner)?] {
      let m = try method?.prepare(a, pool: .shared)
      let together = try ConjugateGradient().solve(a, columns: columns, preconditioner: m)
      for (solution, b) in zip(together, columns) {
        let alone = try ConjugateGradient().solve(a, b, preconditioner: m)
        let same = haveSameBits(solution.value, alone.value)
        #expect(same && solution.status == alone.status && solution.status == .converged)
        #expect(solution.statistics.iterations == alone.statistics.iterations)
      }
    }
  }
}
