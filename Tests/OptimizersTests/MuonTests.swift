import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Muon")
struct MuonTests {
  /// The orthogonal factor that one step makes of a gradient.
  private func factor(
    _ g: Matrix<Double>, _ orthogonalization: NewtonSchulz = .jordan, scale: Double = 1
  ) throws -> Matrix<Double> {
    let method = Muon<Double>(
      rate: 1, momentum: 0, orthogonalization: orthogonalization, matrices: ["weight"])
    let x = try path([g.rowMajor.map { scale * $0 }], single([g.rows, g.columns]), method)[0]
    let tall = max(1, Double(g.rows) / Double(g.columns)).squareRoot()
    return Matrix(rows: g.rows, columns: g.columns, rowMajor: x.map { -$0 / tall })
  }

  /// U diag(s / ‖s‖) V for random U and V.
  private func matrix(_ rows: Int, _ columns: Int, _ values: [Double], _ stream: inout RandomStream) throws
    -> (u: Matrix<Double>, v: Matrix<Double>, product: Matrix<Double>)
  {
    let (u, v) = (
      try Matrix<Double>.orthogonal(rows, &stream), try Matrix<Double>.orthogonal(columns, &stream)
    )
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var s = Matrix<Double>(rows: rows, columns: columns)
    for (i, value) in values.enumerated() { s[i, i] = value / norm }
    return (u, v, u * s * v)
  }

  @Test("singular values after five steps", arguments: [(24, 24), (16, 40), (40, 16), (70, 130)])
  func singularValues(rows: Int, columns: Int) throws {
    var stream = RandomStream(seed: 21)
    let count = min(rows, columns)
    // From 1 down to 5·10⁻³ of the norm, and a few below.
    let values = (0..<count).map { pow(1e-3, Double($0) / Double(count - 1)) }
    let (u, v, g) = try matrix(rows, columns, values, &stream)
    let turned = u.transpose * (try factor(g)) * v.transpose
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for i in 0..<count {
      let (before, after) = (values[i] / norm, turned[i, i])
      if before >= 1e-2 { #expect((0.68...1.135).contains(after), "\(before) to \(after)") }
      if before >= 5e-3 { #expect((0.68...1.16).contains(after), "\(before) to \(after)") }
      for j in 0..<columns where j != i { #expect(abs(turned[i, j]) < 1e-9) }
    }
  }

  @Test("where one step takes singular values of one hundredth to one ten-thousandth")
  func smallValues() throws {
    // From the polynomial alone (Jordan 2024), worked in a program of its own.
    var stream = RandomStream(seed: 22)
    let (u, v, g) = try matrix(4, 4, [1, 1e-3, 1e-4, 1e-2], &stream)
    let turned = u.transpose * (try factor(g)) * v.transpose
    #expect(abs(turned[1, 1] - 0.47) < 0.01)
    #expect(abs(turned[2, 2] - 0.05) < 0.005)
    #expect((0.68...1.135).contains(turned[3, 3]))
  }

  @Test("the scale of a gradient does not matter")
  func scale() throws {
    var stream = RandomStream(seed: 23)
    let g = Matrix<Double>.normal(9, 14, &stream)
    #expect((try factor(g) - factor(g, scale: 7)).largest < 1e-6)
  }

  @Test("the exact iteration gives the orthogonal factor U Vᵀ", arguments: [(12, 12), (8, 20), (20, 8)])
  func exact(rows: Int, columns: Int) throws {
    var stream = RandomStream(seed: 24)
    let values = (0..<min(rows, columns)).map { pow(1e-4, Double($0) / Double(min(rows, columns) - 1)) }
    let g = try matrix(rows, columns, values, &stream).product
    let svd = try SVD(g)
    #expect((try factor(g, .exact) - svd.u * svd.vTransposed).largest < 1e-11)
  }

  @Test("momentum, decay and the scale of tall matrices against the definition")
  func definition() throws {
    var stream = RandomStream(seed: 25)
    let gradients = (0..<6).map { _ in Matrix<Double>.normal(8, 2, &stream) }
    let found = try path(
      gradients.map(\.rowMajor), single([8, 2]),
      Muon<Double>(
        rate: 0.1, momentum: 0.8, decay: 0.3, orthogonalization: .exact, matrices: ["weight"]))
    var (w, m) = (Matrix<Double>(rows: 8, columns: 2), Matrix<Double>(rows: 8, columns: 2))
    for (t, g) in gradients.enumerated() {
      m = 0.8 * m + 0.2 * g
      let svd = try SVD(0.2 * g + 0.8 * m)
      w = (1 - 0.1 * 0.3) * w - (0.1 * 2) * (svd.u * svd.vTransposed)
      #expect(largestDifference(found[t], w.rowMajor) < 1e-11)
    }
  }

  @Test("complex matrices per mode: turned by unitary ones")
  func modes() throws {
    var stream = RandomStream(seed: 26)
    let (u, v) = (try ComplexParts.unitary(3, &stream), try ComplexParts.unitary(5, &stream))
    let gradients = (0..<4).map { _ in ComplexParts.normal(3, 5, &stream) }
    let method = Muon<Double>(rate: 0.1, matrices: ["weight"], spectral: ["weight"])
    let plain = try path(gradients.map(\.pairs), single([3, 5, 1, 2]), method)
    let turned = try path(gradients.map { (u * $0 * v).pairs }, single([3, 5, 1, 2]), method)
    for t in 0..<4 {
      let expected = u * ComplexParts(rows: 3, columns: 5, pairs: plain[t]) * v
      #expect(largestDifference(expected.pairs, turned[t]) < 1e-9)
    }
  }

  @Test("the matrices within a network, and the other rule for the rest")
  func selection() throws {
    let layout = (0..<4).reduce(ParameterLayout()) {
      $0.appending("layers.\($1).weight", shape: [3, 3]).appending("layers.\($1).bias", shape: [3])
    }
    var stream = RandomStream(seed: 27)
    let gradients = (0..<5).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let found = try path(gradients, layout, Muon<Double>(rate: 0.1, fallback: Adam(rate: 0.01)))
    let adam = try path(gradients, layout, Adam(rate: 0.01))
    for segment in layout.segments {
      let isHidden = ["layers.1.weight", "layers.2.weight"].contains(segment.name)
      #expect((Array(found[4][segment.range]) == Array(adam[4][segment.range])) == !isHidden)
    }
    let own = try path(
      gradients.map { Array($0[layout["layers.2.weight"]!.range]) }, single([3, 3]),
      Muon<Double>(rate: 0.1, matrices: ["weight"]))
    #expect(Array(found[4][layout["layers.2.weight"]!.range]) == own[4])
    var wrong = Muon<Double>(matrices: ["layer.*"])
    #expect(throws: OptimizerError.self) { try wrong.prepare(for: layout) }
  }

  @Test("the same bits with one thread and with all")
  func threads() throws {
    let layout = ParameterLayout().appending("a", shape: [200, 90]).appending("b", shape: [70, 300])
      .appending("c", shape: [9, 11, 30], isComplex: true)
    var stream = RandomStream(seed: 28)
    let gradients = (0..<3).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let method = Muon<Double>(rate: 0.1, matrices: ["*"])
    let all = try path(gradients, layout, method)
    #expect(try serially { try path(gradients, layout, method) } == all)
  }
}
