import Algebra
import Autodiff
import Foundation
import Synchronization
import Tensors
import Testing

/// UMFPACK that counts how often matrices are factorised.
private struct CountingSolver: DirectSolver {
  final class Count: Sendable {
    private let value = Mutex(0)
    func increase() { value.withLock { $0 += 1 } }
    var now: Int { value.withLock { $0 } }
  }

  struct Factorization: SparseFactorization {
    var inner: UMFPACK.Factorization
    let count: Count

    var rows: Int { inner.rows }
    var columns: Int { inner.columns }
    var isPositiveDefinite: Bool { inner.isPositiveDefinite }
    var norm1: Double { inner.norm1 }
    var statistics: DirectSolverStatistics { inner.statistics }
    var determinant: LogDeterminant? { inner.determinant }
    mutating func refactorize(_ matrix: SparseMatrix<Double>) throws {
      count.increase()
      try inner.refactorize(matrix)
    }
    func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double> {
      inner.makeSolve(rightHandSides: rightHandSides, transposed: transposed)
    }
  }

  let count = Count()
  private let inner = UMFPACK()

  var name: String { inner.name }
  var needsSymmetricMatrix: Bool { inner.needsSymmetricMatrix }
  func prepare(_ matrix: SparseMatrix<Double>) throws -> Factorization {
    count.increase()
    return Factorization(inner: try inner.prepare(matrix), count: count)
  }
}

/// Derivatives of what is defined by equations: each matrix is factorised once, for the solve and for its adjoint.
@Suite("Implicit differentiation")
struct ImplicitTests {
  private func values(_ shapes: [[Int]], seed: UInt64) -> [Tensor<Double>] {
    var stream = RandomStream(seed: seed)
    return shapes.map { .randomUniform($0, in: -1..<1, from: &stream) }
  }

  /// Compares the gradient of Σ w f with differences, and returns how often a run factorised.
  private func check(
    _ shapes: [[Int]], _ count: CountingSolver.Count, _ f: ([Tensor<Double>]) -> Tensor<Double>,
    differences g: ([Tensor<Double>]) -> Tensor<Double>
  ) -> Int {
    let (v, d) = (values(shapes, seed: 1), values(shapes, seed: 2))
    let w = values([g(v).shape], seed: 3)[0]
    let program = Program<Double>(shapes.map(ProgramInput.shared)) { p in
      let u = f(p)
      return [u] + gradients(of: u, withRespectTo: p, seed: w)
    }
    _ = program(values(shapes, seed: 4))
    let before = count.now
    let outputs = program(v)
    let factorizations = count.now - before
    for i in shapes.indices {
      func difference(_ h: Double) -> Double {
        func moved(_ h: Double) -> Double {
          (g(shapes.indices.map { $0 == i ? v[$0] + d[$0] * h : v[$0] }) * w).sum()
        }
        return (moved(h) - moved(-h)) / (2 * h)
      }
      let (a, b, c) = (difference(8e-3), difference(4e-3), difference(2e-3))
      let expected = (16 * (4 * c - b) / 3 - (4 * b - a) / 3) / 15
      let actual = outputs[1 + i].dot(d[i])
      #expect(
        abs(actual - expected) <= 1e-7 * max(1e-2, abs(expected)), "\(i): \(actual), expected \(expected)")
    }
    return factorizations
  }

  @Test("a linear solve")
  func linear() {
    let pattern = CustomSample.pattern
    let solver = CountingSolver()
    let solve = SparseSolve(pattern, by: solver)
    let count = check([[pattern.entryCount], [2, pattern.rows]], solver.count) {
      solve(CustomSample.dominant($0[0]), $0[1])
    } differences: {
      SparseSolve(pattern, by: UMFPACK())(CustomSample.dominant($0[0]), $0[1])
    }
    #expect(count == 1, "\(count) factorisations for a solve and its adjoint")
  }

  @Test("a nonlinear solve by Newton's method")
  func nonlinear() {
    let pattern = CustomSample.pattern
    let solver = CountingSolver()
    let count = check([[pattern.entryCount], [pattern.rows]], solver.count) {
      implicitSolution(
        of: $0, count: pattern.rows, pattern: pattern, linearSolver: solver, solve: CustomSample.newton,
        residual: CustomSample.residual, jacobian: CustomSample.jacobian)
    } differences: {
      CustomSample.newton($0)
    }
    // Newton's own steps are taken with a solver of theirs.
    #expect(count == 1, "\(count) factorisations for the correction and its adjoint")
  }

  @Test("a fixed point, by iteration and as an equation, has one gradient")
  func fixedPoints() {
    // Jacobi's iteration for A(v) u + u³ = b: D u ← b − u³ − (A − D) u.
    let pattern = CustomSample.pattern
    let n = pattern.rows
    let places = (0..<n).map { pattern.position(row: $0, column: $0)! }
    @Sendable func map(_ v: [Tensor<Double>], _ u: Tensor<Double>) -> Tensor<Double> {
      let diagonal = CustomSample.dominant(v[0] * 0.25).gathering(places)
      let product = SparseProduct<Double>(pattern)(CustomSample.dominant(v[0] * 0.25), u.reshaped([1, n]))
      return u - (product.reshaped([n]) + 0.2 * u * u * u - v[1]) / diagonal
    }
    let iterate = { (v: [Tensor<Double>]) in
      fixedPoint(of: v, from: .zeros([n]), tolerance: 1e-14) { map($0, $1) }
    }
    let count = CountingSolver.Count()
    _ = check([[pattern.entryCount], [n]], count, iterate, differences: iterate)
    let v = values([[pattern.entryCount], [n]], seed: 5)
    let program = Program<Double>(v.map { .shared($0.shape) }) { p in
      let direct = implicitSolution(
        of: p, count: n, pattern: pattern, linearSolver: UMFPACK(),
        solve: { v in fixedPoint(of: v, from: .zeros([n])) { map($0, $1) } },
        residual: { u, v in
          SparseProduct<Double>(pattern)(CustomSample.dominant(v[0] * 0.25), u.reshaped([1, n])).reshaped([n])
            + 0.2 * u * u * u - v[1]
        },
        jacobian: { u, v in
          CustomSample.dominant(v[0] * 0.25)
            + (0.6 * u.squared).scattering(places, count: pattern.entryCount)
        })
      return gradients(of: iterate(p), withRespectTo: p) + gradients(of: direct, withRespectTo: p)
    }
    let outputs = program(v)
    for i in 0...1 { #expect((outputs[i] - outputs[2 + i]).maxMagnitude() <= 1e-11) }
  }
}
