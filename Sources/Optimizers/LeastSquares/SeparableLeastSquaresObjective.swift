import Tensors

/// A loss ½‖r(w, ν)‖² of a model that is linear in some of its parameters, w, and not in the others, ν: what
/// ``VariableProjection`` uses.
///
/// The model is linear, not the residuals: those of a nonlinear equation are not.
public protocol SeparableLeastSquaresObjective<Scalar>: LeastSquaresObjective {
  /// Where w lies in the vector of parameters: at its beginning.
  var linearCount: Int { get }

  /// Whether w alone is trained, and ν stays as it is. There is a default of false.
  var trainsLinearOnly: Bool { get }

  /// Writes r, and the Jacobian ∂rᵢ/∂wⱼ of shape [residualCount, linearCount].
  func linearJacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>) throws

  /// Writes for each element of ν the size of a change that is neither small nor large, [layout.count − linearCount].
  ///
  /// Steps are damped in these units. There is a default of 1.
  func stepScale(at x: Tensor<Scalar>, into scale: inout Tensor<Double>)
}

extension SeparableLeastSquaresObjective {
  public var trainsLinearOnly: Bool { false }

  public func stepScale(at x: Tensor<Scalar>, into scale: inout Tensor<Double>) {
    scale.withUnsafeMutableBufferPointer { $0.update(repeating: 1) }
  }
}
