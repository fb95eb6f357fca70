import Tensors

/// A tensor of a model that training changes, or that is saved with it.
///
/// A parameter is a reference: copies of a layer share it, so weights are shared by using one layer twice. While a step
/// is recorded it stands for a value of the graph (see ``recording(_:as:_:)``).
@propertyWrapper
public final class Parameter<Scalar: Real>: @unchecked Sendable {
  // Unchecked: a model is built, recorded and updated by one thread at a time.

  /// The elements.
  public var wrappedValue: Tensor<Scalar>
  /// Whether training changes it; fixed tensors, such as random frequencies, are saved all the same.
  public let isTrainable: Bool

  /// A parameter that training changes.
  public init(wrappedValue: Tensor<Scalar>) { (self.wrappedValue, isTrainable) = (wrappedValue, true) }

  /// A parameter that training leaves as it is where `isTrainable` is false.
  public init(wrappedValue: Tensor<Scalar>, isTrainable: Bool) {
    (self.wrappedValue, self.isTrainable) = (wrappedValue, isTrainable)
  }

  /// The parameter itself.
  public var projectedValue: Parameter { self }
}

/// A parameter and its place in a model.
public struct NamedParameter<Scalar: Real> {
  /// Property names and positions, as in `layers.0.weight`: the names of tensors in files.
  public let name: String
  public let parameter: Parameter<Scalar>
}

/// Calls `body` while parameters stand for other tensors, such as inputs of a program that is being recorded.
public func recording<Scalar, Result>(
  _ parameters: [Parameter<Scalar>], as tensors: [Tensor<Scalar>], _ body: () throws -> Result
) rethrows -> Result {
  let values = parameters.map(\.wrappedValue)
  for (parameter, tensor) in zip(parameters, tensors) {
    precondition(
      parameter.wrappedValue.shape == tensor.shape,
      "a parameter of shape \(parameter.wrappedValue.shape) cannot stand for a tensor of shape \(tensor.shape)"
    )
    parameter.wrappedValue = tensor
  }
  defer { for (parameter, value) in zip(parameters, values) { parameter.wrappedValue = value } }
  return try body()
}
