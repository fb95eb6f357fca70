import Foundation
import Tensors
import Testing

@Suite("Kernels over rows")
struct RowKernelTests {
  /// Lengths around the 16 lanes, and more than one block of 1024 columns.
  static let shapes: [(rows: Int, columns: Int)] = [
    (1, 1), (3, 2), (5, 15), (8, 16), (9, 17), (4, 31), (7, 49), (16, 64), (13, 96), (2, 1023), (3, 1024),
    (5, 2500),
  ]

  struct Sample<Scalar: Real> {
    let rows, columns: Int
    let x, y, g, scale, shift: [Scalar]

    init(_ shape: (rows: Int, columns: Int)) {
      (rows, columns) = shape
      x = randomArray(rows * columns, seed: 1).map { 3 * $0 + 1 }
      y = randomArray(rows * columns, seed: 2)
      g = randomArray(rows * columns, seed: 3)
      scale = randomArray(columns, seed: 4).map { 1 + $0 / 2 }
      shift = randomArray(columns, seed: 5)
    }

    func row(_ values: [Scalar], _ r: Int) -> [Double] {
      values[r * columns..<(r + 1) * columns].map(Double.init)
    }
  }

  static func check<Scalar: Real>(
    _ result: [Scalar], _ expected: [Double], size: Double = 1, _ what: String
  ) {
    let tolerance = 32 * Double(Scalar.ulpOfOne)
    let worst = zip(result, expected).map { abs(Double($0) - $1) / (abs($1) + size) }.max() ?? 0
    #expect(result.count == expected.count && worst <= tolerance, "\(what): \(worst)")
    #expect(result.allSatisfy { !$0.isNaN }, "\(what)")
  }

  func checkReductions<Scalar: Real>(_: Scalar.Type) {
    for shape in Self.shapes {
      let s = Sample<Scalar>(shape)
      let what = "\(Scalar.self), \(shape)"
      let size = Double(shape.columns).squareRoot()
      var out = [Scalar](repeating: .nan, count: s.rows)
      Scalar.rowSums(&out, s.x, rows: s.rows, columns: s.columns)
      Self.check(out, (0..<s.rows).map { s.row(s.x, $0).reduce(0, +) }, size: size, "sums, \(what)")
      Scalar.rowDots(&out, s.x, s.y, rows: s.rows, columns: s.columns)
      Self.check(
        out, (0..<s.rows).map { zip(s.row(s.x, $0), s.row(s.y, $0)).map(*).reduce(0, +) }, size: size,
        "dots, \(what)")
      Scalar.rowMaxima(&out, s.x, rows: s.rows, columns: s.columns)
      #expect(out.map(Double.init) == (0..<s.rows).map { s.row(s.x, $0).max()! })
      var variances = out
      Scalar.rowMoments(mean: &out, variance: &variances, s.x, rows: s.rows, columns: s.columns)
      let moments = (0..<s.rows).map { r -> (Double, Double) in
        let row = s.row(s.x, r)
        let mean = row.reduce(0, +) / Double(row.count)
        return (mean, row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(row.count))
      }
      Self.check(out, moments.map(\.0), "means, \(what)")
      Self.check(variances, moments.map(\.1), "variances, \(what)")
      var sums = s.shift
      Scalar.accumulateColumnSums(&sums, s.x, rows: s.rows, columns: s.columns)
      Self.check(
        sums,
        (0..<s.columns).map { c in
          (0..<s.rows).map { Double(s.x[$0 * s.columns + c]) }.reduce(Double(s.shift[c]), +)
        }, size: Double(s.rows), "column sums, \(what)")
    }
  }

  @Test("sums, products, maxima and moments of rows, and sums of columns")
  func reductions() {
    checkReductions(Double.self)
    checkReductions(Float.self)
  }

  @Test("one NaN of a row reaches its maximum; rows without columns have none")
  func maxima() {
    for place in 0..<40 {
      var x: [Float] = randomArray(3 * 40, seed: 9)
      x[40 + place] = .nan
      var out = [Float](repeating: 0, count: 3)
      Float.rowMaxima(&out, x, rows: 3, columns: 40)
      #expect(out[1].isNaN && out[0] == x[..<40].max() && out[2] == x[80...].max())
    }
    var none = [0.0, 0]
    Double.rowMaxima(&none, [], rows: 2, columns: 0)
    #expect(none == [-.infinity, -.infinity])
  }

  func checkSoftmax<Scalar: Real>(_: Scalar.Type) {
    for shape in Self.shapes {
      for scale: Scalar in [1, 0.125, 40] {
        let s = Sample<Scalar>(shape)
        var y = s.x
        Scalar.softmaxRows(&y, rows: s.rows, columns: s.columns, scale: scale)
        var dx = [Scalar](repeating: .nan, count: y.count)
        Scalar.softmaxRowsGradient(
          &dx, softmax: y, upstream: s.g, rows: s.rows, columns: s.columns, scale: scale)
        var inPlace = s.g
        inPlace.withUnsafeMutableBufferPointer {
          let p = $0.baseAddress!
          Scalar.softmaxRowsGradient(
            p, softmax: y, upstream: p, rows: s.rows, columns: s.columns, scale: scale)
        }
        #expect(inPlace == dx)
        var (expected, gradient) = ([Double](), [Double]())
        for r in 0..<s.rows {
          let row = s.row(s.x, r)
          let powers = row.map { Foundation.exp(Double(scale) * ($0 - row.max()!)) }
          let softmax = powers.map { $0 / powers.reduce(0, +) }
          expected += softmax
          let g = s.row(s.g, r)
          let mean = zip(softmax, g).map(*).reduce(0, +)
          gradient += zip(softmax, g).map { Double(scale) * $0 * ($1 - mean) }
        }
        Self.check(y, expected, size: Double(scale), "softmax, \(shape), \(scale)")
        Self.check(dx, gradient, size: Double(scale * scale), "its gradient, \(shape), \(scale)")
      }
    }
  }

  @Test("softmax and its gradient agree with their definitions")
  func softmax() {
    checkSoftmax(Double.self)
    checkSoftmax(Float.self)
  }

  @Test("softmax does not overflow, gives masked elements zero, and passes NaN on to its row only")
  func softmaxEdges() {
    var x: [Float] = [1e30, 1e30, -.infinity, 3e38, 0, -3e38, 5, -.infinity, 5, 1, .nan, 2]
    Float.softmaxRows(&x, rows: 4, columns: 3, scale: 1)
    #expect(Array(x[..<9]) == [0.5, 0.5, 0, 1, 0, 0, 0.5, 0, 0.5])
    #expect(x[9...].allSatisfy { $0.isNaN })
    var masked = [Double](repeating: -.infinity, count: 20)
    Double.softmaxRows(&masked, rows: 1, columns: 20, scale: 1)
    #expect(masked.allSatisfy { $0.isNaN })
  }

  func checkNormalization<Scalar: Real>(_: Scalar.Type) {
    for shape in Self.shapes where shape.columns > 1 {
      for scaled in [true, false] {
        for shifted in [true, false] {
          let s = Sample<Scalar>(shape)
          let epsilon: Scalar = 0.01
          var y = [Scalar](repeating: .nan, count: s.x.count)
          var (mean, reciprocal) = (
            [Scalar](repeating: .nan, count: s.rows), [Scalar](repeating: .nan, count: s.rows)
          )
          Scalar.normalizeRows(
            &y, mean: &mean, reciprocalDeviation: &reciprocal, s.x, scale: scaled ? s.scale : nil,
            shift: shifted ? s.shift : nil, rows: s.rows, columns: s.columns, epsilon: epsilon)
          var dx = [Scalar](repeating: .nan, count: s.x.count)
          var (dscale, dshift) = (s.scale, s.shift)
          Scalar.normalizeRowsGradient(
            &dx, scaleGradient: &dscale, shiftGradient: &dshift, upstream: s.g, s.x, mean: mean,
            reciprocalDeviation: reciprocal, scale: scaled ? s.scale : nil, rows: s.rows, columns: s.columns)
          var alone = s.g
          alone.withUnsafeMutableBufferPointer {
            let p = $0.baseAddress!
            Scalar.normalizeRowsGradient(
              p, scaleGradient: nil, shiftGradient: nil, upstream: p, s.x, mean: mean,
              reciprocalDeviation: reciprocal, scale: scaled ? s.scale : nil, rows: s.rows, columns: s.columns
            )
          }
          #expect(alone == dx)

          var (expected, gradient) = ([Double](), [Double]())
          var (scaleSums, shiftSums) = (s.scale.map(Double.init), s.shift.map(Double.init))
          let gamma = scaled ? s.scale.map(Double.init) : [Double](repeating: 1, count: s.columns)
          let beta = shifted ? s.shift.map(Double.init) : [Double](repeating: 0, count: s.columns)
          for r in 0..<s.rows {
            let (row, g) = (s.row(s.x, r), s.row(s.g, r))
            let n = Double(s.columns)
            let m = row.reduce(0, +) / n
            let variance = row.map { ($0 - m) * ($0 - m) }.reduce(0, +) / n
            let deviation = (variance + Double(epsilon)).squareRoot()
            let normalized = row.map { ($0 - m) / deviation }
            let weighted = zip(g, gamma).map(*)
            let first = weighted.reduce(0, +) / n
            let second = zip(weighted, normalized).map(*).reduce(0, +) / n
            for c in 0..<s.columns {
              expected.append(normalized[c] * gamma[c] + beta[c])
              gradient.append((weighted[c] - first - normalized[c] * second) / deviation)
              scaleSums[c] += g[c] * normalized[c]
              shiftSums[c] += g[c]
            }
          }
          let what = "\(Scalar.self), \(shape), scale \(scaled), shift \(shifted)"
          Self.check(y, expected, "normalized, \(what)")
          Self.check(dx, gradient, size: 10, "gradient, \(what)")
          Self.check(dscale, scaleSums, size: Double(s.rows), "scale, \(what)")
          Self.check(dshift, shiftSums, size: Double(s.rows), "shift, \(what)")
        }
      }
    }
  }

  @Test("normalization and its gradient agree with their definitions, with and without scale and shift")
  func normalization() {
    checkNormalization(Double.self)
    checkNormalization(Float.self)
  }

  @Test("the gradient of normalization agrees with central differences")
  func normalizationDifferences() {
    let (rows, columns) = (3, 19)
    let s = Sample<Double>((rows, columns))
    func loss(_ x: [Double]) -> Double {
      var (y, mean, reciprocal) = (
        x, [Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows)
      )
      Double.normalizeRows(
        &y, mean: &mean, reciprocalDeviation: &reciprocal, x, scale: s.scale, shift: s.shift, rows: rows,
        columns: columns, epsilon: 1e-3)
      return zip(y, s.g).map(*).reduce(0, +)
    }
    var (y, mean, reciprocal) = (
      s.x, [Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows)
    )
    Double.normalizeRows(
      &y, mean: &mean, reciprocalDeviation: &reciprocal, s.x, scale: s.scale, shift: s.shift, rows: rows,
      columns: columns, epsilon: 1e-3)
    var dx = y
    Double.normalizeRowsGradient(
      &dx, scaleGradient: nil, shiftGradient: nil, upstream: s.g, s.x, mean: mean,
      reciprocalDeviation: reciprocal,
      scale: s.scale, rows: rows, columns: columns)
    for i in 0..<rows * columns {
      var (up, down) = (s.x, s.x)
      up[i] += 1e-5
      down[i] -= 1e-5
      #expect(abs((loss(up) - loss(down)) / 2e-5 - dx[i]) < 1e-8)
    }
  }
}
