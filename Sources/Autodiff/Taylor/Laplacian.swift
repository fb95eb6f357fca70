import Tensors

/// The Laplacian of outputs with respect to points, recorded in the same graph: Σ ∂²y/∂xᵢ² over all coordinates, carried as
/// one channel beside the first derivatives (forward Laplacian, Li et al., arXiv 2307.08214, 2023).
///
/// - Parameters:
///   - output: What is differentiated, [points, outputs].
///   - points: A recorded table of points, [points, coordinates], of any number of coordinates.
/// - Returns: A tensor of the shape of `output`.
/// - Throws: ``DifferentiationError`` where a primitive has no second derivatives.
public func laplacian<Scalar>(of output: Tensor<Scalar>, by points: Tensor<Scalar>) throws -> Tensor<Scalar> {
  precondition(
    points.rank == 2, "a Laplacian at points of shape \(points.shape) instead of [points, coordinates]")
  let count = points.shape[1]
  func orders(_ axis: Int) -> DerivativeIndex { DerivativeIndex((0..<count).map { $0 == axis ? 2 : 0 }) }
  let sum = DerivativeCombination(
    Dictionary(uniqueKeysWithValues: (0..<count).map { (orders($0), 1.0) }))
  let directions = (0..<count).map { axis in
    Tensor<Scalar>(shape: [1, count], (0..<count).map { $0 == axis ? 1 : 0 })
  }
  return try taylorDerivatives(
    of: [output], by: points, along: directions, plan: TaylorPlan([sum], directions: count))[0][0]
}
