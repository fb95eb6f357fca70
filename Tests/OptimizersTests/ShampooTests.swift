import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Shampoo")
struct ShampooTests {
  /// The direction of one step of the method of 2018.
  private func direction(_ g: Matrix<Double>, epsilon: Double) throws -> Matrix<Double> {
    let x = try path(
      [g.rowMajor], single([g.rows, g.columns]), Shampoo<Double>.original(rate: 1, epsilon: epsilon))[0]
    return Matrix(rows: g.rows, columns: g.columns, rowMajor: x.map { -$0 })
  }

  @Test("one step in closed form: U diag(s/√(s² + ε)) Vᵀ", arguments: [(6, 6), (5, 8), (8, 5)])
  func closedForm(rows: Int, columns: Int) throws {
    var stream = RandomStream(seed: 31)
    let (u, v) = (
      try Matrix<Double>.orthogonal(rows, &stream), try Matrix<Double>.orthogonal(columns, &stream)
    )
    func matrix(_ values: [Double]) -> Matrix<Double> {
      var s = Matrix<Double>(rows: rows, columns: columns)
      for (i, value) in values.enumerated() { s[i, i] = value }
      return u * s * v
    }
    let count = min(rows, columns)
    let values = (0..<count).map { 1 + 0.5 * Double($0) }
    for epsilon in [1e-1, 1e-4] {
      let expected = matrix(values.map { $0 / ($0 * $0 + epsilon).squareRoot() })
      #expect((try direction(matrix(values), epsilon: epsilon) - expected).largest < 1e-12)
      // Of lower rank, where the limit of ε → 0 is another matrix.
      let some = values.enumerated().map { $0 < 3 ? $1 : 0 }
      let partly = matrix(some.map { $0 / ($0 * $0 + epsilon).squareRoot() })
      #expect((try direction(matrix(some), epsilon: epsilon) - partly).largest < 1e-11)
    }
    if rows == columns {
      let limit = matrix(values.map { _ in 1 })
      #expect((try direction(matrix(values), epsilon: 1e-14) - limit).largest < 1e-12)
    }
  }

  @Test("diagonal gradients give g/√(g² + ε)")
  func diagonal() throws {
    let values = [3.0, -0.5, 0.01, 2]
    let found = try direction(.diagonal(values), epsilon: 1e-3)
    let expected = Matrix<Double>.diagonal(values.map { $0 / ($0 * $0 + 1e-3).squareRoot() })
    #expect((found - expected).largest < 1e-13)
  }

  @Test("blocks: larger than a matrix they are none, and smaller ones are matrices by themselves")
  func blocks() throws {
    var stream = RandomStream(seed: 32)
    let gradients = (0..<6).map { _ in Matrix<Double>.normal(7, 5, &stream) }
    func method(_ blockSize: Int) -> Shampoo<Double> {
      Shampoo(rate: 0.1, beta2: 0.9, graft: .adam(), refreshInterval: 2, startStep: 1, blockSize: blockSize)
    }
    let whole = try path(gradients.map(\.rowMajor), single([7, 5]), method(.max))
    for size in [7, 100] {
      #expect(try path(gradients.map(\.rowMajor), single([7, 5]), method(size)) == whole)
    }
    let cut = try path(gradients.map(\.rowMajor), single([7, 5]), method(4))
    for (rows, columns) in [(0..<4, 0..<4), (0..<4, 4..<5), (4..<7, 0..<4), (4..<7, 4..<5)] {
      func part(_ x: [Double]) -> [Double] { rows.flatMap { i in columns.map { x[i * 5 + $0] } } }
      let own = try path(
        gradients.map { part($0.rowMajor) }, single([rows.count, columns.count]), method(.max))
      for t in 0..<6 { #expect(largestDifference(part(cut[t]), own[t]) < 1e-13) }
    }
  }

  @Test(
    "a graft gives the length",
    arguments: [.sgd, .adaGrad(), .rmsProp(), .adam()] as [Shampoo<Double>.Graft], [100, 3])
  func graft(_ graft: Shampoo<Double>.Graft, blockSize: Int) throws {
    var stream = RandomStream(seed: 33)
    let gradients = (0..<8).map { _ in Matrix<Double>.normal(6, 4, &stream).rowMajor }
    let found = try path(
      gradients, single([6, 4]),
      Shampoo<Double>(rate: 0.1, beta2: 0.95, graft: graft, startStep: 1, blockSize: blockSize))
    var (m, v) = ([Double](repeating: 0, count: 24), [Double](repeating: 0, count: 24))
    for (t, g) in gradients.enumerated() {
      var norm = 0.0
      for i in 0..<24 {
        m[i] = 0.9 * m[i] + 0.1 * g[i]
        var d = m[i] / (1 - pow(0.9, Double(t + 1)))
        switch graft {
        case .adaGrad(let epsilon):
          v[i] += g[i] * g[i]
          d /= v[i].squareRoot() + epsilon
        case .rmsProp(let beta2, let epsilon):
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
          d /= v[i].squareRoot() + epsilon
        case .adam(let beta2, let epsilon):
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
          d /= (v[i] / (1 - pow(beta2, Double(t + 1)))).squareRoot() + epsilon
        case .sgd, .none: break
        }
        norm += d * d
      }
      let before = t > 0 ? found[t - 1] : Array(repeating: 0, count: 24)
      let length = zip(found[t], before).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() / 0.1
      #expect(abs(length / norm.squareRoot() - 1) < 1e-12)
    }
  }

  @Test("before roots begin, it is the method that is grafted")
  func start() throws {
    let gradients = (0..<5).map { t in (0..<12).map { sin(Double(t * 12 + $0)) } }
    let method = Shampoo<Double>(rate: 0.1, graft: .adam(), refreshInterval: 10)
    let (found, adam) = (
      try path(gradients, single([3, 4]), method), try path(gradients, single([3, 4]), Adam(rate: 0.1))
    )
    for t in 0..<5 { #expect(largestDifference(found[t], adam[t]) < 1e-14) }
  }

  @Test(
    "means, corrections, roots from time to time, momentum and decay against the definition",
    arguments: InverseRootMethod.allCases, [false, true])
  func definition(_ method: InverseRootMethod, isNesterov: Bool) throws {
    let n = 4
    var stream = RandomStream(seed: 34)
    let gradients = (0..<9).map { _ in Matrix<Double>.normal(n, n, &stream) }
    let found = try path(
      gradients.map(\.rowMajor), single([n, n]),
      Shampoo<Double>(
        rate: 0.1, beta1: 0.8, beta2: 0.7, beta3: 0.6, epsilon: 1e-3, momentum: 0.5, isNesterov: isNesterov,
        decay: 0.2, graft: .sgd, rootMethod: method, refreshInterval: 3, startStep: 2))
    func root(_ a: Matrix<Double>) throws -> Matrix<Double> {
      let eigen = try SymmetricEigen(a)
      let values: Matrix<Double> = .diagonal(eigen.values.map { pow($0 + 1e-3, -0.25) })
      return eigen.vectors * values * eigen.vectors.transpose
    }
    var (w, m, b) = (
      Matrix<Double>(rows: n, columns: n), Matrix<Double>(rows: n, columns: n),
      Matrix<Double>(rows: n, columns: n)
    )
    var (l, r) = (Matrix<Double>(rows: n, columns: n), Matrix<Double>(rows: n, columns: n))
    var (left, right) = (Matrix<Double>.identity(n), Matrix<Double>.identity(n))
    for (i, g) in gradients.enumerated() {
      let t = Double(i + 1)
      l = 0.7 * l + 0.3 * (g * g.transpose)
      r = 0.7 * r + 0.3 * (g.transpose * g)
      if i + 1 == 2 || (i + 1) % 3 == 0 {
        left = try root((1 / (1 - pow(0.7, t))) * l)
        right = try root((1 / (1 - pow(0.7, t))) * r)
      }
      let filtered = (1 / (1 - 0.6 * pow(0.8, t - 1))) * (0.6 * m + 0.4 * g)
      m = 0.8 * m + 0.2 * g
      var p = i + 1 < 2 ? filtered : left * filtered * right
      func norm(_ x: Matrix<Double>) -> Double { x.rowMajor.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      p = (norm(filtered) / norm(p)) * p
      b = 0.5 * b + p
      w = (1 - 0.1 * 0.2) * (w - 0.1 * (isNesterov ? p + 0.5 * b : b))
      #expect(largestDifference(found[i], w.rowMajor) < 1e-10, "step \(i + 1)")
    }
  }

  @Test("arrays of one axis have one factor and the root −1/2")
  func vectors() throws {
    // One step from L = ε I: (g gᵀ + ε I)^(−1/2) g = g/√(|g|² + ε).
    let g = [3.0, 0, -4]
    let x = try path([g], single([3]), Shampoo<Double>.original(rate: 1, epsilon: 2))[0]
    #expect(largestDifference(x, g.map { -$0 / 27.0.squareRoot() }) < 1e-14)
  }

  @Test("complex matrices per mode: turned by unitary ones")
  func modes() throws {
    var stream = RandomStream(seed: 35)
    let (u, v) = (try ComplexParts.unitary(4, &stream), try ComplexParts.unitary(4, &stream))
    let gradients = (0..<12).map { _ in ComplexParts.normal(4, 4, &stream) }
    for method in InverseRootMethod.allCases {
      let shampoo = Shampoo<Double>(
        rate: 0.1, beta2: 0.9, epsilon: 1e-6, graft: .sgd, rootMethod: method, startStep: 1,
        spectral: "weight")
      let plain = try path(gradients.map(\.pairs), single([4, 4, 1, 2]), shampoo)
      let turned = try path(gradients.map { (u * $0 * v).pairs }, single([4, 4, 1, 2]), shampoo)
      for t in 0..<12 {
        let expected = u * ComplexParts(rows: 4, columns: 4, pairs: plain[t]) * v
        #expect(largestDifference(expected.pairs, turned[t]) < 1e-6)
      }
    }
  }

  @Test("factors of which there is no root: counted, and the method goes on")
  func failures() throws {
    let zero = [Double](repeating: 0, count: 6)
    var stream = RandomStream(seed: 36)
    let g = Matrix<Double>.normal(2, 3, &stream).rowMajor
    let loss = GivenGradients(Array(repeating: zero, count: 6) + [g], layout: single([2, 3]))
    for method in InverseRootMethod.allCases {
      loss.step = 0
      var (shampoo, x) = (Shampoo<Double>(epsilon: 0, rootMethod: method), Tensor<Double>.zeros([6]))
      for _ in 0..<6 {
        #expect(try shampoo.step(loss, at: &x).diagnostics["failed roots"] == 2)
        #expect(x.elements == zero)
      }
      #expect(try shampoo.step(loss, at: &x).diagnostics["failed roots"] == 0)
      #expect(x.elements.allSatisfy { $0.isFinite && $0 != 0 })
    }
  }

  @Test("the same bits with one thread and with all", arguments: InverseRootMethod.allCases)
  func threads(_ method: InverseRootMethod) throws {
    let layout = ParameterLayout().appending("a", shape: [100, 140]).appending("b", shape: [300])
      .appending("c", shape: [9, 11, 8], isComplex: true)
    var stream = RandomStream(seed: 37)
    let gradients = (0..<3).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let shampoo = Shampoo<Double>(
      rate: 0.1, beta2: 0.9, epsilon: 1e-6, graft: .adam(), rootMethod: method, startStep: 1, blockSize: 60)
    let all = try path(gradients, layout, shampoo)
    #expect(try serially { try path(gradients, layout, shampoo) } == all)
  }
}
