import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Inverse roots")
struct InverseRootTests {
  /// A symmetric matrix of order 64 with eigenvalues from 1 to 1/κ, evenly spaced in the logarithm, in the basis of the
  /// discrete cosine transform; and a power of it with a ridge.
  private func sample(_ condition: Double, power: Double = 1, ridge: Double = 0) -> Matrix<Double> {
    let n = 64
    var basis = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for k in 0..<n {
        let scale = ((k == 0 ? 1 : 2) / Double(n)).squareRoot()
        basis[i, k] = scale * cos(.pi * (Double(i) + 0.5) * Double(k) / Double(n))
      }
    }
    let values = (0..<n).map { pow(pow(condition, -Double($0) / Double(n - 1)) + ridge, power) }
    return basis * .diagonal(values) * basis.transpose
  }

  private func root(
    _ method: InverseRootMethod, _ p: Int, _ matrix: Matrix<Double>, ridge: Double = 0
  ) -> (outcome: InverseRoot.Outcome, root: Matrix<Double>) {
    let n = matrix.rows
    let work = InverseRoot(order: n)
    var out = [Double](repeating: .nan, count: n * n)
    let outcome = work.root(
      method, p, isComplex: false, order: n, matrix.rowMajor, ridge: ridge, into: &out)
    return (outcome, Matrix(rows: n, columns: n, rowMajor: out))
  }

  private func relative(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
    func norm(_ x: Matrix<Double>) -> Double { x.rowMajor.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return norm(a - b) / norm(b)
  }

  @Test(
    "steps of the coupled Newton iteration",
    arguments: [
      (4, 1e2, 9), (4, 1e4, 14), (4, 1e6, 19), (2, 1e2, 10), (2, 1e4, 15), (2, 1e6, 21), (8, 1e2, 8),
      (8, 1e4, 12), (8, 1e6, 17),
    ])
  func iterations(p: Int, condition: Double, steps: Int) {
    // Counts of an independent program, in double precision.
    let outcome = root(.coupledNewton, p, sample(condition)).outcome
    #expect(outcome.isValid && outcome.iterations == steps)
  }

  @Test("three methods, one root", arguments: [2, 3, 4, 8], [1e2, 1e4, 1e6])
  func agreement(p: Int, condition: Double) {
    let expected = sample(condition, power: -1 / Double(p))
    for method in InverseRootMethod.allCases {
      let (outcome, found) = root(method, p, sample(condition))
      #expect(outcome.isValid)
      #expect(relative(found, expected) < 1e-9, "\(method)")
    }
  }

  @Test(
    "what a factor stored in single precision loses",
    arguments: [(1e4, 4e-6), (1e6, 1.5e-4), (1e8, 2.5e-2)])
  func singlePrecision(condition: Double, error: Double) {
    // Relative errors of an independent program, to one or two digits.
    let stored = sample(condition).map { Double(Float($0)) }
    let lost = relative(root(.eigen, 4, stored).root, sample(condition, power: -0.25))
    #expect(lost < 1.15 * error && lost > error / 1.15, "\(lost)")
    #expect(relative(root(.eigen, 4, sample(condition)).root, sample(condition, power: -0.25)) < 1e-6)
  }

  @Test("stored in single precision, a factor of condition 10¹⁰ is no longer positive")
  func negativeEigenvalues() throws {
    let stored = sample(1e10).map { Double(Float($0)) }
    #expect(try SymmetricEigen(stored).values.count { $0 < 0 } == 4)
    #expect(try SymmetricEigen(sample(1e10)).values.allSatisfy { $0 > 0 })
    // Iterations see it; without a ridge there is no root to give.
    #expect(!root(.coupledNewton, 4, stored).outcome.isValid)
  }

  @Test("a ridge of a millionth of the largest eigenvalue saves it", arguments: [1e6, 1e8, 1e10])
  func ridge(condition: Double) {
    let stored = sample(condition).map { Double(Float($0)) }
    let expected = sample(condition, power: -0.25, ridge: 1e-6)
    for (method, bound) in [(.eigen, 7e-4), (.coupledNewton, 2e-3), (.higherOrder, 2e-3)]
      as [(InverseRootMethod, Double)]
    {
      let (outcome, found) = root(method, 4, stored, ridge: 1e-6)
      #expect(outcome.isValid)
      #expect(relative(found, expected) < bound, "\(method)")
    }
  }

  @Test("indefinite matrices are moved up by the method of eigenvalues, and refused by the others")
  func indefinite() {
    let matrix = sample(10) - 0.5 * .identity(64)
    #expect(!root(.coupledNewton, 4, matrix).outcome.isValid)
    #expect(!root(.higherOrder, 4, matrix).outcome.isValid)
    let (outcome, found) = root(.eigen, 4, matrix, ridge: 1e-3)
    #expect(outcome.isValid)
    // The least eigenvalue, 0.1 − 0.5, goes to zero and the ridge comes on top.
    #expect(relative(found, sample(10, power: -0.25, ridge: 1e-3 - 0.1)) < 1e-9)
  }

  @Test("what is infinite or NaN has no root, and nothing is written")
  func notFinite() {
    for bad in [Double.nan, .infinity] {
      var matrix = sample(10)
      matrix[3, 3] = bad
      for method in InverseRootMethod.allCases {
        let (outcome, found) = root(method, 4, matrix)
        #expect(!outcome.isValid)
        #expect(found.rowMajor.allSatisfy { $0.isNaN })
      }
    }
  }
}
