import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("SOAP")
struct SOAPTests {
  /// The method by its definition (Vyas et al., ICLR 2025), on matrices.
  private struct Definition {
    var w, m, v, l, r, left, right: Matrix<Double>
    let beta1 = 0.9
    let beta2 = 0.8
    let beta = 0.7
    let epsilon = 1e-8
    let rate = 0.1
    let decay = 0.05
    let interval = 3
    let hasRight: Bool
    var updates = -1

    init(_ rows: Int, _ columns: Int, hasRight: Bool) {
      (w, m, v) = (
        Matrix(rows: rows, columns: columns), Matrix(rows: rows, columns: columns),
        Matrix(rows: rows, columns: columns)
      )
      (l, r) = (Matrix(rows: rows, columns: rows), Matrix(rows: columns, columns: columns))
      (left, right) = (.identity(rows), .identity(columns))
      self.hasRight = hasRight
    }

    private static func eigenvectors(_ a: Matrix<Double>) throws -> Matrix<Double> {
      let vectors = try SymmetricEigen(a).vectors
      return Matrix(vectors.transpose.rowMajor.chunked(a.rows).reversed()).transpose
    }

    /// The next basis, and the order of the columns before.
    private static func next(_ a: Matrix<Double>, _ q: Matrix<Double>) throws -> (Matrix<Double>, [Int]) {
      let diagonal = q.transpose * a * q
      let order = (0..<a.rows).sorted { diagonal[$0, $0] > diagonal[$1, $1] }
      let columns = (a * q).transpose.rowMajor.chunked(a.rows)
      return (try QRFactorization(Matrix(order.map { columns[$0] }).transpose).q, order)
    }

    mutating func step(_ g: Matrix<Double>) throws {
      updates += 1
      if updates > 0 {
        let turned = left.transpose * g * right
        m = beta1 * m + (1 - beta1) * turned
        v = beta2 * v + (1 - beta2) * turned.map { $0 * $0 }
        let (c1, c2) = (1 - pow(beta1, Double(updates)), 1 - pow(beta2, Double(updates)))
        let direction = Matrix(
          rows: g.rows, columns: g.columns,
          rowMajor: zip(m.rowMajor, v.rowMajor).map { $0 / c1 / (($1 / c2).squareRoot() + epsilon) })
        w = (1 - rate * decay) * (w - rate * (left * direction * right.transpose))
      }
      l = (updates > 0 ? beta : 0) * l + (1 - beta) * (g * g.transpose)
      r = (updates > 0 ? beta : 0) * r + (1 - beta) * (g.transpose * g)
      if updates == 0 {
        left = try Self.eigenvectors(l)
        if hasRight { right = try Self.eigenvectors(r) }
      } else if updates % interval == 0 {
        let plain = left * m * right.transpose
        let (newLeft, rows) = try Self.next(l, left)
        let (newRight, columns) = hasRight ? try Self.next(r, right) : (right, Array(0..<g.columns))
        (left, right) = (newLeft, newRight)
        m = left.transpose * plain * right
        let before = v
        for i in 0..<g.rows { for j in 0..<g.columns { v[i, j] = before[rows[i], columns[j]] } }
      }
    }
  }

  @Test(
    "against the definition: both factors, one factor, an array of three axes",
    arguments: [([5, 5], 100), ([4, 7], 6), ([4, 2, 3], 5)])
  func definition(shape: [Int], maximumOrder: Int) throws {
    let (m, n) = (shape[0], shape.dropFirst().reduce(1, *))
    var stream = RandomStream(seed: 3)
    // Directions that grow and fade, so that vectors change places.
    let gradients = (0..<40).map { t -> Matrix<Double> in
      .diagonal((0..<m).map { 1 + 3 * sin(Double(t) / 4 + Double($0)) }) * .normal(m, n, &stream)
    }
    let method = SOAP<Double>(
      rate: 0.1, beta1: 0.9, beta2: 0.8, factorBeta: 0.7, decay: 0.05, refreshInterval: 3,
      maximumOrder: maximumOrder)
    let found = try path(gradients.map(\.rowMajor), single(shape), method)
    var expected = Definition(m, n, hasRight: n <= maximumOrder)
    for (t, g) in gradients.enumerated() {
      try expected.step(g)
      #expect(largestDifference(found[t], expected.w.rowMajor) < 1e-8, "step \(t)")
    }
  }

  @Test("without factors it is Adam, begun one step later")
  func identity() throws {
    let gradients = (0..<20).map { t in (0..<12).map { sin(Double(t * 12 + $0)) } }
    let method = SOAP<Double>(rate: 1e-3, decay: 0, maximumOrder: 0)
    let found = try path(gradients, single([3, 4]), method)
    let adam = try path(
      Array(gradients.dropFirst()), single([3, 4]), Adam(rate: 1e-3, beta1: 0.95, beta2: 0.95))
    #expect(found[0].allSatisfy { $0 == 0 })
    for t in 0..<19 { #expect(largestDifference(found[t + 1], adam[t]) <= 2e-16) }
    let column = try path(gradients, single([12]), SOAP(rate: 1e-3, decay: 0))
    for t in 0..<19 { #expect(largestDifference(column[t + 1], adam[t]) <= 2e-16) }
  }

  @Test("rotated gradients give the rotated path")
  func equivariance() throws {
    let n = 6
    var stream = RandomStream(seed: 11)
    let (u, z) = (try Matrix<Double>.orthogonal(n, &stream), try Matrix<Double>.orthogonal(n, &stream))
    let gradients = (0..<60).map { _ in Matrix<Double>.normal(n, n, &stream) }
    let method = SOAP<Double>(rate: 1e-2, decay: 0)
    let plain = try path(gradients.map(\.rowMajor), single([n, n]), method)
    let turned = try path(gradients.map { (u * $0 * z).rowMajor }, single([n, n]), method)
    for t in 0..<60 {
      let expected = u * Matrix(rows: n, columns: n, rowMajor: plain[t]) * z
      #expect(largestDifference(turned[t], expected.rowMajor) < 1e-6)
    }
  }

  @Test("complex matrices per mode: turned by unitary matrices, and as real arrays with the same bits")
  func modes() throws {
    let (m, modes) = (4, 3)
    var stream = RandomStream(seed: 12)
    let turns = try (0..<modes).map { _ in
      (try ComplexParts.unitary(m, &stream), try ComplexParts.unitary(m, &stream))
    }
    let gradients = (0..<40).map { _ in (0..<modes).map { _ in ComplexParts.normal(m, m, &stream) } }
    /// Mode k of element e is at e · modes + k.
    func joined(_ parts: [ComplexParts]) -> [Double] {
      let pairs = parts.map(\.pairs)
      var out: [Double] = []
      for e in 0..<m * m { for k in 0..<modes { out += pairs[k][2 * e..<2 * e + 2] } }
      return out
    }
    func mode(_ k: Int, _ x: [Double]) -> ComplexParts {
      var pairs: [Double] = []
      for e in 0..<m * m {
        let place = 2 * (e * modes + k)
        pairs += x[place..<place + 2]
      }
      return ComplexParts(rows: m, columns: m, pairs: pairs)
    }
    let layout = single([m, m, modes], isComplex: true)
    let method = SOAP<Double>(rate: 1e-2, decay: 0, refreshInterval: 4)
    let plain = try path(gradients.map(joined), layout, method)
    let turned = try path(
      gradients.map { g in joined((0..<modes).map { turns[$0].0 * g[$0] * turns[$0].1 }) }, layout, method)
    for t in 0..<40 {
      for k in 0..<modes {
        let expected = turns[k].0 * mode(k, plain[t]) * turns[k].1
        #expect(largestDifference(expected.pairs, mode(k, turned[t]).pairs) < 1e-6)
      }
    }
    let named = SOAP<Double>(rate: 1e-2, decay: 0, refreshInterval: 4, spectral: "w*")
    #expect(try path(gradients.map(joined), single([m, m, modes, 2]), named) == plain)
  }

  @Test("a complex matrix of real numbers is the real matrix")
  func realPart() throws {
    var stream = RandomStream(seed: 13)
    let gradients = (0..<30).map { _ in Matrix<Double>.normal(5, 5, &stream) }
    let method = SOAP<Double>(rate: 1e-2, refreshInterval: 4, refreshTolerance: 0.05)
    let real = try path(gradients.map(\.rowMajor), single([5, 5]), method)
    let complex = try path(
      gradients.map { $0.rowMajor.flatMap { [$0, 0] } }, single([5, 5], isComplex: true), method)
    for t in 0..<30 { #expect(largestDifference(real[t].flatMap { [$0, 0] }, complex[t]) < 1e-9) }
  }

  @Test("one QR step per update gives the eigenvectors of a factor, in order, where gradients share them")
  func bases() throws {
    let n = 8
    var stream = RandomStream(seed: 14)
    let (u, z) = (try Matrix<Double>.orthogonal(n, &stream), try Matrix<Double>.orthogonal(n, &stream))
    // The order of singular values in the first gradient is turned around in the others.
    let loss = GivenGradients(
      (0..<40).map { t in
        (u * .diagonal((0..<n).map { pow(1.5, Double(t == 0 ? -$0 : $0)) }) * z).rowMajor
      }, layout: single([n, n]))
    var (method, x) = (SOAP<Double>(refreshInterval: 1), Tensor<Double>.zeros([n * n]))
    for _ in 0..<40 {
      _ = try method.step(loss, at: &x)
      let state = method.state
      let all = try #require(state.doubles["factors"]).elements.chunked(n * n)
      let bases = try #require(state.doubles["bases"]).elements.chunked(n * n)
      guard state.step == 1 || state.step == 40 else { continue }
      for side in 0..<2 {
        // The lower triangle is what counts, and as columns it is the upper one.
        let factor = Matrix(rows: n, columns: n, rowMajor: all[side])
        let eigen = try SymmetricEigen(factor)
        for k in 0..<n {
          let own = Array(bases[side][k * n..<(k + 1) * n])
          let cosine = zip(own, eigen.vectors.column(n - 1 - k)).reduce(0) { $0 + $1.0 * $1.1 }
          #expect(abs(abs(cosine) - 1) < 1e-9, "vector \(k) after \(state.step) calls")
        }
      }
    }
  }

  @Test("bases that fit are kept")
  func tolerance() throws {
    var stream = RandomStream(seed: 15)
    let g = Matrix<Double>.normal(6, 6, &stream).rowMajor
    let other = Matrix<Double>.normal(6, 6, &stream).rowMajor
    func renewed(_ gradients: [[Double]], _ tolerance: Double) throws -> [Double?] {
      let loss = GivenGradients(gradients, layout: single([6, 6]))
      var method = SOAP<Double>(refreshInterval: 2, refreshTolerance: tolerance)
      var x = Tensor<Double>.zeros([36])
      return try gradients.map { _ in try method.step(loss, at: &x).diagnostics["renewed bases"] }
    }
    let same = Array(repeating: g, count: 5)
    #expect(try renewed(same, 0) == [2, 0, 2, 0, 2])
    #expect(try renewed(same, 1e-9) == [2, 0, 0, 0, 0])
    #expect(try renewed([g, other, other, other, other], 1e-9) == [2, 0, 2, 0, 2])
    #expect(try renewed([g, other, other, other, other], 1) == [2, 0, 0, 0, 0])
  }

  @Test("names of what are no spectral weights")
  func notSpectral() {
    var method = SOAP<Double>(spectral: "weight")
    #expect(throws: OptimizerError.notSpectral(name: "weight", shape: [3, 4])) {
      try method.prepare(for: single([3, 4]))
    }
    var missing = SOAP<Double>(spectral: "spectral.*")
    #expect(throws: OptimizerError.self) { try missing.prepare(for: single([3, 4])) }
  }

  @Test("the same bits with one thread and with all")
  func threads() throws {
    let layout = ParameterLayout().appending("a", shape: [130, 170]).appending("b", shape: [40_000])
      .appending("c", shape: [9, 11, 30], isComplex: true)
    var stream = RandomStream(seed: 16)
    let gradients = (0..<4).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let method = SOAP<Double>(rate: 0.1, refreshInterval: 2)
    let all = try path(gradients, layout, method)
    #expect(try serially { try path(gradients, layout, method) } == all)
  }

  @Test("single precision follows double precision")
  func float() throws {
    var stream = RandomStream(seed: 17)
    let gradients = (0..<25).map { _ in Matrix<Double>.normal(5, 5, &stream).rowMajor }
    let double = try path(gradients, single([5, 5]), SOAP(rate: 1e-2))
    var (method, x) = (SOAP<Float>(rate: 1e-2), Tensor<Float>.zeros([25]))
    let loss = GivenFloatGradients(gradients.map { $0.map(Float.init) }, layout: single([5, 5]))
    for t in 0..<25 {
      _ = try method.step(loss, at: &x)
      #expect(largestDifference(x.elements.map(Double.init), double[t]) < 1e-4)
    }
  }
}

extension Array {
  /// Parts of a length.
  func chunked(_ length: Int) -> [[Element]] {
    stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
  }
}
