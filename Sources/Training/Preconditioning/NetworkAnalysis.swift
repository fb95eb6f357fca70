import Algebra
import Foundation
import Optimizers
import Tensors

/// What gradient descent is up against with a network: the spectrum of the operator matrix A = JᵀJ, where J is the Jacobian
/// of the weighted residuals at given parameters, and what descent would leave of the loss if A stayed as it is.
///
/// A network has more parameters than residuals tell apart, so that A is singular up to rounding, and its condition number
/// alone says little: what counts is how much of the residuals lies along large eigenvalues. After n steps at the rate 1/λ₁,
/// the part along the eigenvalue λ has shrunk by (1 − λ/λ₁)ⁿ.
public struct NetworkAnalysis: Sendable {
  /// A spectrum, and the residuals along it.
  public struct Spectrum: Sendable {
    /// The eigenvalues of A, falling.
    public let eigenvalues: [Double]
    /// Squared parts of the residuals along them, and what no parameters change.
    let parts: [Double]
    let rest: Double

    /// Eigenvalues above a part of the largest.
    public func count(above part: Double) -> Int {
      eigenvalues.count { $0 > part * (eigenvalues.first ?? 0) }
    }

    /// κ(A) of the part above rounding.
    public var condition: Double {
      let rank = count(above: 1e-13)
      return rank == 0 ? .infinity : eigenvalues[0] / eigenvalues[rank - 1]
    }

    /// What is left of the loss after steps of gradient descent at the rate 1/λ₁.
    public func lossLeft(afterSteps steps: Double) -> Double {
      guard let largest = eigenvalues.first, largest > 0 else { return 1 }
      var (left, total) = (rest, rest)
      for (value, part) in zip(eigenvalues, parts) {
        total += part
        left += part * exp(2 * steps * log1p(-min(max(value, 0) / largest, 1 - 1e-16)))
      }
      return total > 0 ? left / total : 0
    }
  }

  public let parameters, residuals: Int
  /// A as it is.
  public let plain: Spectrum
  /// Every parameter scaled so that the diagonal of A is 1: what methods with a rate for each parameter, such as Adam, can
  /// undo at best.
  public let scaled: Spectrum
  /// Weights that take Fourier features scaled by the symbol of the equation; nil where there is no scale.
  public let preconditioned: Spectrum?

  /// The largest number of parameters that are analysed.
  public static var limit: Int { 3000 }

  /// Analyses a loss at parameters.
  ///
  /// - Parameter scale: The scale of the parameters by the symbol, where there is one.
  /// - Throws: `TrainingError` for more than ``limit`` parameters, and what the objective throws.
  public init<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: Tensor<Loss.Scalar>, scale: Tensor<Loss.Scalar>? = nil
  ) throws where Loss.Scalar: OptimizerScalar {
    let n = objective.layout.count
    (parameters, residuals) = (n, objective.residualCount)
    guard n <= Self.limit else {
      throw TrainingError(
        "the network has \(n) parameters, and at most \(Self.limit) are analysed: take smaller widths")
    }
    var r = Tensor<Loss.Scalar>.zeros([objective.residualCount])
    var j = Tensor<Loss.Scalar>.zeros([objective.residualCount, n])
    try objective.jacobian(at: x, residuals: &r, jacobian: &j)
    let (jacobian, values) = (Tensor<Double>(j), Tensor<Double>(r))
    let matrix = matmul(jacobian.transposed([1, 0]), jacobian)
    let gradient = matmul(values.reshaped([1, values.count]), jacobian).reshaped([n])

    func spectrum(_ scale: Tensor<Double>) throws -> Spectrum {
      let own = matrix * scale * scale.reshaped([n, 1])
      let eigen = try SymmetricEigen(Matrix(rows: n, columns: n, columnMajor: own.elements))
      let slope = (gradient * scale).elements
      var parts: [Double] = []
      let order = Array((0..<n).reversed())
      let largest = max(eigen.values.last ?? 0, 0)
      for i in order {
        let along = (0..<n).reduce(0) { $0 + eigen.vectors[$1, i] * slope[$1] }
        parts.append(eigen.values[i] > 1e-13 * largest ? along * along / eigen.values[i] : 0)
      }
      return Spectrum(
        eigenvalues: order.map { eigen.values[$0] }, parts: parts,
        rest: max(0, values.dot(values) - parts.reduce(0, +)))
    }
    plain = try spectrum(.ones([n]))
    scaled = try spectrum(
      Tensor(
        (0..<n).map { i in
          let own = matrix.elements[i * n + i]
          return own > 0 ? 1 / own.squareRoot() : 1
        }))
    preconditioned = try scale.map { try spectrum(Tensor<Double>($0)) }
  }
}
