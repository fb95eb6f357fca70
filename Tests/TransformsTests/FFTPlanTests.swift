import Foundation
import Tensors
import Testing
import Transforms

/// Numbers in [-1, 1) from a fixed stream.
func randomArray(_ count: Int, seed: UInt64) -> [Double] {
  let stream = RandomStream(seed: seed)
  return (0..<count).map { 2 * stream.uniform(at: UInt64($0)) - 1 }
}

/// All indices of an array of the given shape, in row-major order.
func indices(of shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { heads, n in heads.flatMap { head in (0..<n).map { head + [$0] } } }
}

/// The discrete Fourier transform by its definition.
func definition(of x: [Complex<Double>], shape: [Int], sign: Double) -> [Complex<Double>] {
  let all = indices(of: shape)
  return all.map { k in
    var sum = Complex<Double>.zero
    for (value, j) in zip(x, all) {
      let turns = zip(zip(j, k), shape).reduce(0.0) { $0 + Double($1.0.0 * $1.0.1 % $1.1) / Double($1.1) }
      sum += value * Complex.polar(1, sign * 2 * .pi * turns)
    }
    return sum
  }
}

@Suite("Fourier transform plans")
struct FFTPlanTests {
  static let shapes = [[1], [2], [8], [15], [30], [4, 6], [5, 3], [3, 4, 5], [2, 2, 8]]

  /// Runs a plan on copies of the input, and returns the output as Double.
  func run<Scalar: FFTScalar>(_ plan: FFTPlan<Scalar>, _ input: [Double], outputCount: Int) -> [Double] {
    let count = plan.inPlace ? max(input.count, outputCount) : input.count
    let source = Buffer<Scalar>(count: count)
    for i in input.indices { source.pointer[i] = Scalar(input[i]) }
    let target = plan.inPlace ? source : Buffer<Scalar>(count: outputCount)
    plan.execute(source.pointer, target.pointer)
    return (0..<outputCount).map { Double(target.pointer[$0]) }
  }

  func interleaved(_ z: [Complex<Double>]) -> [Double] { z.flatMap { [$0.real, $0.imaginary] } }
  func complex(_ x: [Double]) -> [Complex<Double>] {
    stride(from: 0, to: x.count, by: 2).map { Complex(x[$0], x[$0 + 1]) }
  }
  func distance(_ a: [Double], _ b: [Double]) -> Double {
    #expect(a.count == b.count)
    return zip(a, b).map { abs($0 - $1) }.max() ?? 0
  }

  @Test("complex transforms agree with the definition", arguments: shapes, [false, true])
  func complexToComplex(shape: [Int], inPlace: Bool) {
    let count = shape.reduce(1, *)
    let x = randomArray(2 * count, seed: 1)
    for (direction, sign) in [(FFTDirection.forward, -1.0), (.backward, 1.0)] {
      let expected = interleaved(definition(of: complex(x), shape: shape, sign: sign))
      let plan = FFTPlan<Double>(.complexToComplex(direction), shape: shape, inPlace: inPlace)
      #expect(distance(run(plan, x, outputCount: 2 * count), expected) < 1e-13)
      let single = FFTPlan<Float>(.complexToComplex(direction), shape: shape, inPlace: inPlace)
      #expect(distance(run(single, x, outputCount: 2 * count), expected) < 1e-4)
      #expect(plan.normalization == Double(count))
    }
  }

  @Test("real transforms give the half spectrum, and undo it up to the number of points", arguments: shapes)
  func realTransforms(shape: [Int]) {
    let (count, last) = (shape.reduce(1, *), shape.last!)
    let half = count / last * (last / 2 + 1)
    let x = randomArray(count, seed: 2)
    let spectrum = definition(of: x.map { Complex($0) }, shape: shape, sign: -1)
    let expected = zip(indices(of: shape), spectrum).filter { $0.0.last! <= last / 2 }.map(\.1)
    let forward = run(FFTPlan<Double>(.realToComplex, shape: shape), x, outputCount: 2 * half)
    #expect(distance(forward, interleaved(expected)) < 1e-13)
    let back = run(FFTPlan<Double>(.complexToReal, shape: shape), forward, outputCount: count)
    #expect(distance(back.map { $0 / Double(count) }, x) < 1e-15 * 10)
    let single = run(FFTPlan<Float>(.realToComplex, shape: shape), x, outputCount: 2 * half)
    #expect(distance(single, interleaved(expected)) < 1e-4)
    let singleBack = run(FFTPlan<Float>(.complexToReal, shape: shape), single, outputCount: count)
    #expect(distance(singleBack.map { $0 / Double(count) }, x) < 1e-6)
  }

  @Test("real transforms in place keep rows of 2(n/2 + 1) scalars", arguments: [[8], [9], [4, 6], [3, 5]])
  func realInPlace(shape: [Int]) {
    let (count, last) = (shape.reduce(1, *), shape.last!)
    let (rows, row) = (count / last, 2 * (last / 2 + 1))
    let x = randomArray(count, seed: 3)
    let padded = (0..<rows).flatMap { r in (0..<row).map { $0 < last ? x[r * last + $0] : 1e9 } }
    let expected = run(FFTPlan<Double>(.realToComplex, shape: shape), x, outputCount: rows * row)
    let forward = run(
      FFTPlan<Double>(.realToComplex, shape: shape, inPlace: true), padded, outputCount: rows * row)
    #expect(distance(forward, expected) < 1e-13)
    let back = run(
      FFTPlan<Double>(.complexToReal, shape: shape, inPlace: true), forward, outputCount: rows * row)
    let unpadded = (0..<rows).flatMap { r in (0..<last).map { back[r * row + $0] / Double(count) } }
    #expect(distance(unpadded, x) < 1e-14)
  }

  @Test("batches, columns and gaps are addressed by strides and distances")
  func layouts() {
    let (n, batch) = (6, 4)
    let x = randomArray(2 * n * batch, seed: 4)
    let z = complex(x)
    // Rows one after another.
    let rows = run(
      FFTPlan<Double>(.complexToComplex(.forward), shape: [n], batch: batch), x, outputCount: 2 * n * batch)
    // The same numbers as columns of a matrix [n, batch], transformed into rows.
    let columns = run(
      FFTPlan<Double>(
        .complexToComplex(.forward), shape: [n], batch: batch, inputStride: batch, inputDistance: 1), x,
      outputCount: 2 * n * batch)
    for b in 0..<batch {
      let row = interleaved(definition(of: Array(z[b * n..<(b + 1) * n]), shape: [n], sign: -1))
      #expect(distance(Array(rows[2 * b * n..<2 * (b + 1) * n]), row) < 1e-14)
      let column = interleaved(definition(of: (0..<n).map { z[$0 * batch + b] }, shape: [n], sign: -1))
      #expect(distance(Array(columns[2 * b * n..<2 * (b + 1) * n]), column) < 1e-14)
    }
    // Two-dimensional transforms of blocks that lie 20 apart, written 12 apart.
    let gaps = run(
      FFTPlan<Double>(
        .complexToComplex(.backward), shape: [2, 3], batch: 2, inputDistance: 20 - 3, outputDistance: 6),
      randomArray(2 * 24, seed: 5), outputCount: 2 * 12)
    let source = complex(randomArray(2 * 24, seed: 5))
    for b in 0..<2 {
      let block = interleaved(definition(of: Array(source[b * 17..<b * 17 + 6]), shape: [2, 3], sign: 1))
      #expect(distance(Array(gaps[12 * b..<12 * (b + 1)]), block) < 1e-14)
    }
  }

  @Test("general axes and loops transform the middle axis of an array")
  func middleAxis() {
    let shape = [3, 4, 5]
    let x = randomArray(2 * 60, seed: 6)
    let plan = FFTPlan<Double>(
      .complexToComplex(.forward), axes: [TransformDimension(count: 4, inputStride: 5, outputStride: 5)],
      loops: [
        TransformDimension(count: 3, inputStride: 20, outputStride: 20),
        TransformDimension(count: 5, inputStride: 1, outputStride: 1),
      ])
    let y = complex(run(plan, x, outputCount: 2 * 60))
    let z = complex(x)
    for i in 0..<shape[0] {
      for k in 0..<shape[2] {
        let line = definition(of: (0..<4).map { z[i * 20 + $0 * 5 + k] }, shape: [4], sign: -1)
        for j in 0..<4 { #expect((y[i * 20 + j * 5 + k] - line[j]).magnitude < 1e-14) }
      }
    }
  }

  @Test("one plan runs on many threads at once, and plans are made and freed meanwhile")
  func threads() {
    let n = 64
    let plan = FFTPlan<Double>(.complexToComplex(.forward), shape: [n])
    let x = randomArray(2 * n, seed: 7)
    let expected = run(plan, x, outputCount: 2 * n)
    DispatchQueue.concurrentPerform(iterations: 64) { i in
      let own = FFTPlan<Double>(.complexToComplex(.forward), shape: [8 + i % 5])
      _ = run(own, randomArray(2 * (8 + i % 5), seed: 1), outputCount: 2 * (8 + i % 5))
      #expect(run(plan, x, outputCount: 2 * n) == expected)
    }
  }
}
