import Optimizers
import Tensors

/// A loss whose gradient in each step is given.
final class GivenGradients: Objective {
  let layout: ParameterLayout
  let gradients: [[Double]]
  var step = 0

  init(_ gradients: [[Double]], layout: ParameterLayout? = nil) {
    self.gradients = gradients
    self.layout = layout ?? ParameterLayout(count: gradients[0].count)
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    gradient.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: gradients[step]) }
    step += 1
    return 1
  }
}

/// The same in single precision.
final class GivenFloatGradients: Objective {
  let layout: ParameterLayout
  let gradients: [[Float]]
  var step = 0

  init(_ gradients: [[Float]], layout: ParameterLayout? = nil) {
    self.gradients = gradients
    self.layout = layout ?? ParameterLayout(count: gradients[0].count)
  }

  func valueAndGradient(at x: Tensor<Float>, gradient: inout Tensor<Float>) throws -> Double {
    gradient.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: gradients[step]) }
    step += 1
    return 1
  }
}

/// ½ xᵀ A x for a symmetric A.
struct Quadratic: LeastSquaresObjective {
  let matrix: [[Double]]
  let layout: ParameterLayout

  init(_ matrix: [[Double]]) {
    self.matrix = matrix
    layout = ParameterLayout(count: matrix.count)
  }

  init(diagonal: [Double]) {
    self.init(diagonal.indices.map { i in diagonal.indices.map { $0 == i ? diagonal[i] : 0 } })
  }

  func product(_ x: [Double]) -> [Double] { matrix.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } } }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    let g = product(x.elements)
    gradient.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: g) }
    return 0.5 * zip(g, x.elements).reduce(0) { $0 + $1.0 * $1.1 }
  }

  // As a sum of squares only where A is diagonal.
  var residualCount: Int { matrix.count }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    let x = x.elements
    residuals.withUnsafeMutableBufferPointer { r in
      for i in r.indices { r[i] = matrix[i][i].squareRoot() * x[i] }
    }
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    let n = matrix.count
    jacobian.withUnsafeMutableBufferPointer { j in
      j.update(repeating: 0)
      for i in 0..<n { j[i * n + i] = matrix[i][i].squareRoot() }
    }
  }
}

/// Rosenbrock's function as half a sum of squares: ½ (100 (y − x²)² + (1 − x)²) · 2.
struct Rosenbrock: LeastSquaresObjective {
  let layout = ParameterLayout(count: 2)
  let residualCount = 2

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    let (a, b) = (x[0], x[1])
    let (bend, gap) = (b - a * a, 1 - a)
    gradient.withUnsafeMutableBufferPointer {
      $0[0] = -400 * a * bend - 2 * gap
      $0[1] = 200 * bend
    }
    return 100 * bend * bend + gap * gap
  }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    let root = 2.0.squareRoot()
    let (a, b) = (x[0], x[1])
    residuals.withUnsafeMutableBufferPointer {
      $0[0] = root * 10 * (b - a * a)
      $0[1] = root * (1 - a)
    }
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    let root = 2.0.squareRoot()
    let a = x[0]
    jacobian.withUnsafeMutableBufferPointer {
      $0[0] = root * -20 * a
      $0[1] = root * 10
      $0[2] = -root
      $0[3] = 0
    }
  }
}

/// Rosenbrock's valley in many dimensions, ½ Σ 100 (x_{i+1} − x_i²)² + (1 − x_i)²: evaluations allocate nothing.
struct Valley: LeastSquaresObjective {
  let layout: ParameterLayout
  let maps: ValleyMaps
  var residualCount: Int { 2 * (layout.count - 1) }

  init(layout: ParameterLayout) { (self.layout, maps) = (layout, ValleyMaps(layout)) }

  func value(at x: Tensor<Double>) throws -> Double {
    x.withUnsafeBufferPointer { x in
      var sum = 0.0
      for i in 0..<x.count - 1 {
        let (bend, gap) = (10 * (x[i + 1] - x[i] * x[i]), 1 - x[i])
        sum += bend * bend + gap * gap
      }
      return 0.5 * sum
    }
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    x.withUnsafeBufferPointer { x in
      gradient.withUnsafeMutableBufferPointer { g in
        g.update(repeating: 0)
        for i in 0..<x.count - 1 {
          let (bend, gap) = (100 * (x[i + 1] - x[i] * x[i]), 1 - x[i])
          g[i] -= 2 * x[i] * bend + gap
          g[i + 1] += bend
        }
      }
    }
    return try value(at: x)
  }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    x.withUnsafeBufferPointer { x in
      residuals.withUnsafeMutableBufferPointer { r in
        for i in 0..<x.count - 1 { (r[2 * i], r[2 * i + 1]) = (10 * (x[i + 1] - x[i] * x[i]), 1 - x[i]) }
      }
    }
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    try self.residuals(at: x, into: &residuals)
    x.withUnsafeBufferPointer { x in
      jacobian.withUnsafeMutableBufferPointer { j in
        let n = x.count
        j.update(repeating: 0)
        for i in 0..<n - 1 {
          j[2 * i * n + i] = -20 * x[i]
          j[2 * i * n + i + 1] = 10
          j[(2 * i + 1) * n + i] = -1
        }
      }
    }
  }
}

extension Quadratic: CurvatureObjective {
  func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>) throws {
    product = Tensor(self.product(v.elements))
  }

  func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
    throws
  {
    try hessianProduct(at: x, v, into: &product)
  }
}

extension Valley: CurvatureObjective {
  func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>) throws {
    try self.product(x, v, &product, isHessian: true)
  }

  func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
    throws
  {
    try self.product(x, v, &product, isHessian: false)
  }

  private func product(
    _ x: Tensor<Double>, _ v: Tensor<Double>, _ product: inout Tensor<Double>, isHessian: Bool
  ) throws {
    x.withUnsafeBufferPointer { x in
      v.withUnsafeBufferPointer { v in
        product.withUnsafeMutableBufferPointer { out in
          out.update(repeating: 0)
          for i in 0..<x.count - 1 {
            // The residual 10 (x_{i+1} − x_i²) has the second derivative −20.
            let slope = -20 * x[i] * v[i] + 10 * v[i + 1]
            out[i] += -20 * x[i] * slope + v[i]
            out[i + 1] += 10 * slope
            if isHessian { out[i] -= 20 * 10 * (x[i + 1] - x[i] * x[i]) * v[i] }
          }
        }
      }
    }
  }
}

extension PoissonNetwork: CurvatureObjective {
  func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
    throws
  {
    var (r, j) = (Tensor<Double>.zeros([residualCount]), Tensor<Double>.zeros([residualCount, layout.count]))
    try jacobian(at: x, residuals: &r, jacobian: &j)
    product = matmul(matmul(j, v), j)
  }

  /// By differences of gradients.
  func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>) throws {
    var (above, below) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros(x.shape))
    _ = try valueAndGradient(at: x + 1e-5 * v, gradient: &above)
    _ = try valueAndGradient(at: x - 1e-5 * v, gradient: &below)
    product = (above - below) / 2e-5
  }
}

/// Makes one step after another as a trainer would.
func train<Loss: Objective, Method: GradientOptimizer>(
  _ objective: Loss, from x: [Loss.Scalar], steps: Int, with method: Method
) throws -> [[Loss.Scalar]] where Method.Scalar == Loss.Scalar {
  var (method, x) = (method, Tensor(x))
  return try (0..<steps).map { _ in
    _ = try method.step(objective, at: &x)
    return x.elements
  }
}

/// The same for a method of any type.
func trainAny(
  _ objective: some Objective<Double>, from x: [Double], steps: Int,
  with method: any GradientOptimizer<Double>
) throws -> [[Double]] {
  func opened<Method: GradientOptimizer<Double>>(_ method: Method) throws -> [[Double]] {
    try train(objective, from: x, steps: steps, with: method)
  }
  return try opened(method)
}

func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
