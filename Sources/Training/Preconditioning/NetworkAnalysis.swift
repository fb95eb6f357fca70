import Autodiff
import Equations
import NeuralNetworks
import Optimizers
import Tensors

/// What gradient descent is up against with a network: condition numbers of the operator matrix A = JᵀJ, where J is the
/// Jacobian of the weighted residuals at the first parameters.
///
/// A network has more parameters than residuals tell apart, so that A is singular: the condition is that of the part above
/// rounding, and the rank says how large that is. Only linear models have the same A throughout a training; for a network
/// the numbers hold near the start.
public struct NetworkAnalysis: Sendable {
  public let parameters, residuals: Int
  /// The spectrum of A.
  public let plain: OperatorConditioning
  /// The same where every parameter is scaled so that the diagonal of A is 1: what methods with a rate for each parameter,
  /// such as Adam, can undo at best.
  public let scaled: OperatorConditioning
  /// The same where layers that take Fourier features are scaled by the symbol of the equation; nil where there is no such
  /// layer or no symbol.
  public let preconditioned: OperatorConditioning?

  /// The largest number of parameters that are analysed.
  public static var limit: Int { 3000 }

  /// Analyses a loss at parameters.
  ///
  /// - Parameter scale: The scale of the parameters by the symbol, where there is one.
  /// - Throws: `TrainingError` for more than ``limit`` parameters, and what the objective throws.
  public init<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: Tensor<Loss.Scalar>, scale: Tensor<Loss.Scalar>? = nil
  ) throws where Loss.Scalar: OptimizerScalar {
    (parameters, residuals) = (objective.layout.count, objective.residualCount)
    guard parameters <= Self.limit else {
      throw TrainingError(
        "the network has \(parameters) parameters, and at most \(Self.limit) are analysed: take smaller widths"
      )
    }
    let matrix = try OperatorConditioning.matrix(objective, at: x)
    plain = try OperatorConditioning(matrix)
    let n = parameters
    let diagonal = Tensor<Double>(
      (0..<n).map { i in
        let own = matrix.elements[i * n + i]
        return own > 0 ? 1 / own.squareRoot() : 1
      })
    scaled = try OperatorConditioning(matrix, scale: diagonal)
    preconditioned = try scale.map { try OperatorConditioning(matrix, scale: Tensor<Double>($0)) }
  }
}
