import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Polynomial preconditioning")
struct PolynomialTests {
  private func matrix(_ eigenvalues: [Double], seed: UInt64 = 1) throws -> Matrix<Double> {
    var stream = RandomStream(seed: seed)
    let u = try Matrix<Double>.orthogonal(eigenvalues.count, &stream)
    return u * .diagonal(eigenvalues) * u.transpose
  }

  /// P_τ by its definition.
  private func recursion(_ b: Matrix<Double>, degree: Int) -> Matrix<Double> {
    let n = b.rows
    var polynomials = [Matrix<Double>.identity(n)]
    for t in stride(from: 1, through: degree, by: 1) {
      var (sum, power) = (Matrix<Double>(rows: n, columns: n), Matrix<Double>.identity(n))
      for i in 1...t {
        power = power * b
        let trace = (0..<n).reduce(0) { $0 + power[$1, $1] }
        let u = trace * .identity(n) - power
        sum = sum + (i % 2 == 1 ? 1.0 : -1.0) * (polynomials[t - i] * u)
      }
      polynomials.append((1 / Double(t)) * sum)
    }
    return polynomials[degree]
  }

  @Test("P₂ of diag(3, 2, 1) is diag(2, 3, 6)")
  func small() {
    let b = Matrix<Double>.diagonal([3, 2, 1])
    let p = SymmetricPolynomialPreconditioner(degree: 2, of: b).matrix(of: b)
    #expect((p - .diagonal([2, 3, 6])).largest < 1e-13)
  }

  @Test("against the recursion, and the symmetric polynomials of the other eigenvalues", arguments: 0..<6)
  func definition(degree: Int) throws {
    let eigenvalues = [0.5, 1, 2, 3, 5, 8]
    let b = try matrix(eigenvalues)
    let p = SymmetricPolynomialPreconditioner(degree: degree, of: b).matrix(of: b)
    let expected = recursion(b, degree: degree)
    #expect((p - expected).largest < 1e-11 * expected.largest)
    // All subsets of a size.
    let values = try SymmetricEigen(p).values
    let symmetric = (0..<6).map { j -> Double in
      let others = eigenvalues.enumerated().filter { $0.offset != j }.map(\.element)
      return (0..<32).filter { $0.nonzeroBitCount == degree }.reduce(0.0) { sum, subset in
        sum + (0..<5).reduce(1.0) { subset >> $1 & 1 == 1 ? $0 * others[$1] : $0 }
      }
    }
    #expect(largestDifference(values, symmetric.sorted()) < 1e-11 * symmetric.max()!)
  }

  @Test("of the highest degree, it is the inverse times the determinant", arguments: [2, 4, 7])
  func inverse(order n: Int) throws {
    let eigenvalues = (1...n).map { Double($0) }
    let b = try matrix(eigenvalues)
    let product = SymmetricPolynomialPreconditioner(degree: n - 1, of: b).matrix(of: b) * b
    let determinant = eigenvalues.reduce(1, *)
    #expect((product - determinant * .identity(n)).largest < 1e-10 * determinant)
  }

  @Test(
    "one large eigenvalue is cut away by the first degree",
    arguments: zip(0...3, [1e4, 54.7, 24.4, 14.3]))
  func condition(degree: Int, expected: Double) throws {
    let b = try matrix([1e4, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    let p = SymmetricPolynomialPreconditioner(degree: degree, of: b).matrix(of: b)
    let product = p * b
    let values = try SymmetricEigen(0.5 * (product + product.transpose)).values
    #expect(abs(values.last! / values[0] / expected - 1) < 2e-3)
  }

  @Test("applied by products, and for matrices whose powers would overflow", arguments: [1e-200, 1, 1e200])
  func products(size: Double) throws {
    let b = try matrix([1, 2, 3, 4, 50].map { size * $0 })
    let p = SymmetricPolynomialPreconditioner(degree: 3, of: b)
    #expect(p.coefficients.allSatisfy { $0.isFinite })
    let unit = try matrix([1, 2, 3, 4, 50])
    let reference = SymmetricPolynomialPreconditioner(degree: 3, of: unit)
    let start = [1.0, -2, 0.5, 3, 1]
    let expected = reference.matrix(of: unit) * start
    var (x, work, product) = (Tensor(start), Tensor<Double>.zeros([5]), Tensor<Double>.zeros([5]))
    p.apply(to: &x, work: &work, product: &product) { x, product in product = Tensor(b * x.elements) }
    let scaled = x.elements.map { $0 * reference.scale }
    #expect(largestDifference(scaled, expected) < 1e-11 * expected.map(abs).max()!)
  }
}

@Suite("Krylov search")
struct KrylovSearchTests {
  /// Steps of conjugate gradients for A x = 0.
  private func conjugateGradients(_ loss: Quadratic, _ start: [Double], steps: Int) -> [Double] {
    var (x, r) = (start, loss.product(start).map { -$0 })
    var (p, square) = (r, r.reduce(0) { $0 + $1 * $1 })
    var residuals = [r.map { $0 / square.squareRoot() }]
    for _ in 0..<steps {
      let q = loss.product(p)
      let alpha = square / zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
      for i in x.indices {
        x[i] += alpha * p[i]
        r[i] -= alpha * q[i]
      }
      // Orthogonal to all before, which rounding makes them forget.
      for old in residuals + residuals {
        let product = zip(r, old).reduce(0) { $0 + $1.0 * $1.1 }
        for i in x.indices { r[i] -= product * old[i] }
      }
      let next = r.reduce(0) { $0 + $1 * $1 }
      residuals.append(r.map { $0 / next.squareRoot() })
      for i in x.indices { p[i] = r[i] + next / square * p[i] }
      square = next
    }
    return x
  }

  @Test("on a quadratic, a step is τ + 1 steps of conjugate gradients", arguments: [0, 1, 3, 6, 9])
  func quadratic(degree: Int) throws {
    let n = 12
    let eigenvalues = (0..<n).map { pow(300, Double($0) / Double(n - 1)) }
    var stream = RandomStream(seed: 4)
    let u = try Matrix<Double>.orthogonal(n, &stream)
    let a = u * .diagonal(eigenvalues) * u.transpose
    let loss = Quadratic((0..<n).map { i in (0..<n).map { 0.5 * (a[i, $0] + a[$0, i]) } })
    let start = (0..<n).map { _ in stream.nextNormal() }
    var x = Tensor(start)
    var method = KrylovSearch<Double>(matrix: .hessian, degree: degree)
    // Every step begins anew, as conjugate gradients do that are started anew.
    for _ in 0..<3 {
      let before = x.elements
      let report = try method.curvatureStep(loss, at: &x)
      #expect(report.stepLength == 1)
      #expect(report.diagnostics["dimension"] == Double(degree + 1))
      let expected = conjugateGradients(loss, before, steps: degree + 1)
      #expect(largestDifference(x.elements, expected) < 2e-9 * before.map(abs).max()!)
    }
  }

  @Test("degrees beyond what powers of B could do")
  func deep() throws {
    let n = 60
    let eigenvalues = (0..<n).map { pow(1e6, -Double($0) / Double(n - 1)) }
    let loss = Quadratic(diagonal: eigenvalues)
    var (method, x) = (KrylovSearch<Double>(matrix: .hessian, degree: 59), Tensor<Double>.full([n], 1))
    _ = try method.curvatureStep(loss, at: &x)
    #expect(x.elements.allSatisfy { abs($0) < 1e-6 })
  }

  @Test("few distinct eigenvalues: the space ends, and the step is exact")
  func invariant() throws {
    let loss = Quadratic(diagonal: [1, 1, 1, 7, 7, 20])
    var (method, x) = (KrylovSearch<Double>(degree: 5), Tensor([1.0, 2, 3, 4, 5, 6]))
    let report = try method.curvatureStep(loss, at: &x)
    #expect(report.diagnostics["dimension"] == 3)
    #expect(x.elements.allSatisfy { abs($0) < 1e-13 })
    #expect(try method.curvatureStep(loss, at: &x).loss <= 1e-24)
  }

  @Test("Rosenbrock's valley, with the Gauss-Newton matrix and with an indefinite Hessian")
  func valley() throws {
    let loss = Valley(layout: ParameterLayout(count: 20))
    for matrix in NewtonCG<Double>.Matrix.allCases {
      var (method, x) = (KrylovSearch<Double>(matrix: matrix, degree: 8), Tensor<Double>.full([20], -0.5))
      var last = try loss.value(at: x)
      for _ in 0..<400 {
        let report = try method.curvatureStep(loss, at: &x)
        #expect(report.loss <= last)
        last = report.loss
        if report.status.isEnd { break }
      }
      #expect(last < 1e-12, "\(matrix)")
    }
  }

  @Test("a gradient that is not finite is refused, and nothing moves")
  func notFinite() {
    let loss = Quadratic(diagonal: [.nan, 1])
    var (method, x) = (KrylovSearch<Double>(), Tensor([1.0, 2]))
    #expect(throws: OptimizerError.self) { try method.curvatureStep(loss, at: &x) }
    #expect(x == Tensor([1.0, 2]))
  }
}
