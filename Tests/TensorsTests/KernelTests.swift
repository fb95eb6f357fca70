import Foundation
import Tensors
import Testing

/// Numbers of both signs from a fixed stream.
func randomArray<Scalar: Real>(_ count: Int, seed: UInt64, as _: Scalar.Type = Scalar.self) -> [Scalar] {
  let stream = RandomStream(seed: seed)
  return (0..<count).map { Scalar(2 * stream.uniform(at: UInt64($0)) - 1) }
}

@Suite("Flat kernels")
struct KernelTests {
  static let counts = [0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 100, 1023]

  func withPointers<Scalar, Result>(
    _ arrays: [[Scalar]], _ body: (UnsafePointer<UnsafePointer<Scalar>?>) -> Result
  ) -> Result {
    let flat = arrays.flatMap { $0 } + []
    return flat.withUnsafeBufferPointer { all in
      var offset = 0
      let pointers: [UnsafePointer<Scalar>?] = arrays.map { array in
        defer { offset += array.count }
        return all.baseAddress.map { $0 + offset }
      }
      return body(pointers)
    }
  }

  func checkCombinations<Scalar: Real>(_: Scalar.Type, tolerance: Scalar) {
    for count in Self.counts {
      for terms in 0...12 {
        let vectors = (0..<terms).map { randomArray(2 * count, seed: UInt64($0), as: Scalar.self) }
        let real = (0..<terms).map { randomArray(count, seed: UInt64(50 + $0), as: Scalar.self) }
        let complex = (0..<terms).map { randomArray(2 * count, seed: UInt64(100 + $0), as: Scalar.self) }
        let scalars = randomArray(terms, seed: 7, as: Scalar.self)
        var (byReal, byComplex, byScalar) = (
          [Scalar](repeating: .nan, count: 2 * count), [Scalar](repeating: .nan, count: 2 * count),
          [Scalar](repeating: .nan, count: 2 * count)
        )
        withPointers(vectors) { v in
          withPointers(real) {
            Scalar.combineReal(&byReal, count: count, terms: terms, vectors: v, coefficients: $0)
          }
          withPointers(complex) {
            Scalar.combineComplex(&byComplex, count: count, terms: terms, vectors: v, coefficients: $0)
          }
          Scalar.combineScalar(&byScalar, count: 2 * count, terms: terms, vectors: v, coefficients: scalars)
        }
        for m in 0..<count {
          var (r, c, s) = (Complex<Scalar>.zero, Complex<Scalar>.zero, Complex<Scalar>.zero)
          for t in 0..<terms {
            let z = Complex(vectors[t][2 * m], vectors[t][2 * m + 1])
            r += real[t][m] * z
            c += Complex(complex[t][2 * m], complex[t][2 * m + 1]) * z
            s += scalars[t] * z
          }
          #expect((Complex(byReal[2 * m], byReal[2 * m + 1]) - r).magnitude < tolerance)
          #expect((Complex(byComplex[2 * m], byComplex[2 * m + 1]) - c).magnitude < tolerance)
          #expect((Complex(byScalar[2 * m], byScalar[2 * m + 1]) - s).magnitude < tolerance)
        }
      }
    }
  }

  @Test("combinations of 0 to 12 modes agree with complex arithmetic")
  func combinations() {
    checkCombinations(Double.self, tolerance: 1e-14)
    checkCombinations(Float.self, tolerance: 1e-5)
  }

  @Test("the output of a combination may be one of its vectors")
  func aliasing() {
    let count = 101
    let (z, w) = (randomArray(2 * count, seed: 1) as [Double], randomArray(2 * count, seed: 2) as [Double])
    let coefficients = [randomArray(count, seed: 3) as [Double], randomArray(count, seed: 4)]
    var apart = [Double](repeating: 0, count: 2 * count)
    withPointers([z, w]) { v in
      withPointers(coefficients) {
        Double.combineReal(&apart, count: count, terms: 2, vectors: v, coefficients: $0)
      }
    }
    let buffer = Buffer<Double>(count: 2 * count)
    for i in 0..<2 * count { buffer.pointer[i] = z[i] }
    w.withUnsafeBufferPointer { w in
      let vectors: [UnsafePointer<Double>?] = [UnsafePointer(buffer.pointer), w.baseAddress]
      withPointers(coefficients) {
        Double.combineReal(buffer.pointer, count: count, terms: 2, vectors: vectors, coefficients: $0)
      }
    }
    #expect(Array(buffer.elements) == apart)
  }

  func checkSymbols<Scalar: Real>(_: Scalar.Type, tolerance: Scalar) {
    for count in Self.counts {
      let z = randomArray(2 * count, seed: 1, as: Scalar.self)
      let old = randomArray(2 * count, seed: 2, as: Scalar.self)
      let real = randomArray(count, seed: 3, as: Scalar.self)
      let complex = randomArray(2 * count, seed: 4, as: Scalar.self)
      for accumulating in [false, true] {
        var (byReal, byImaginary, byComplex) = (old, old, old)
        Scalar.multiplyReal(&byReal, symbol: real, z, count: count, accumulating: accumulating)
        Scalar.multiplyImaginary(&byImaginary, symbol: real, z, count: count, accumulating: accumulating)
        Scalar.multiplyComplex(&byComplex, symbol: complex, z, count: count, accumulating: accumulating)
        for m in 0..<count {
          let mode = Complex(z[2 * m], z[2 * m + 1])
          let base = accumulating ? Complex(old[2 * m], old[2 * m + 1]) : .zero
          let r = base + real[m] * mode
          let i = base + Complex(0, real[m]) * mode
          let c = base + Complex(complex[2 * m], complex[2 * m + 1]) * mode
          #expect((Complex(byReal[2 * m], byReal[2 * m + 1]) - r).magnitude < tolerance)
          #expect((Complex(byImaginary[2 * m], byImaginary[2 * m + 1]) - i).magnitude < tolerance)
          #expect((Complex(byComplex[2 * m], byComplex[2 * m + 1]) - c).magnitude < tolerance)
        }
      }
    }
  }

  @Test("products with real, imaginary and complex symbols agree with complex arithmetic")
  func symbols() {
    checkSymbols(Double.self, tolerance: 1e-15)
    checkSymbols(Float.self, tolerance: 1e-6)
  }

  @Test("reductions of any length agree with their definitions")
  func reductions() {
    for count in Self.counts + [5000] {
      let x = randomArray(count, seed: 8, as: Double.self)
      let y = randomArray(count, seed: 9, as: Double.self)
      let tolerance = 1e-15 * Double(count + 1)
      #expect(abs(Double.sum(x, count: count) - x.reduce(0, +)) <= tolerance)
      #expect(abs(Double.dot(x, y, count: count) - zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }) <= tolerance)
      #expect(Double.maximum(x, count: count) == x.max() ?? -.infinity)
      #expect(Double.minimum(x, count: count) == x.min() ?? .infinity)
      #expect(Double.maximumMagnitude(x, count: count) == x.map(abs).max() ?? 0)
      var z = y
      Double.axpy(0.5, x, &z, count: count)
      #expect((0..<count).allSatisfy { abs(z[$0] - (y[$0] + 0.5 * x[$0])) <= 1e-15 })
      let single = x.map(Float.init)
      #expect(abs(Double(Float.sum(single, count: count)) - x.reduce(0, +)) <= 1e-7 * Double(count + 1))
      #expect(Float.maximum(single, count: count) == single.max() ?? -.infinity)
      #expect(Float.minimum(single, count: count) == single.min() ?? .infinity)
    }
  }

  @Test("whole numbers are summed exactly, and a NaN anywhere reaches the extremes")
  func exactness() {
    let count = 1000
    let x = (0..<count).map(Double.init)
    #expect(Double.sum(x, count: count) == 499_500)
    #expect(Double.dot(x, x, count: count) == 332_833_500)
    for place in [0, 15, 16, 500, 992, 999] {
      var y = x
      y[place] = .nan
      #expect(Double.maximum(y, count: count).isNaN)
      #expect(Double.minimum(y, count: count).isNaN)
      #expect(Double.maximumMagnitude(y, count: count).isNaN)
      #expect(Double.sum(y, count: count).isNaN)
    }
  }
}
