import Autodiff
import Tensors

/// Derivatives of some unknowns of a model at points, one column [points, 1] for each that is wanted.
///
/// - Parameters:
///   - model: The unknowns at points [points, coordinates], as [points, unknowns].
///   - wanted: An unknown, and the orders of the derivative along the coordinates.
///   - table: The points.
func derivatives<Scalar: Real>(
  of model: (Tensor<Scalar>) -> Tensor<Scalar>, _ wanted: [(unknown: Int, index: DerivativeIndex)],
  at table: Tensor<Scalar>
) throws -> [Tensor<Scalar>] {
  let columns = table.shape[1]
  let plan = TaylorPlan(wanted.map { DerivativeCombination($0.index) }, directions: columns)
  let program = try Program<Scalar>([.batched(table.shape)]) { inputs in
    let output = model(inputs[0])
    let directions = (0..<columns).map { direction in
      Tensor<Scalar>(shape: [1, columns], (0..<columns).map { $0 == direction ? 1 : 0 })
    }
    let tables =
      plan.channelCount == 0
      ? wanted.map { _ in output }
      : try taylorDerivatives(of: [output], by: inputs[0], along: directions, plan: plan)[0]
    return zip(wanted, tables).map { $1.slice(axis: 1, $0.unknown..<$0.unknown + 1) }
  }
  return program([table])
}
