import Tensors

/// A loss that depends on one vector of parameters.
///
/// Evaluations are pure: the same parameters give the same bits, as long as the objective is not changed (other points,
/// other samples), which its owner tells the optimizer by ``Optimizer/objectiveChanged()``. Vectors have the length of
/// `layout`; what is written to exists already, so that an evaluation need not allocate.
public protocol Objective<Scalar> {
  /// The type of the parameters.
  associatedtype Scalar: Real

  /// How the parameters lie in their vector.
  var layout: ParameterLayout { get }

  /// The loss.
  /// - Throws: what the evaluation throws. A loss that is infinite or NaN is a value, and no error.
  func value(at x: Tensor<Scalar>) throws -> Double

  /// The loss, and its gradient in `gradient`. Of a complex parameter z = a + ib, the gradient is ∂/∂a + i ∂/∂b.
  func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double
}

extension Objective {
  /// The loss, by way of the gradient.
  public func value(at x: Tensor<Scalar>) throws -> Double {
    var gradient = Tensor<Scalar>.zeros([layout.count])
    return try valueAndGradient(at: x, gradient: &gradient)
  }
}

/// A loss that is half a sum of squares, ½‖r(x)‖², whose residuals r are known one by one.
///
/// Weights and means belong into the residuals: the loss ½ w mean(q²) has r = q √(w/N).
public protocol LeastSquaresObjective<Scalar>: Objective {
  /// The length of r.
  var residualCount: Int { get }

  /// Writes r.
  func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws

  /// Writes r, and the Jacobian ∂rᵢ/∂xⱼ of shape [residualCount, layout.count].
  func jacobian(at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>) throws

  /// Writes the losses at x + steps[k] direction, for searches on a grid. `scratch` has the length of x.
  ///
  /// There is a default, one point after another; several points at a time are faster for small models.
  func values(
    from x: Tensor<Scalar>, along direction: Tensor<Scalar>, steps: [Double], scratch: inout Tensor<Scalar>,
    into values: inout [Double]) throws
}

extension LeastSquaresObjective {
  public func values(
    from x: Tensor<Scalar>, along direction: Tensor<Scalar>, steps: [Double], scratch: inout Tensor<Scalar>,
    into values: inout [Double]
  ) throws {
    for (k, step) in steps.enumerated() {
      scratch.setToSum(of: x, and: direction, times: Scalar(step))
      values[k] = try value(at: scratch)
    }
  }
}

/// A loss whose second derivatives can be applied to a vector.
public protocol CurvatureObjective<Scalar>: Objective {
  /// Writes H v, with the Hessian H of the loss at x.
  func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>) throws

  /// Writes G v, with the Gauss-Newton matrix of the loss at x: the Hessian without second derivatives of the model,
  /// which is positive semidefinite.
  func gaussNewtonProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
}

extension Tensor {
  /// Sets every element to a + s b.
  mutating func setToSum(of a: Tensor, and b: Tensor, times s: Scalar) {
    withUnsafeMutableBufferPointer { out in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          guard let to = out.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
          to.update(from: a, count: out.count)
          Scalar.axpy(s, b, to, count: out.count)
        }
      }
    }
  }
}
