import Ansatz

/// The minimisation of a loss that stays as it is, with an error that is measured on the way.
final class FixedTask<Loss: LeastSquaresObjective>: TrainingTask where Loss.Scalar: OptimizerScalar {
  typealias Scalar = Loss.Scalar

  let objective: Loss
  let initialParameters: Tensor<Scalar>
  private let error: (Tensor<Scalar>) throws -> Double

  /// - Parameter error: The error of parameters; the best ones are chosen by their loss and not by this.
  init(_ objective: Loss, from x: Tensor<Scalar>, error: @escaping (Tensor<Scalar>) throws -> Double) {
    (self.objective, initialParameters, self.error) = (objective, x, error)
  }

  func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    [("loss at the point", try objective.value(at: x)), ("error", try error(x))]
  }
  func apply(_ x: Tensor<Scalar>) {}
  func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] { [] }
}
