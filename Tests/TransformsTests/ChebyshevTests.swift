import Foundation
import Tensors
import Testing
import Transforms

@Suite("Chebyshev grids and transforms")
struct ChebyshevTests {
  @Test("points ascend from end to end, symmetrically")
  func points() {
    let x = ChebyshevGrid(count: 5).points
    let expected = [-1, -0.5.squareRoot(), 0, 0.5.squareRoot(), 1]
    for (a, b) in zip(x, expected) { #expect(abs(a - b) < 2e-16) }
    for j in 0..<5 { #expect(x[j] == -x[4 - j]) }
    let mapped = ChebyshevGrid(count: 8, interval: 2...6).points
    #expect(mapped.first == 2 && mapped.last == 6)
    for j in 0..<8 { #expect(abs(mapped[j] - (4 - 2 * cos(.pi * Double(j) / 7))) < 1e-15) }
  }

  @Test("coefficients of Chebyshev polynomials are unit vectors", arguments: [2, 3, 8, 17])
  func polynomials(count: Int) {
    let x = ChebyshevGrid(count: count).points
    for k in 0..<count {
      let values = Tensor(x.map { cos(Double(k) * acos(max(-1, min(1, $0)))) })
      let a = ChebyshevTransform.coefficients(of: values)
      for m in 0..<count { #expect(abs(a[m] - (m == k ? 1 : 0)) < 1e-14) }
      let back = ChebyshevTransform.values(of: a)
      #expect((back - values).maxMagnitude() < 1e-14)
    }
  }

  @Test("rows and columns are transformed alike, in both precisions")
  func layouts() {
    let (count, batch) = (9, 4)
    var stream = RandomStream(seed: 1)
    let rows = Tensor<Double>.randomNormal([batch, count], from: &stream)
    let expected = ChebyshevTransform.coefficients(of: rows)
    var columns = rows.transposed
    let transform = ChebyshevTransform<Double>(count: count, batch: batch, layout: .columns)
    columns.withUnsafeMutableBufferPointer { transform.valuesToCoefficients($0.baseAddress!) }
    #expect((columns.transposed - expected).maxMagnitude() < 1e-14)
    columns.withUnsafeMutableBufferPointer { transform.coefficientsToValues($0.baseAddress!) }
    #expect((columns.transposed - rows).maxMagnitude() < 1e-14)
    let single = ChebyshevTransform.coefficients(of: Tensor<Float>(rows))
    #expect((Tensor<Double>(single) - expected).maxMagnitude() < 1e-5)
  }

  @Test("the recurrence differentiates coefficients")
  func coefficientDerivative() {
    // T_4' = 8 T_3 + 8 T_1, T_3' = 6 T_2 + 3 T_0, T_2' = 4 T_1.
    for (k, expected) in [
      (4, [0.0, 8, 0, 8, 0]), (3, [3, 0, 6, 0, 0]), (2, [0, 4, 0, 0, 0]), (0, [0, 0, 0, 0, 0]),
    ] {
      var a = [0.0, 0, 0, 0, 0]
      a[k] = 1
      ChebyshevTransform.differentiate(&a, count: 5)
      #expect(a == expected)
    }
    // The derivative of e^{2x} on 40 points.
    let x = ChebyshevGrid(count: 40).points
    var a = ChebyshevTransform.coefficients(of: Tensor(x.map { exp(2 * $0) })).elements
    ChebyshevTransform.differentiate(&a, count: 40)
    let derivative = ChebyshevTransform.values(of: Tensor(a))
    #expect((derivative - Tensor(x.map { 2 * exp(2 * $0) })).maxMagnitude() < 4e-12)
  }

  @Test("differentiation matrices of three points are the textbook ones")
  func smallMatrices() {
    let grid = ChebyshevGrid(count: 3)
    let first = Tensor<Double>(rows: [[-1.5, 2, -0.5], [-0.5, 0, 0.5], [0.5, -2, 1.5]])
    let second = Tensor<Double>(rows: [[1, -2, 1], [1, -2, 1], [1, -2, 1]])
    #expect((grid.differentiationMatrix(order: 1) - first).maxMagnitude() < 1e-15)
    #expect((grid.differentiationMatrix(order: 2) - second).maxMagnitude() < 4e-15)
    #expect(grid.differentiationMatrix(order: 3).maxMagnitude() < 1e-14)
    #expect(grid.differentiationMatrix(order: 0) == .identity(3))
    let mapped = ChebyshevGrid(count: 3, interval: 0...1)
    #expect((mapped.differentiationMatrix(order: 2) - second * 4).maxMagnitude() < 2e-14)
  }

  @Test("differentiation matrices reach spectral accuracy at any order", arguments: 1...4)
  func matrices(order: Int) {
    let grid = ChebyshevGrid(count: 24, interval: 0...2)
    let x = grid.points
    let matrix = grid.differentiationMatrix(order: order)
    let u = Tensor(x.map { sin(3 * $0) })
    let exact = Tensor(
      x.map { (x: Double) -> Double in
        pow(3, Double(order)) * sin(3 * x + Double(order) * .pi / 2)
      })
    let error = (matmul(matrix, u) - exact).maxMagnitude()
    // The points are rounded, and the matrix amplifies that like the power 2·order of n; truncation is far below.
    #expect(error < [1e-12, 1e-10, 1e-8, 1e-6][order - 1])
    // Constants are differentiated to zero, up to the rounding of one sum.
    #expect(matmul(matrix, Tensor.ones([24])).maxMagnitude() < 1e-15 * matrix.maxMagnitude() * 4)
  }

  @Test("quadrature weights are those of Simpson and their successors, and integrate polynomials exactly")
  func quadrature() {
    let tables: [[Double]] = [
      [1, 1], [1 / 3, 4 / 3, 1 / 3], [1 / 15, 8 / 15, 4 / 5, 8 / 15, 1 / 15],
    ]
    for expected in tables {
      let weights = ChebyshevGrid(count: expected.count).quadratureWeights
      #expect(zip(weights, expected).allSatisfy { abs($0 - $1) < 1e-15 })
    }
    let grid = ChebyshevGrid(count: 12, interval: 0...3)
    for degree in 0..<12 {
      let integral = zip(grid.quadratureWeights, grid.points).reduce(0) {
        $0 + $1.0 * pow($1.1, Double(degree))
      }
      let exact = pow(3, Double(degree + 1)) / Double(degree + 1)
      #expect(abs(integral / exact - 1) < 1e-13)
    }
  }

  @Test("interpolation reproduces polynomials and hits the points")
  func interpolation() {
    let grid = ChebyshevGrid(count: 9, interval: -2...1)
    func polynomial(_ x: Double) -> Double { 1 + x * (2 - x * (0.5 + x * x * x * (x - 0.25 * x * x * x))) }
    let values = grid.points.map(polynomial)
    let targets = [-2, -1.99, -0.7, 0, 0.123, 1]
    let byMatrix = matmul(grid.interpolationMatrix(to: targets), Tensor(values))
    for (i, x) in targets.enumerated() {
      #expect(abs(grid.interpolate(values, at: x) - polynomial(x)) < 1e-12)
      #expect(abs(byMatrix[i] - polynomial(x)) < 1e-12)
    }
    for (x, value) in zip(grid.points, values) { #expect(grid.interpolate(values, at: x) == value) }
  }
}
