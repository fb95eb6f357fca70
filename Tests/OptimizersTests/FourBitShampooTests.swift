import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Four-bit Shampoo")
struct FourBitShampooTests {
  private let n = 128

  private func coded(_ x: Matrix<Double>) -> Matrix<Double> {
    let (rows, columns) = (x.rows, x.columns)
    var codes = [UInt8](repeating: 0, count: rows * FourBitCode.bytes(columns))
    var scales = [Float](repeating: 0, count: rows * FourBitCode.scales(columns))
    var out = [Double](repeating: 0, count: rows * columns)
    FourBitCode.encode(x.rowMajor, rows: rows, count: columns, codes: &codes, scales: &scales)
    FourBitCode.decode(codes, scales: scales, rows: rows, count: columns, into: &out)
    return Matrix(rows: rows, columns: columns, rowMajor: out)
  }

  private func norm(_ x: Matrix<Double>) -> Double { x.rowMajor.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  @Test("the numbers of the code")
  func codebook() {
    let positive = [0, 0.0044, 0.04, 0.1111, 0.2178, 0.36, 0.5378, 0.7511, 1]
    for (value, expected) in zip(FourBitCode.values[7...], positive) { #expect(abs(value - expected) < 5e-5) }
    for (value, expected) in zip(FourBitCode.values[..<7].reversed(), positive[2...]) {
      #expect(abs(value + expected) < 5e-5)
    }
  }

  @Test("every number goes to the nearest one of its block, and lengths may be odd")
  func nearest() {
    var stream = RandomStream(seed: 41)
    let x = Matrix<Double>.normal(3, 131, &stream)
    let found = coded(x)
    for i in 0..<3 {
      for j in 0..<131 {
        let block = j / 64 * 64..<min(j / 64 * 64 + 64, 131)
        let scale = Double(Float(block.reduce(0) { max($0, abs(x[i, $1])) }))
        let best = FourBitCode.values.map { abs($0 * scale - x[i, j]) }.min()!
        #expect(abs(abs(found[i, j] - x[i, j]) - best) < 1e-12)
      }
    }
  }

  @Test(
    "rounded vectors are made orthonormal again, and their roots are good; those of a rounded factor are not")
  func vectors() throws {
    // Figures of an independent program, for another random basis.
    var stream = RandomStream(seed: 42)
    let v = try Matrix<Double>.orthogonal(n, &stream)
    let values = (0..<n).map { pow(1e-4, Double($0) / Double(n - 1)) }
    let rounded = coded(v)
    for (steps, error) in [(0, 0.15), (1, 2.4e-2), (2, 9e-4)] {
      let found =
        norm(bjorck(rounded, steps) * bjorck(rounded, steps).transpose - .identity(n))
        / Double(n).squareRoot()
      #expect(found < 1.3 * error && found > error / 1.3, "\(found) after \(steps) steps")
    }
    let whole = bjorck(rounded, 4)
    #expect(norm(whole * whole.transpose - .identity(n)) / Double(n).squareRoot() < 1e-9)
    func power(_ v: Matrix<Double>, _ p: Double) -> Matrix<Double> {
      v.transpose * .diagonal(values.map { pow($0, p) }) * v
    }
    let root = norm(power(whole, -0.25) - power(v, -0.25)) / norm(power(v, -0.25))
    #expect(root < 1.3 * 0.053, "\(root)")
    let eigen = try SymmetricEigen(coded(power(v, 1)))
    // The matrix itself in four bits is not positive: with a floor, its root is 50 times as wrong.
    #expect(eigen.values[0] < -3.7e-2 / 1.3 && eigen.values[0] > -3.7e-2 * 1.3, "\(eigen.values[0])")
    let floored = eigen.values.map { pow(max($0, 1e-6), -0.25) }
    let direct =
      norm(eigen.vectors * .diagonal(floored) * eigen.vectors.transpose - power(v, -0.25))
      / norm(power(v, -0.25))
    #expect(direct < 1.3 * 2.6 && direct > 2.6 / 1.3, "\(direct)")
    #expect(direct > 40 * root)
  }

  private func bjorck(_ x: Matrix<Double>, _ steps: Int) -> Matrix<Double> {
    var v = x.rowMajor
    var (a, b) = (v, v)
    orthonormalizeByBjorck(&v, order: x.rows, steps: steps, &a, &b)
    return Matrix(rows: x.rows, columns: x.columns, rowMajor: v)
  }

  @Test("without rounding, gradients are those of Shampoo with their own lengths")
  func singlePrecision() throws {
    var stream = RandomStream(seed: 43)
    let gradients = (0..<6).map { _ in Matrix<Double>.normal(5, 7, &stream) }
    let found = try path(
      gradients.map(\.rowMajor), single([5, 7]),
      SGD<Double>(rate: 1).preconditionedInFourBits(
        factorInterval: 2, rootInterval: 2, beta: 0.8, epsilon: 1e-2))
    var (l, r) = (Matrix<Double>(rows: 5, columns: 5), Matrix<Double>(rows: 7, columns: 7))
    func root(_ a: Matrix<Double>) throws -> Matrix<Double> {
      let eigen = try SymmetricEigen(a)
      let values: Matrix<Double> = .diagonal(
        eigen.values.map { pow(max($0, 0) + 1e-2 * eigen.values.last!, -0.25) })
      return eigen.vectors * values * eigen.vectors.transpose
    }
    // The first step takes the eigenvectors themselves.
    let g = gradients[0]
    (l, r) = (0.2 * (g * g.transpose), 0.2 * (g.transpose * g))
    let (left, right) = (try root(l), try root(r))
    var x = Matrix<Double>(rows: 5, columns: 7)
    for t in 0..<2 {
      let p = left * gradients[t] * right
      x = x - (norm(gradients[t]) / norm(p)) * p
      #expect(largestDifference(found[t], x.rowMajor) < 1e-5)
    }
    for t in 1..<6 {
      let moved = zip(found[t], found[t - 1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      #expect(abs(moved / norm(gradients[t]) - 1) < 1e-12)
    }
  }

  @Test("in four bits it follows single precision")
  func fourBits() throws {
    var stream = RandomStream(seed: 44)
    let (u, z) = (try Matrix<Double>.orthogonal(80, &stream), try Matrix<Double>.orthogonal(80, &stream))
    let gradients = (0..<12).map { _ -> Matrix<Double> in
      var s = Matrix<Double>(rows: 80, columns: 80)
      for k in 0..<80 { s[k, k] = pow(0.99, Double(k)) * (1 + 0.2 * stream.nextNormal()) }
      return u * s * z
    }
    func run(_ minimumCount: Int) throws -> ([[Double]], Int) {
      var method = SGD<Double>(rate: 1).preconditionedInFourBits(
        factorInterval: 2, rootInterval: 4, minimumCount: minimumCount)
      let loss = GivenGradients(gradients.map(\.rowMajor), layout: single([80, 80]))
      var x = Tensor<Double>.zeros([6400])
      let path = try gradients.map { _ in
        _ = try method.step(loss, at: &x)
        return x.elements
      }
      return (path, method.memory)
    }
    let ((exact, large), (rough, small)) = (try run(.max), try run(0))
    #expect(6 * small < large)
    for t in 1..<12 {
      let (a, b) = (zip(exact[t], exact[t - 1]).map { $0 - $1 }, zip(rough[t], rough[t - 1]).map { $0 - $1 })
      let cosine =
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        / (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
      // An independent program gives 0.9993 for the first root and 0.983 to 0.997 for those after it, with other bases.
      #expect(cosine > (t < 4 ? 0.998 : 0.975), "\(cosine) in step \(t)")
    }
  }

  @Test("the same bits with one thread and with all")
  func threads() throws {
    let layout = ParameterLayout().appending("a", shape: [90, 70]).appending("b", shape: [30])
      .appending("c", shape: [65, 66])
    var stream = RandomStream(seed: 45)
    let gradients = (0..<5).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
    let method = Adam<Double>(rate: 0.1).preconditionedInFourBits(factorInterval: 2, rootInterval: 2)
    let all = try path(gradients, layout, method)
    #expect(try serially { try path(gradients, layout, method) } == all)
  }
}
