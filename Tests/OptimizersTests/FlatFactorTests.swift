import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

private func normal(_ count: Int, _ stream: inout RandomStream) -> [Double] {
  (0..<count).map { _ in stream.nextNormal() }
}

private func column(_ x: [Double]) -> Matrix<Double> { Matrix(rows: x.count, columns: 1, rowMajor: x) }

@Suite("PSGD with X-shaped factors")
struct PSGDXMatTests {
  /// diag(a) + antidiag(b)
  private func dense(_ factor: XMatFactor) -> Matrix<Double> {
    let n = factor.diagonal.count
    var q = Matrix<Double>.diagonal(factor.diagonal.elements)
    for i in 0..<n { q[i, n - 1 - i] += factor.antidiagonal[i] }
    return q
  }

  /// The elements on the two diagonals.
  private func shaped(_ a: Matrix<Double>) -> Matrix<Double> {
    var out = Matrix<Double>(rows: a.rows, columns: a.rows)
    for i in 0..<a.rows {
      out[i, i] = a[i, i]
      out[i, a.rows - 1 - i] = a[i, a.rows - 1 - i]
    }
    return out
  }

  private func random(_ n: Int, _ stream: inout RandomStream) -> XMatFactor {
    var antidiagonal = Tensor(normal(n, &stream))
    if n % 2 == 1 { antidiagonal[n / 2] = 0 }
    return XMatFactor(
      diagonal: Tensor(normal(n, &stream).map { 3 + $0 }), antidiagonal: antidiagonal)
  }

  @Test("applied: QᵀQ g as of dense matrices, for even and odd orders", arguments: [1, 2, 3, 8, 33, 64])
  func apply(order n: Int) {
    var stream = RandomStream(seed: UInt64(n))
    var factor = random(n, &stream)
    let (q, g) = (dense(factor), normal(n, &stream))
    var out = g
    factor.apply(g, &out)
    let expected = (q.transpose * q) * g
    let size = expected.map(abs).max()!
    #expect(largestDifference(out, expected) <= 1e-15 * size)
  }

  @Test("on many tiles", arguments: [40_000, 40_001])
  func tiles(order n: Int) {
    var stream = RandomStream(seed: 5)
    var factor = random(n, &stream)
    let (a, b, g) = (factor.diagonal.elements, factor.antidiagonal.elements, normal(n, &stream))
    var out = g
    factor.apply(g, &out)
    for i in 0..<n {
      let j = n - 1 - i
      let own = a[i] * a[i] + b[j] * b[j]
      let cross = a[i] * b[i] + a[j] * b[j]
      let expected = i == j ? a[i] * a[i] * g[i] : own * g[i] + cross * g[j]
      #expect(abs(out[i] - expected) <= 1e-14 * (1 + abs(own * g[i]) + abs(cross * g[j])))
    }
  }

  @Test("a step of the fit as of dense matrices", arguments: [1, 2, 5, 8, 35])
  func fit(order n: Int) throws {
    var stream = RandomStream(seed: UInt64(n))
    var factor = random(n, &stream)
    let (v, h) = (normal(n, &stream), normal(n, &stream))
    let q = dense(factor)
    let (a, b) = (q * h, try LUFactorization(q.transpose).solve(v))
    let largest = zip(a, b).map { $0 * $0 + $1 * $1 }.max()!
    let e = shaped(column(a) * column(a).transpose - column(b) * column(b).transpose)
    let expected = q - (0.2 / largest) * (e * q)
    factor.fit(v, h, LieGroupFitting(rate: 0.2), step: 0)
    #expect((dense(factor) - expected).largest < 1e-12 * expected.largest)
  }

  @Test("gradients whose pairs are correlated are whitened", arguments: [6, 7])
  func whitening(order n: Int) throws {
    var stream = RandomStream(seed: 3)
    var root = random(n, &stream)
    root = XMatFactor(
      diagonal: Tensor(root.diagonal.elements.map { 0.3 * $0 }),
      antidiagonal: Tensor(root.antidiagonal.elements.map { 0.3 * $0 }))
    let r = dense(root)
    let gradients = (0..<8000).map { _ in r * normal(n, &stream) }
    let loss = GivenGradients(gradients)
    var (method, x) = (
      PSGDXMat<Double>(WhiteningSettings(fitting: LieGroupFitting(rate: 0.03))), Tensor<Double>.zeros([n])
    )
    var mean = Matrix<Double>(rows: n, columns: n)
    for step in 0..<8000 {
      _ = try method.step(loss, at: &x)
      guard step >= 4000 else { continue }
      let q = dense(
        XMatFactor(
          diagonal: try #require(method.state.doubles["a"]),
          antidiagonal: try #require(method.state.doubles["b"])))
      mean = mean + (1.0 / 4000) * (q.transpose * q)
    }
    // P² = C⁻¹, with all that the moves of P are away from it.
    #expect((mean * (r * r.transpose) * mean - .identity(n)).largest < 0.25)
  }
}

@Suite("PSGD with factors of low rank")
struct PSGDLRATests {
  private func dense(_ factor: LowRankFactor) -> Matrix<Double> {
    let n = factor.diagonal.count
    let d = Matrix<Double>.diagonal(factor.diagonal.elements)
    guard factor.rank > 0 else { return d }
    let (u, v) = (Matrix<Double>(factor.left).transpose, Matrix<Double>(factor.right).transpose)
    return (.identity(n) + u * v.transpose) * d
  }

  private func random(_ n: Int, rank: Int, _ stream: inout RandomStream) -> LowRankFactor {
    LowRankFactor(
      left: Tensor(shape: [rank, n], normal(n * rank, &stream).map { 0.3 * $0 }),
      right: Tensor(shape: [rank, n], normal(n * rank, &stream).map { 0.2 * $0 }),
      diagonal: Tensor(normal(n, &stream).map { 2 + 0.3 * $0 }))
  }

  @Test("applied: QᵀQ g as of dense matrices", arguments: [(1, 1), (7, 2), (30, 10), (25, 0)])
  func apply(order n: Int, rank: Int) {
    var stream = RandomStream(seed: UInt64(n))
    var factor = random(n, rank: rank, &stream)
    let (q, g) = (dense(factor), normal(n, &stream))
    var out = g
    factor.apply(g, &out)
    let expected = (q.transpose * q) * g
    #expect(largestDifference(out, expected) <= 1e-14 * expected.map(abs).max()!)
  }

  @Test("a step of the fit as of dense matrices", arguments: [(4, 1), (7, 2), (30, 10), (25, 0)])
  func fit(order n: Int, rank: Int) throws {
    for step in 0..<6 {
      var stream = RandomStream(seed: UInt64(n + step))
      var factor = random(n, rank: rank, &stream)
      let (v, h) = (normal(n, &stream), normal(n, &stream))
      let fitting = LieGroupFitting(rate: 0.3, seed: 4)
      var (u, w) = (Matrix<Double>(factor.left).transpose, Matrix<Double>(factor.right).transpose)
      let d = factor.diagonal.elements
      func square(_ a: Matrix<Double>) -> Double { a.rowMajor.reduce(0) { $0 + $1 * $1 } }
      if rank > 0 {
        // UᵀU and VᵀV are brought nearer to one another.
        let rho = pow(square(u) / square(w), 0.25)
        (u, w) = ((1 / rho) * u, rho * w)
        let e = (0.1 / (square(u) + square(w))) * (u.transpose * u - w.transpose * w)
        let half = 0.5 * (e * e)
        (u, w) = (u - u * (e - half), w + w * (e + half))
      }
      let q = (Matrix.identity(n) + u * w.transpose) * .diagonal(d)
      let (a, b) = (q * h, try LUFactorization(q.transpose).solve(v))
      let (ph, pv) = (q.transpose * a, try LUFactorization(q).solve(b))
      let estimate =
        zip(ph, h).map { abs($0 * $1) }.max()! + zip(v, pv).map { abs($0 * $1) }.max()!
      let scaled = d.indices.map { d[$0] - 0.3 / estimate * (ph[$0] * h[$0] - v[$0] * pv[$0]) * d[$0] }
      let (one, other) = (column(a), column(b))
      if RandomStream(seed: 4, stream: UInt64(2 * step + 1)).uniform(at: 1) < 0.5 {
        let (x, y) = (one.transpose * w, other.transpose * w)
        let norm =
          (square(one) * square(w * x.transpose)).squareRoot()
          + (square(other) * square(w * y.transpose)).squareRoot()
        if norm > 0 {
          u = u - (0.3 / norm) * ((one * x - other * y) * (.identity(rank) + w.transpose * u))
        }
      } else {
        let (x, y) = (one.transpose * u, other.transpose * u)
        let norm =
          (square(one) * square(u * x.transpose)).squareRoot()
          + (square(other) * square(u * y.transpose)).squareRoot()
        if norm > 0 {
          w = w - (0.3 / norm) * ((one + w * x.transpose) * x - (other + w * y.transpose) * y)
        }
      }
      factor.fit(v, h, fitting, step: step)
      #expect(largestDifference(factor.diagonal.elements, scaled) < 1e-12)
      #expect(largestDifference(factor.left.elements, u.transpose.rowMajor) < 1e-12)
      #expect(largestDifference(factor.right.elements, w.transpose.rowMajor) < 1e-12)
    }
  }

  @Test("gradients of a covariance of low rank plus a diagonal are whitened")
  func whitening() throws {
    let n = 12
    var stream = RandomStream(seed: 7)
    // Two strong directions among elements of size one.
    let strong = [normal(n, &stream), normal(n, &stream)]
    let steps = 12_000
    let gradients = (0..<steps).map { _ in
      let (s, t, z) = (stream.nextNormal(), stream.nextNormal(), normal(n, &stream))
      return (0..<n).map { z[$0] + 3 * s * strong[0][$0] + 2 * t * strong[1][$0] }
    }
    // The largest eigenvalue of P C P.
    func largest(rank: Int) throws -> Double {
      let loss = GivenGradients(gradients)
      let settings = WhiteningSettings(fitting: LieGroupFitting(rate: 0.03))
      var (method, x) = (PSGDLRA<Double>(rank: rank, settings), Tensor<Double>.zeros([n]))
      var mean = Matrix<Double>(rows: n, columns: n)
      for step in 0..<steps {
        _ = try method.step(loss, at: &x)
        guard step >= steps / 2 else { continue }
        let all = method.state.doubles
        let q = dense(
          LowRankFactor(
            left: try #require(all["U"]), right: try #require(all["V"]), diagonal: try #require(all["d"])))
        mean = mean + (2 / Double(steps)) * (q.transpose * q)
      }
      var c = Matrix<Double>.identity(n)
      c = c + 9 * (column(strong[0]) * column(strong[0]).transpose)
      c = c + 4 * (column(strong[1]) * column(strong[1]).transpose)
      let product = mean * c * mean
      return try SymmetricEigen(0.5 * (product + product.transpose)).values.last!
    }
    #expect(try largest(rank: 4) < 1.6)
    // A diagonal cannot do it.
    #expect(try largest(rank: 0) > 3)
  }

  @Test("a rank above the number of parameters is that number")
  func tiny() throws {
    let loss = Quadratic(diagonal: [1, 3])
    var (method, x) = (PSGDLRA<Double>(rank: 10), Tensor([1.0, -2]))
    for _ in 0..<20 { _ = try method.step(loss, at: &x) }
    #expect(method.state.doubles["U"]?.shape == [2, 2])
    #expect(x.elements.allSatisfy { $0.isFinite })
  }

  @Test("a first gradient of zero, huge ones, and jumps: steps stay finite, and short")
  func cold() throws {
    let gradients: [[Float]] = [
      [0, 0, 0], [1e30, 1e-30, -1e30], [1e-8, 1, -1], [0, 0, 0], [1e38, 1e38, 1], [1, 1, 1],
    ]
    func check<Method: GradientOptimizer<Float>>(_ method: Method) throws {
      let path = try train(GivenFloatGradients(gradients), from: [0, 0, 0], steps: 6, with: method)
      #expect(path[0] == [0, 0, 0])
      for (a, b) in zip(path, path.dropFirst()) {
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 10.001 })
      }
    }
    try check(PSGDXMat<Float>(WhiteningSettings(rate: 1)))
    try check(PSGDLRA<Float>(rank: 2, WhiteningSettings(rate: 1, momentum: 0.5)))
  }
}

@Suite("PSGD of Newton's kind without dense matrices")
struct PSGDNewtonTests {
  /// ½ xᵀ(D + w wᵀ)x with a weak D and one strong direction.
  private func loss(_ n: Int) -> Quadratic {
    let w: [Double] = (0..<n).map { 5 * cos(Double(3 * $0 + 1)) }
    var rows = w.map { a in w.map { a * $0 } }
    for i in 0..<n { rows[i][i] += 1 + 0.1 * Double(i % 3) }
    return Quadratic(rows)
  }

  private func steps<Method: GradientOptimizer<Double>>(_ method: Method, _ loss: Quadratic, exact: Bool)
    throws -> Int?
  {
    var (method, x) = (method, Tensor<Double>.full([loss.layout.count], 1))
    let first = try loss.value(at: x)
    for step in 1...3000 {
      _ = exact ? try method.curvatureStep(loss, at: &x) : try method.step(loss, at: &x)
      if try loss.value(at: x) < 1e-12 * first { return step }
    }
    return nil
  }

  @Test(
    "a factor of low rank finds the strong direction, with products and with differences",
    arguments: [true, false])
  func lowRank(exact: Bool) throws {
    let fitting = LieGroupFitting(rate: 0.3)
    let found = try #require(
      try steps(PSGDLRANewton<Double>(rank: 2, rate: 0.5, fitting: fitting), loss(30), exact: exact))
    #expect(found < 600)
  }

  @Test("pairs of variables: an X-shaped factor is Newton's method")
  func pairs() throws {
    let n = 11
    // Couples i with n − 1 − i alone.
    var rows = Array(repeating: Array(repeating: 0.0, count: n), count: n)
    for i in 0..<n {
      rows[i][n - 1 - i] = 0.9
      rows[i][i] = pow(10, Double(i % 4))
    }
    let loss = Quadratic(rows)
    let fitting = LieGroupFitting(rate: 0.3)
    #expect(
      try #require(try steps(PSGDXMatNewton<Double>(rate: 0.5, fitting: fitting), loss, exact: true)) < 1500)
  }

  @Test("a gradient that is not finite is refused, and nothing moves")
  func notFinite() {
    let loss = Quadratic(diagonal: [.nan, 1])
    var (dense, x) = (PSGDDenseNewton<Double>(), Tensor([1.0, 2]))
    #expect(throws: OptimizerError.self) { try dense.curvatureStep(loss, at: &x) }
    var cross = PSGDXMatNewton<Double>()
    #expect(throws: OptimizerError.self) { try cross.step(loss, at: &x) }
    #expect(x == Tensor([1.0, 2]))
  }
}
