import Algebra
import Optimizers
import Tensors

/// How well a model suits gradient descent on a loss: the spectrum of A = JᵀJ, where J is the Jacobian of the weighted
/// residuals.
///
/// With a loss from an equation Du = f, Aᵢⱼ = ⟨Dφᵢ, Dφⱼ⟩ + λ⟨φᵢ, φⱼ⟩ on the boundary, where φᵢ = ∂u/∂θᵢ; gradient descent
/// contracts by 1 − c/κ(A) (De Ryck, Bonnet, Mishra & de Bézenac, ICLR 2024).
public struct OperatorConditioning: Sendable {
  /// The eigenvalues of A, falling.
  public let eigenvalues: [Double]

  /// How many eigenvalues are above the rounding errors of the largest.
  public var rank: Int {
    guard let largest = eigenvalues.first, largest > 0 else { return 0 }
    return eigenvalues.count { $0 > 1e-13 * largest }
  }

  /// κ(A): the largest eigenvalue over the smallest one that is not rounding.
  public var condition: Double { rank == 0 ? .infinity : eigenvalues[0] / eigenvalues[rank - 1] }

  /// The rate of gradient descent that contracts fastest on a quadratic loss, 2/(λ₁ + λₙ).
  public var bestRate: Double { rank == 0 ? 0 : 2 / (eigenvalues[0] + eigenvalues[rank - 1]) }

  /// The spectrum at parameters.
  ///
  /// - Parameter scale: The diagonal of P in θ = P θ̂, for the spectrum of PᵀAP.
  /// - Throws: What the objective throws, and `FactorizationError` for numbers that are not finite.
  public init<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: Tensor<Loss.Scalar>, scale: Tensor<Loss.Scalar>? = nil
  ) throws where Loss.Scalar: OptimizerScalar {
    let matrix = try Self.matrix(objective, at: x)
    try self.init(matrix, scale: scale.map { Tensor<Double>($0) })
  }

  /// The spectrum of PᵀAP for a symmetric matrix A.
  init(_ matrix: Tensor<Double>, scale: Tensor<Double>? = nil) throws {
    let n = matrix.shape[0]
    let scaled = scale.map { matrix * $0 * $0.reshaped([n, 1]) } ?? matrix
    eigenvalues = try SymmetricEigen(Matrix(rows: n, columns: n, columnMajor: scaled.elements)).values
      .reversed()
  }

  /// A.
  static func matrix<Loss: LeastSquaresObjective>(_ objective: Loss, at x: Tensor<Loss.Scalar>) throws
    -> Tensor<Double> where Loss.Scalar: OptimizerScalar
  {
    let (rows, columns) = (objective.residualCount, objective.layout.count)
    var residuals = Tensor<Loss.Scalar>.zeros([rows])
    var jacobian = Tensor<Loss.Scalar>.zeros([rows, columns])
    try objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
    let doubles = Tensor<Double>(jacobian)
    return matmul(doubles.transposed([1, 0]), doubles)
  }
}
