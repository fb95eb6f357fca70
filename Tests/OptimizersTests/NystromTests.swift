import Algebra
import Foundation
import Tensors
import Testing

import Optimizers

@Suite("Newton steps with a Nyström preconditioner")
struct NystromTests {
  /// A symmetric matrix of the given eigenvalues, turned by reflections.
  private func matrix(_ values: [Double]) -> Matrix<Double> {
    let n = values.count
    var a = Matrix.diagonal(values)
    for seed in 0..<3 {
      let v = (0..<n).map { sin(1.7 * Double($0) * Double(seed + 1) + Double(seed)) }
      let square = v.reduce(0) { $0 + $1 * $1 }
      let outer = matmul(Tensor(shape: [n, 1], v), Tensor(shape: [1, n], v))
      let q = Matrix(Tensor<Double>.identity(n) - outer * (2 / square))
      a = q * a * q
    }
    return a
  }

  private func approximation(_ a: Matrix<Double>, rank: Int, seed: UInt64 = 1) throws
    -> NystromApproximation<Double>
  {
    let approximation = NystromApproximation<Double>(count: a.rows, rank: rank)
    #expect(approximation.update(seed: seed, stream: 0) { $1 = Tensor(a * $0.elements) })
    return approximation
  }

  /// U Λ Uᵀ
  private func dense(_ approximation: NystromApproximation<Double>) -> Matrix<Double> {
    let n = approximation.count
    let rank = approximation.rank
    let u = Tensor(
      shape: [rank, n], (0..<rank).flatMap { k in (0..<n).map { approximation.basis[k][$0] } })
    return Matrix(matmul(u.transposed, u * Tensor(shape: [rank, 1], approximation.values)))
  }

  @Test("of full rank it is the matrix; of the rank of a matrix, too")
  func exact() throws {
    let full = matrix((0..<23).map { pow(0.5, Double($0)) })
    #expect((dense(try approximation(full, rank: 23)) - full).maxMagnitude < 1e-13)
    #expect((dense(try approximation(full, rank: 99)) - full).maxMagnitude < 1e-13)
    let low = matrix((0..<40).map { $0 < 6 ? 6 - Double($0) : 0 })
    let found = try approximation(low, rank: 9)
    #expect((dense(found) - low).maxMagnitude < 1e-12)
    for k in 0..<9 { #expect(abs(found.values[k] - (k < 6 ? 6 - Double(k) : 0)) < 1e-12) }
    // U is orthonormal.
    for k in 0..<9 {
      for l in 0...k {
        let product = Double.dot(found.basis[k], found.basis[l], count: 40)
        #expect(abs(product - (k == l ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("the approximation is below the matrix, and as good as its theorem says in the mean")
  func error() throws {
    // E ‖A − Â‖ ≤ (1 + k / (s − k − 1)) λ_{k+1} + 2e² s / ((s − k)² − 1) Σ_{j>k} λ_j for every k ≤ s − 2.
    let values = (0..<60).map { 1 / pow(1 + Double($0), 2) }
    let (a, s) = (matrix(values), 16)
    let bound =
      (0...s - 4).map { k -> Double in
        let tail = values[k...].reduce(0, +)
        let (s, k) = (Double(s), Double(k))
        return (1 + k / (s - k - 1)) * values[Int(k)] + 2 * exp(2.0) * s / ((s - k) * (s - k) - 1) * tail
      }.min()!
    var mean = 0.0
    for seed in 0..<20 {
      let difference = a - dense(try approximation(a, rank: s, seed: UInt64(seed)))
      let spectrum = try SymmetricEigen(difference).values
      #expect(spectrum.first! > -1e-12)
      mean += spectrum.last! / 20
    }
    #expect(mean <= bound && mean >= values[s])
  }

  @Test(
    "of twice the effective dimension, it leaves a condition of 28 in the mean, and few iterations",
    arguments: [1e-3, 1e-5])
  func effectiveDimension(mu: Double) throws {
    let n = 200
    let values = (0..<n).map { pow(0.8, Double($0)) }
    let a = matrix(values)
    let dimension = values.reduce(0) { $0 + $1 / ($1 + mu) }
    let rank = 2 * Int((1.5 * dimension).rounded(.up)) + 1
    #expect(rank < n)
    let start = (0..<n).map { cos(3 * Double($0)) }
    var conditions: [Double] = []
    for seed in 0..<4 {
      let found = try approximation(a, rank: rank, seed: UInt64(seed))
      // The eigenvalues of P⁻¹ᐟ² (A + μ) P⁻¹ᐟ², densely.
      let last = found.values[rank - 1] + mu
      let u = Tensor(shape: [rank, n], (0..<rank).flatMap { k in (0..<n).map { found.basis[k][$0] } })
      let factors = (0..<rank).map { (last / (found.values[$0] + mu)).squareRoot() - 1 }
      let scaled = u * Tensor(shape: [rank, 1], factors)
      let root = Matrix(matmul(u.transposed, scaled)) + Matrix.identity(n)
      let spectrum = try SymmetricEigen(root * (a + mu * Matrix.identity(n)) * root).values
      conditions.append(spectrum.last! / spectrum.first!)
    }
    #expect(conditions.reduce(0, +) / 4 < 28)
    // Conjugate gradients lower the error in the matrix's norm by ε in ½ √κ ln(2/ε) iterations.
    let found = try approximation(a, rank: rank, seed: 0)
    func iterations(isPreconditioned: Bool) throws -> Int {
      let system = NewtonSystem<Double>(count: n, iterations: 2000)
      system.gradient = Tensor(start)
      let outcome = try system.solve(
        damping: mu, limits: .init(iterations: 2000, residual: 1e-10, progress: 0),
        multiply: { $1 = Tensor(a * $0.elements) },
        precondition: {
          if isPreconditioned { found.solve($0, damping: mu, into: &$1) } else { $1 = $0 }
        })
      let d = system.direction.elements
      let rest = zip(a * d, zip(d, start)).map { $0 + mu * $1.0 + $1.1 }
      let size = start.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(rest.reduce(0) { $0 + $1 * $1 }.squareRoot() <= 1.1e-10 * size)
      return outcome.iterations
    }
    let (plain, preconditioned) = (
      try iterations(isPreconditioned: false), try iterations(isPreconditioned: true)
    )
    // The residual is below ε where the error is below ε over the root of the condition of A + μ.
    let epsilon = 1e-10 / ((1 + mu) / mu).squareRoot()
    #expect(Double(preconditioned) <= 0.5 * conditions[0].squareRoot() * log(2 / epsilon) + 1)
    #expect(plain >= 5 * preconditioned, "\(plain) against \(preconditioned)")
  }

  @Test("P⁻¹ of full rank is the inverse of A + μ, up to a factor")
  func preconditioner() throws {
    let a = matrix((0..<12).map { pow(0.3, Double($0)) })
    let found = try approximation(a, rank: 12)
    let mu = 1e-2
    let r = Tensor((0..<12).map { sin(Double($0)) })
    var z = Tensor<Double>.zeros([12])
    found.solve(r, damping: mu, into: &z)
    let back = zip(a * z.elements, z.elements).map { ($0 + mu * $1) / (found.values[11] + mu) }
    #expect(largestDifference(back, r.elements) < 1e-9)
  }

  @Test("an indefinite matrix is shifted, and gives a positive preconditioner")
  func indefinite() throws {
    let a = matrix((0..<20).map { $0 < 3 ? -1 - Double($0) : 1 / Double($0) })
    let found = try approximation(a, rank: 20)
    #expect(found.values.allSatisfy { $0 >= 0 })
    #expect(zip(found.values, found.values.dropFirst()).allSatisfy { $0 >= $1 })
    let r = Tensor((0..<20).map { cos(Double($0)) })
    var z = Tensor<Double>.zeros([20])
    found.solve(r, damping: 1e-3, into: &z)
    #expect(r.dot(z) > 0)
  }

  @Test("a quadratic is solved in one step without damping", arguments: NewtonCG<Double>.Matrix.allCases)
  func quadratic(matrix: NewtonCG<Double>.Matrix) throws {
    let values = (0..<30).map { pow(10, -4 * Double($0) / 29) }
    let a = self.matrix(values)
    let loss = Quadratic((0..<30).map { i in (0..<30).map { a[i, $0] } })
    var method = NystromNewtonCG<Double>(matrix: matrix, damping: 0)
    var x = Tensor((0..<30).map { 1 + sin(Double($0)) })
    let report = try method.curvatureStep(loss, at: &x)
    #expect(x.maxMagnitude() < 1e-8 && report.stepLength == 1)
    // The rank is cut to the dimension, so that one iteration would do, but for rounding.
    #expect(try #require(report.diagnostics["iterations"]) <= 4)
  }

  @Test("Rosenbrock's valley from (−1.2, 1)")
  func rosenbrock() throws {
    let loss = Valley(layout: ParameterLayout(count: 2))
    var (method, x) = (NystromNewtonCG<Double>(damping: 1e-5), Tensor([-1.2, 1]))
    var (last, steps) = (Double.infinity, 0)
    for _ in 0..<200 {
      let report = try method.curvatureStep(loss, at: &x)
      #expect(report.loss <= last)
      (last, steps) = (report.loss, steps + 1)
      if report.status.isEnd || last < 1e-28 { break }
    }
    #expect((x - 1).maxMagnitude() < 1e-10)
    // Newton's method with a line search takes about twenty.
    #expect(steps < 40)
  }

  @Test("a valley in sixty dimensions with a rank of ten", arguments: NewtonCG<Double>.Matrix.allCases)
  func valley(matrix: NewtonCG<Double>.Matrix) throws {
    let loss = Valley(layout: ParameterLayout(count: 60))
    var method = NystromNewtonCG<Double>(matrix: matrix, rank: 10, damping: 1e-4, refreshInterval: 5)
    var x = Tensor<Double>.full([60], -0.5)
    for _ in 0..<600 {
      let report = try method.curvatureStep(loss, at: &x)
      if report.status.isEnd || report.loss < 1e-26 { break }
    }
    #expect((x - 1).maxMagnitude() < 1e-8)
  }
}
