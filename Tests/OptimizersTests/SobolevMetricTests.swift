import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Sobolev metrics")
struct SobolevMetricTests {
  static let grids: [GridLaplacian] = [
    GridLaplacian(periodic: [9], lengths: [2]),
    GridLaplacian(axes: [GridAxis(count: 8, spacing: 0.3, boundary: .dirichlet)], placement: .vertices),
    GridLaplacian(axes: [GridAxis(count: 7, spacing: 0.3, boundary: .neumann)], placement: .vertices),
    GridLaplacian(
      axes: [
        GridAxis(count: 4, spacing: 0.5, low: .dirichlet, high: .neumann),
        GridAxis(count: 6, spacing: 0.2, boundary: .periodic),
      ], placement: .vertices, symbol: .stencil),
    GridLaplacian(axes: [GridAxis(count: 5, spacing: 1, boundary: .neumann)], symbol: .stencil),
  ]

  /// The columns of a map of one field.
  private func matrix(_ laplacian: GridLaplacian, _ map: (Tensor<Double>) -> Tensor<Double>) -> Matrix<Double>
  {
    let n = laplacian.count
    var out = Matrix<Double>(rows: n, columns: n)
    for j in 0..<n {
      var unit = [Double](repeating: 0, count: n)
      unit[j] = 1
      let column = map(Tensor(shape: [1] + laplacian.shape, unit)).elements
      for i in 0..<n { out[i, j] = column[i] }
    }
    return out
  }

  @Test(
    "P is the dense power of 1 + ℓ² L, and its root squares to it", arguments: grids.indices,
    [-1.0, -0.5, 0.5, 1, 2])
  func powers(grid: Int, order: Double) throws {
    let laplacian = Self.grids[grid]
    let apply = laplacian.function { $0 }
    let l = matrix(laplacian) { apply($0) }
    let weights = laplacian.pointWeights ?? [Double](repeating: 1, count: laplacian.count)
    // √w L / √w is symmetric, and so has real powers by its eigenvectors.
    var symmetric = l
    for i in 0..<l.rows { for j in 0..<l.rows { symmetric[i, j] *= (weights[i] / weights[j]).squareRoot() } }
    let eigen = try SymmetricEigen(symmetric)
    func power(_ s: Double) -> Matrix<Double> {
      let scaled = eigen.values.map { pow(1 + 0.49 * max($0, 0), -s) }
      return eigen.vectors * Matrix.diagonal(scaled) * eigen.vectors.transposed
    }
    let metric = SobolevMetric(laplacian, order: order, length: 0.7)
    let (p, root) = (matrix(laplacian) { metric.applied(to: $0) }, matrix(laplacian) { metric.whitened($0) })
    let (wanted, half) = (power(order), power(order / 2))
    let size = wanted.maxMagnitude
    for i in 0..<l.rows {
      for j in 0..<l.rows {
        let scale = (weights[i] / weights[j]).squareRoot()
        #expect(abs(scale * p[i, j] - wanted[i, j]) < 1e-11 * size)
        #expect(abs(root[i, j] - half[i, j] * weights[j].squareRoot()) < 1e-11 * size)
      }
    }
    // ⟨x, P x⟩ is the square of the whitened x.
    let gram = root.transposed * root
    for i in 0..<l.rows {
      for j in 0..<l.rows { #expect(abs(gram[i, j] - weights[i] * p[i, j]) < 1e-10 * size) }
    }
  }

  @Test("the homogeneous form counts constants like the smoothest waves")
  func homogeneous() {
    let laplacian = GridLaplacian(periodic: [12], lengths: [2 * .pi])
    let metric = SobolevMetric(laplacian, order: 1, form: .homogeneous)
    let x = (0..<12).map { 2 * Double.pi * Double($0) / 12 }
    let field = Tensor(shape: [1, 12], x.map { 2 + cos($0) + 9 * sin(3 * $0) })
    let wanted = x.map { 2 + cos($0) + sin(3 * $0) }
    #expect(largestDifference(metric.applied(to: field).elements, wanted) < 1e-13)
  }

  @Test("gradient descent on a Fourier model: κ = K⁴ without, K² with P = 1/k, 1 with 1/k²")
  func fourierModel() throws {
    let modes = 16
    let curvature = (1...modes).map { pow(Double($0), 4) }
    /// The condition of θ̂, and the number of steps of 2/(L + μ) after which no error is above 10⁻⁶ of its start.
    func descent(_ power: Double, limit: Int) throws -> (condition: Double, steps: Int, rate: Double) {
      let scale = Tensor((1...modes).map { pow(Double($0), -power) })
      let scaled = zip(curvature, scale.elements).map { $0 * $1 * $1 }
      let (least, largest) = (scaled.min()!, scaled.max()!)
      var method = SGD<Double>(rate: .constant(2 / (least + largest))).reparametrized(by: scale)
      var x = scale
      var rate = 0.0
      for step in 1...limit {
        let before = x[0]
        _ = try method.step(Quadratic(diagonal: curvature), at: &x)
        rate = x[0] / before
        if (0..<modes).allSatisfy({ abs(x[$0]) <= 1e-6 * scale[$0] }) {
          return (largest / least, step, rate)
        }
      }
      return (largest / least, limit, rate)
    }
    // The error falls by (κ − 1)/(κ + 1) a step.
    let plain = try descent(0, limit: 50)
    #expect(plain.condition == 65_536 && plain.steps == 50)
    #expect(abs(log(1e-6) / log(plain.rate) - 4.527e5) < 0.01e5)
    let half = try descent(1, limit: 2000)
    #expect(abs(half.condition - 256) < 1e-9)
    #expect(abs(half.steps - 1768) <= 1)
    let whole = try descent(2, limit: 3)
    #expect(abs(whole.condition - 1) < 1e-12 && whole.steps == 1)
  }
}
