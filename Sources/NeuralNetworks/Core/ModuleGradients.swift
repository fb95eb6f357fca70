import Autodiff
import Tensors

extension Module {
  /// A loss of this model at its present parameters, and the gradient with respect to each of them.
  ///
  /// For exploring, as `valueAndGradients(at:of:)`: the loss is recorded anew in every call.
  ///
  ///     let (loss, slopes) = model.valueAndGradients { (model(x) - y).squared.mean(axes: nil) }
  ///
  /// - Parameter loss: The loss, which uses the model; where it has several elements, their sum is differentiated.
  /// - Returns: The loss, and the gradients of the trainable parameters under their names, each of its parameter's shape.
  public func valueAndGradients(
    of loss: () throws -> Tensor<Scalar>
  ) rethrows -> (value: Tensor<Scalar>, gradients: [String: Tensor<Scalar>]) {
    let own = trainableParameters
    let parameters = own.map(\.parameter)
    let (value, gradients) = try Autodiff.valueAndGradients(at: parameters.map(\.wrappedValue)) { values in
      try recording(parameters, as: values, loss)
    }
    return (value, Dictionary(uniqueKeysWithValues: zip(own.map(\.name), gradients)))
  }
}
