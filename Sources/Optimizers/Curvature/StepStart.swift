import Algebra
import Tensors

extension Optimizer {
  /// What a step begins with, once its memory is there: loss and gradient at x, which become a report of one evaluation,
  /// converged where the gradient is zero.
  ///
  /// - Throws: what the objective throws, and `OptimizerError.notFinite`.
  func start<Loss: Objective>(
    _ objective: Loss, at x: Tensor<Scalar>, step: Int, passes: VectorPasses<Scalar>,
    gradient: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    let loss = try objective.valueAndGradient(at: x, gradient: &gradient)
    let norm = passes.inner(gradient, gradient).squareRoot()
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: step, loss: loss, gradientNorm: norm)
    }
    return StepReport(
      loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1,
      status: norm > 0 ? .continued : .converged("the gradient is zero"))
  }
}

// Passes over tensors of the passes' length.
extension VectorPasses {
  /// x·y
  func inner(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Double {
    x.withUnsafeBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return 0 }
        return inner(x, y)
      }
    }
  }

  /// y += a x
  func add(_ a: Double, _ x: Tensor<Scalar>, to y: inout Tensor<Scalar>) {
    y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { if let x = $0.baseAddress { axpy(Scalar(a), x, y.baseAddress!) } }
    }
  }

  /// y = a x + b y
  func combine(_ a: Double, _ x: Tensor<Scalar>, _ b: Double, _ y: inout Tensor<Scalar>) {
    y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer {
        if let x = $0.baseAddress { axpby(Scalar(a), x, Scalar(b), y.baseAddress!) }
      }
    }
  }

  /// y *= a
  func scale(_ y: inout Tensor<Scalar>, by a: Double) {
    y.withUnsafeMutableBufferPointer { if let y = $0.baseAddress { scale(y, by: Scalar(a)) } }
  }

  /// y = 0
  func zero(_ y: inout Tensor<Scalar>) {
    y.withUnsafeMutableBufferPointer { if let y = $0.baseAddress { zero(y) } }
  }
}
