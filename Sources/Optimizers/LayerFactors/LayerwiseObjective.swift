import Tensors

/// An affine map within a model, y = z W + b, and where its numbers lie in the vector of parameters.
public struct AffineLayer: Hashable, Sendable {
  /// The name of W.
  public let name: String
  /// The lengths of rows z and y.
  public let inputs, outputs: Int
  /// W, row-major of shape [inputs, outputs].
  public let weight: Range<Int>
  /// b, of length `outputs`; nil for a map without one.
  public let bias: Range<Int>?

  /// A map with its place.
  public init(name: String, inputs: Int, outputs: Int, weight: Range<Int>, bias: Range<Int>?) {
    precondition(
      weight.count == inputs * outputs && (bias == nil || bias!.count == outputs),
      "\(weight.count) weights and \(bias?.count ?? 0) biases for \(inputs) inputs and \(outputs) outputs")
    (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    (self.weight, self.bias) = (weight, bias)
  }

  /// The order of a factor of inputs: one more than there are inputs where there is a bias.
  public var inputOrder: Int { inputs + (bias == nil ? 0 : 1) }
}

/// What is to be known of the affine maps of a model.
public enum LayerStatistics: Hashable, Sendable {
  /// The Kronecker factors of the Gauss-Newton matrix of ½‖r‖², group by group of residuals:
  ///
  ///     A = mean of z zᵀ,    B = sum of ĝ ĝᵀ with ĝ = ∂rᵢ/∂y,
  ///
  /// over all rows z that the map is applied to for these residuals, with a 1 after those to which b is added and a 0 after
  /// others. A model that is differentiated applies its maps to derivatives as well, without b (Dangel, Müller and
  /// Zeinhofer, NeurIPS 2024). A ⊗ B is the block of Jᵀ J exactly where one row is one residual's only one. Of parameters of
  /// no map, the diagonal of Jᵀ J. Factors of a larger order than `denseLimit` are given by their diagonals.
  case gaussNewton(denseLimit: Int)
  /// The means of z² and of ĝ² over all rows, with ĝ = ∂loss/∂y, in one group; nothing of parameters of no map.
  case moments
}

/// A loss that knows the affine maps of its model.
public protocol LayerwiseObjective<Scalar>: LeastSquaresObjective {
  /// How statistics lie in their vector. The same from call to call as long as the model is the same.
  /// - Throws: where the loss does not offer these statistics.
  func layerFactorLayout(_ statistics: LayerStatistics) throws -> LayerFactorLayout

  /// The loss, its gradient and statistics, in one pass; `factors` has the length of their layout.
  func valueAndGradient(
    at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Scalar>
  ) throws -> Double

  /// The inner products ‖J u‖², (J u)·(J v) and ‖J v‖², with the Jacobian J of the residuals at x.
  func gaussNewtonForm(at x: Tensor<Scalar>, _ u: Tensor<Scalar>, _ v: Tensor<Scalar>) throws
    -> GaussNewtonForm
}

/// The Gauss-Newton matrix on the span of two vectors u and v.
public struct GaussNewtonForm: Hashable, Sendable {
  /// ‖J u‖², (J u)·(J v) and ‖J v‖².
  public var uu, uv, vv: Double

  /// The matrix of these products.
  public init(uu: Double, uv: Double, vv: Double) { (self.uu, self.uv, self.vv) = (uu, uv, vv) }
}

/// An optimizer that needs statistics of affine maps.
public protocol LayerwiseOptimizer<Scalar>: Optimizer {
  /// Makes one step with statistics of affine maps: replaces x by better parameters.
  /// - Throws: what the objective throws, and `OptimizerError.notFinite`; x is unchanged then.
  mutating func layerwiseStep<Loss: LayerwiseObjective>(_ objective: Loss, at x: inout Tensor<Scalar>)
    throws -> StepReport where Loss.Scalar == Scalar
}
