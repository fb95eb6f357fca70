import Tensors

/// A function's value at some tensors, and its gradient with respect to each.
///
/// For exploring: the function is recorded, differentiated, planned and run once. What is evaluated many times is a
/// ``Program``, which does the first three once.
///
///     let (value, slopes) = valueAndGradients(at: [x, w]) { matmul($0[0], $0[1]).squared.sum(axes: nil) }
///
/// - Parameters:
///   - points: The arguments.
///   - function: A function of the arguments in their order; where the result has several elements, their sum is
///     differentiated.
/// - Returns: The value, and one tensor per argument, of its shape.
public func valueAndGradients<Scalar>(
  at points: [Tensor<Scalar>], of function: ([Tensor<Scalar>]) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradients: [Tensor<Scalar>]) {
  precondition(
    points.allSatisfy { !$0.isRecorded },
    "a gradient at recorded tensors is recorded too: use gradients(of:withRespectTo:)")
  let program = try Program(points.map { .shared($0.shape) }) { values in
    let result = try function(values)
    return [result] + gradients(of: result, withRespectTo: values)
  }
  let outputs = program(points)
  return (outputs[0], Array(outputs[1...]))
}

/// A function's value at a tensor, and its gradient. See ``valueAndGradients(at:of:)``.
public func valueAndGradient<Scalar>(
  at point: Tensor<Scalar>, of function: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> (value: Tensor<Scalar>, gradient: Tensor<Scalar>) {
  let (value, gradients) = try valueAndGradients(at: [point]) { try function($0[0]) }
  return (value, gradients[0])
}

/// A function's gradient at a tensor: `gradient(at: x) { sin($0).sum(axes: nil) }` is cos x.
public func gradient<Scalar>(
  at point: Tensor<Scalar>, of function: (Tensor<Scalar>) throws -> Tensor<Scalar>
) rethrows -> Tensor<Scalar> {
  try valueAndGradient(at: point, of: function).gradient
}
