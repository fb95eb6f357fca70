import Foundation
import Tensors
import Testing

@Suite("Tensors")
struct TensorTests {
  // Apart from `#expect`, whose operands would take the type checker long.
  func check<Scalar>(
    _ tensor: Tensor<Scalar>, _ elements: [Scalar], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(tensor.elements == elements, sourceLocation: sourceLocation)
  }

  @Test("tensors are values: writing one leaves its copies alone")
  func values() {
    let a = Tensor<Double>.arange(6).reshaped([2, 3])
    var b = a
    b[1, 2] = 100
    var c = b.reshaped([6])
    c[0] = -1
    check(a, [0, 1, 2, 3, 4, 5])
    check(b, [0, 1, 2, 3, 4, 100])
    check(c, [-1, 1, 2, 3, 4, 100])
    #expect(a[1, 0] == 3)
    #expect(a != b)
    #expect(a == Tensor(rows: [[0, 1, 2], [3, 4, 5]]))
    #expect(Tensor<Double>(7).scalar == 7)
  }

  @Test("creation")
  func creation() {
    check(Tensor<Float>.zeros([2, 2]), [0, 0, 0, 0])
    check(Tensor<Float>.ones([3]), [1, 1, 1])
    check(Tensor<Double>.full([2], 3.5), [3.5, 3.5])
    check(Tensor<Double>.linspace(-1, 1, count: 5), [-1, -0.5, 0, 0.5, 1])
    check(Tensor<Double>.linspace(0.1, 0.7, count: 1), [0.1])
    check(Tensor<Double>.identity(2), [1, 0, 0, 1])
    var stream = RandomStream(seed: 4)
    let u = Tensor<Double>.randomUniform([1000], in: -2..<3, from: &stream)
    #expect(u.min() >= -2 && u.max() < 3 && u.min() < -1.9 && u.max() > 2.9)
    #expect(u[17] == RandomStream(seed: 4).uniform(at: 17) * 5 - 2)
    let n = Tensor<Float>.randomNormal([8], mean: 10, deviation: 2, from: &stream)
    #expect(n[0] == Float(RandomStream(seed: 4).normal(at: 1000)) * 2 + 10)
  }

  @Test("arithmetic with tensors and numbers, in and out of place")
  func arithmetic() {
    let a = Tensor<Double>([1, 2, 3, 4])
    let b = Tensor<Double>([4, 3, 2, 1])
    check((a + b), [5, 5, 5, 5])
    check((a - b), [-3, -1, 1, 3])
    check((a * b), [4, 6, 6, 4])
    check((a / b), [0.25, 2.0 / 3.0, 1.5, 4])
    check((-a), [-1, -2, -3, -4])
    check(a + 1, [2, 3, 4, 5])
    check(1 + a, [2, 3, 4, 5])
    check(a - 1, [0, 1, 2, 3])
    check(1 - a, [0, -1, -2, -3])
    check(a * 3, [3, 6, 9, 12])
    check(3 * a, [3, 6, 9, 12])
    check(a / 3, [1.0 / 3, 2.0 / 3, 1, 4.0 / 3])
    check(12 / a, [12, 6, 4, 3])
    var c = a
    c += b
    c *= 2
    c -= a
    c /= b
    check(c, [9.0 / 4, 8.0 / 3, 7.0 / 2, 6])
    c -= 1
    c += 3
    c /= 2
    c *= a
    check(c, [17.0 / 8, 8.0 / 3 - 1 + 3, 33.0 / 4, 16])
    check(a, [1, 2, 3, 4])
    check(a .< b, [1, 1, 0, 0])
    check(a .> b, [0, 0, 1, 1])
    check((a .< b).select(a, else: b), [1, 2, 2, 1])
    check(min(a, b), [1, 2, 2, 1])
    check(max(a, b), [4, 3, 3, 4])
  }

  @Test("operands are broadcast along axes of length one and missing axes")
  func broadcasting() {
    let a = Tensor<Double>.arange(6).reshaped([2, 3])
    check((a + Tensor([10, 20, 30])), [10, 21, 32, 13, 24, 35])
    check((a * Tensor(rows: [[2], [3]])), [0, 2, 4, 9, 12, 15])
    check((Tensor(rows: [[1], [2]]) - Tensor([1, 2, 3])), [0, -1, -2, 1, 0, -1])
    check((a + Tensor(1)), [1, 2, 3, 4, 5, 6])
    let cube = Tensor<Double>.arange(4).reshaped([2, 1, 2]) + Tensor<Double>([0, 10, 20]).reshaped([3, 1])
    #expect(cube.shape == [2, 3, 2])
    check(cube, [0, 1, 10, 11, 20, 21, 2, 3, 12, 13, 22, 23])
    var b = a
    b -= Tensor([1, 1, 1])
    check(b, [-1, 0, 1, 2, 3, 4])
  }

  @Test("functions of every element agree with the C library")
  func functions() {
    let x = Tensor<Double>.linspace(0.05, 0.95, count: 37)
    let functions: [((Tensor<Double>) -> Tensor<Double>, (Double) -> Double)] = [
      (exp, Foundation.exp), (expm1, Foundation.expm1), (log, Foundation.log), (log1p, Foundation.log1p),
      (sin, Foundation.sin), (cos, Foundation.cos), (tan, Foundation.tan), (asin, Foundation.asin),
      (acos, Foundation.acos), (atan, Foundation.atan), (sinh, Foundation.sinh), (cosh, Foundation.cosh),
      (tanh, Foundation.tanh), (erf, Foundation.erf), (sqrt, { $0.squareRoot() }), (abs, { Swift.abs($0) }),
    ]
    for (index, (function, reference)) in functions.enumerated() {
      let y = function(x)
      for i in 0..<37 {
        let expected = reference(x[i])
        #expect(Swift.abs(y[i] - expected) <= 3 * expected.ulp, "function \(index) at \(x[i])")
      }
    }
    let signed = Tensor<Double>([-2, 0, 3])
    check(sign(signed), [-1, 0, 1])
    check(step(signed), [0, 0.5, 1])
    check(pow(signed, 3), [-8, 0, 27])
    check(pow(Tensor<Double>([4, 9]), 0.5), [2, 3])
    check(signed.squared, [4, 0, 9])
    check(signed.clamped(to: -1...1), [-1, 0, 1])
  }

  @Test("large tensors are worked on in tiles, with the same result everywhere")
  func tiles() {
    let count = 3 * (1 << 14) + 5
    let x = Tensor<Double>.arange(count)
    let y = x * 2 + x
    let expected = (0..<count).map { 3 * Double($0) }
    check(y, expected)
  }

  @Test("transposing, slicing, concatenating and stacking")
  func rearranging() {
    let a = Tensor<Double>.arange(24).reshaped([2, 3, 4])
    let t = a.transposed([2, 0, 1])
    #expect(t.shape == [4, 2, 3])
    for i in 0..<2 { for j in 0..<3 { for k in 0..<4 { #expect(t[k, i, j] == a[i, j, k]) } } }
    #expect(a.transposed.shape == [4, 3, 2] && a.transposed[3, 2, 1] == 23)
    #expect(a.transposed.transposed == a)
    let s = a.slice(axis: 1, 1..<3)
    #expect(s.shape == [2, 2, 4] && s[1, 0, 2] == a[1, 1, 2])
    check(a.slice(axis: -1, 3..<4), [3, 7, 11, 15, 19, 23])
    #expect(a.entry(axis: 0, 1).elements == (12..<24).map(Double.init))
    #expect(a.slice(axis: 0, 1..<1).count == 0)
    for axis in 0..<3 {
      let cut = a.shape[axis] - 1
      let parts = [a.slice(axis: axis, 0..<cut), a.slice(axis: axis, cut..<cut + 1)]
      #expect(Tensor.concatenated(parts, axis: axis) == a)
      let stack = Tensor.stacked([a, a * 2], axis: axis)
      #expect(stack.entry(axis: axis, 0) == a && stack.entry(axis: axis, 1) == a * 2)
    }
    #expect(a.broadcast(to: [5, 2, 3, 4]).entry(axis: 0, 3) == a)
  }

  @Test(
    "products of matrices agree with the definition",
    arguments: [(1, 1, 1), (3, 4, 5), (17, 64, 64), (500, 33, 129)])
  func products(rows: Int, inner: Int, columns: Int) {
    var stream = RandomStream(seed: 1)
    let a = Tensor<Double>.randomNormal([rows, inner], from: &stream)
    let b = Tensor<Double>.randomNormal([inner, columns], from: &stream)
    let c = matmul(a, b)
    #expect(c.shape == [rows, columns])
    let (x, y, z) = (a.elements, b.elements, c.elements)
    var worst = 0.0
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = 0.0
        for k in 0..<inner { sum += x[i * inner + k] * y[k * columns + j] }
        worst = Swift.max(worst, Swift.abs(sum - z[i * columns + j]))
      }
    }
    #expect(worst < 1e-14 * Double(inner + 10))
    let single = matmul(
      Tensor(shape: [rows, inner], x.map(Float.init)), Tensor(shape: [inner, columns], y.map(Float.init)))
    #expect(zip(single.elements, z).allSatisfy { Swift.abs(Double($0) - $1) < 1e-5 * Double(inner + 10) })
  }

  @Test("vectors stand for a row on the left and a column on the right; leading axes are rows")
  func productShapes() {
    let a = Tensor<Double>(rows: [[1, 2], [3, 4]])
    let v = Tensor<Double>([5, 6])
    check(matmul(a, v), [17, 39])
    #expect(matmul(a, v).shape == [2])
    check(matmul(v, a), [23, 34])
    #expect(matmul(v, a).shape == [2])
    #expect(matmul(v, v).shape == [] && matmul(v, v).scalar == 61)
    let stack = Tensor.stacked([a, a * 10])
    #expect(matmul(stack, a).shape == [2, 2, 2])
    check(matmul(stack, a), [7, 10, 15, 22, 70, 100, 150, 220])
  }
}
