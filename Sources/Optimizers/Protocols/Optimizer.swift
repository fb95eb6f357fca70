import Tensors

/// A method that improves parameters step by step: a value that holds its settings and its state.
///
/// What a method needs to know of a loss is its protocol: ``GradientOptimizer``, ``LeastSquaresOptimizer`` or
/// ``CurvatureOptimizer``; a loss that does not offer it is refused by the compiler. Steps are deterministic: the same
/// parameters, state and objective give the same bits.
public protocol Optimizer<Scalar>: Sendable {
  /// The type of the parameters.
  associatedtype Scalar: OptimizerScalar

  /// The method's name, by which states are recognised.
  var name: String { get }

  /// The layout that the state is for; nil before the first step.
  var layout: ParameterLayout? { get }

  /// Begins anew for parameters of the given layout. The first step does so by itself.
  /// - Throws: `OptimizerError.noMatch` if the settings name parameters that the layout has not.
  mutating func prepare(for layout: ParameterLayout) throws(OptimizerError)

  /// All that the following steps depend on besides the settings. Saved and restored, steps go on with the same bits.
  var state: OptimizerState<Scalar> { get }

  /// Takes up a state that was saved.
  /// - Throws: `OptimizerError` if it belongs to another method or to other parameters, or lacks something.
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError)

  /// To be called between two steps when the objective becomes another one (new points, new weights): what compares
  /// values of the old with the new is dropped. Most methods do nothing.
  mutating func objectiveChanged()

  /// To be called between two steps when the objective goes on with other samples of the same loss, as from batch to
  /// batch: values and gradients that were kept are dropped, but losses stay comparable, so that a plateau or a stall is
  /// still seen. The same as ``objectiveChanged()`` unless a method tells them apart.
  mutating func samplesChanged()

  /// Writes the parameters that are to be evaluated and kept: x itself for most methods, an average for some.
  func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>)
}

extension Optimizer {
  public mutating func objectiveChanged() {}

  public mutating func samplesChanged() { objectiveChanged() }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    point.setToCopy(of: x)
  }

  /// The parameters that are to be evaluated and kept: x itself for most methods, an average for some.
  public func evaluationPoint(of x: Tensor<Scalar>) -> Tensor<Scalar> {
    var point = Tensor<Scalar>.zeros(x.shape)
    copyEvaluationPoint(of: x, into: &point)
    return point
  }

  /// What every step begins with: prepares on the first one, and checks lengths.
  mutating func begin(_ layout: ParameterLayout, _ x: Tensor<Scalar>) throws(OptimizerError) {
    precondition(
      x.shape == [layout.count], "parameters of shape \(x.shape) for a layout of shape [\(layout.count)]")
    if let own = self.layout {
      precondition(
        own == layout,
        "\(name) has been prepared for \(own.count) parameters of another layout than these \(layout.count); call "
          + "prepare(for:) first")
    } else {
      try prepare(for: layout)
    }
  }
}

/// An optimizer that needs losses and gradients, so that it works on every objective.
public protocol GradientOptimizer<Scalar>: LeastSquaresOptimizer, CurvatureOptimizer {
  /// Makes one step: replaces x by better parameters.
  /// - Throws: what the objective throws, and `OptimizerError.notFinite`; x is unchanged then.
  mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws -> StepReport
  where Loss.Scalar == Scalar
}

/// An optimizer that needs residuals and their Jacobian.
public protocol LeastSquaresOptimizer<Scalar>: Optimizer {
  /// Makes one step on a sum of squares: replaces x by better parameters.
  /// - Throws: what the objective throws, and `OptimizerError.notFinite`; x is unchanged then.
  mutating func leastSquaresStep<Loss: LeastSquaresObjective>(_ objective: Loss, at x: inout Tensor<Scalar>)
    throws -> StepReport where Loss.Scalar == Scalar
}

/// An optimizer that needs products with second derivatives.
public protocol CurvatureOptimizer<Scalar>: Optimizer {
  /// Makes one step with second derivatives: replaces x by better parameters.
  /// - Throws: what the objective throws, and `OptimizerError.notFinite`; x is unchanged then.
  mutating func curvatureStep<Loss: CurvatureObjective>(_ objective: Loss, at x: inout Tensor<Scalar>)
    throws -> StepReport where Loss.Scalar == Scalar
}

// Who needs less can be used where more is offered.
extension GradientOptimizer {
  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try step(objective, at: &x)
  }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try step(objective, at: &x)
  }
}

extension Tensor {
  /// Copies the elements of a tensor of the same shape.
  mutating func setToCopy(of other: Tensor) {
    precondition(shape == other.shape, "a copy of shape \(other.shape) into shape \(shape)")
    withUnsafeMutableBufferPointer { out in
      other.withUnsafeBufferPointer { x in
        if let x = x.baseAddress { out.baseAddress!.update(from: x, count: out.count) }
      }
    }
  }
}
