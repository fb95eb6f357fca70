import Tensors

/// Vectors that are kept from step to step.
final class ScalingMemory<Scalar: Real> {
  /// θ̂, θ, and a direction that is scaled before it goes in.
  var hat, point, direction: Tensor<Scalar>

  init(count: Int) {
    hat = .zeros([count])
    point = .zeros([count])
    direction = .zeros([count])
  }
}

/// A loss of θ as a loss of θ̂, where θ = P θ̂ with a diagonal P.
struct ScaledObjective<Base: Objective>: Objective {
  typealias Scalar = Base.Scalar

  let base: Base
  let scale: Tensor<Scalar>
  let memory: ScalingMemory<Scalar>

  var layout: ParameterLayout { base.layout }

  func value(at x: Tensor<Scalar>) throws -> Double {
    memory.point.setToProduct(of: x, and: scale)
    return try base.value(at: memory.point)
  }

  func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    memory.point.setToProduct(of: x, and: scale)
    let value = try base.valueAndGradient(at: memory.point, gradient: &gradient)
    gradient.multiply(by: scale)
    return value
  }
}

extension ScaledObjective: LeastSquaresObjective where Base: LeastSquaresObjective {
  var residualCount: Int { base.residualCount }

  func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    memory.point.setToProduct(of: x, and: scale)
    try base.residuals(at: memory.point, into: &residuals)
  }

  func jacobian(at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>) throws
  {
    memory.point.setToProduct(of: x, and: scale)
    try base.jacobian(at: memory.point, residuals: &residuals, jacobian: &jacobian)
    jacobian.multiply(by: scale)
  }
}

extension ScaledObjective: CurvatureObjective where Base: CurvatureObjective {
  func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>) throws {
    memory.point.setToProduct(of: x, and: scale)
    memory.direction.setToProduct(of: v, and: scale)
    try base.hessianProduct(at: memory.point, memory.direction, into: &product)
    product.multiply(by: scale)
  }

  func gaussNewtonProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
  {
    memory.point.setToProduct(of: x, and: scale)
    memory.direction.setToProduct(of: v, and: scale)
    try base.gaussNewtonProduct(at: memory.point, memory.direction, into: &product)
    product.multiply(by: scale)
  }
}

extension Tensor {
  /// Becomes a · b, number by number, in the memory that it has.
  mutating func setToProduct(of a: Tensor, and b: Tensor) {
    setToCopy(of: a)
    multiply(by: b)
  }

  /// Multiplies every row, as long as b, by b.
  mutating func multiply(by b: Tensor) {
    precondition(count % b.count == 0, "rows of a shape \(shape) times a shape \(b.shape)")
    withUnsafeMutableBufferPointer { out in
      b.withUnsafeBufferPointer { b in
        for start in stride(from: 0, to: out.count, by: b.count) {
          Scalar.multiply(out.baseAddress! + start, b.baseAddress!, count: b.count)
        }
      }
    }
  }
}
