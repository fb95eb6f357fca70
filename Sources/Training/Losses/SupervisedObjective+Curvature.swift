import Autodiff
import Optimizers
import Tensors

extension SupervisedObjective: CurvatureObjective {
  /// Parameters and their tangents among the inputs of a program.
  private func pairs(_ values: [Tensor<Scalar>]) -> [(Tensor<Scalar>, Tensor<Scalar>)] {
    let count = parameters.count
    return (0..<count).map { (values[2 + $0], values[2 + count + $0]) }
  }

  /// H v, forward over reverse (Pearlmutter 1994).
  public func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
  {
    let program =
      try hessianProgram
      ?? Program(inputs + tangentInputs) { values in
        let pairs = pairs(values)
        return directionalDerivatives(
          of: gradients(of: try total(values), withRespectTo: pairs.map(\.0)), along: pairs)
      }
    hessianProgram = program
    run(program, at: x, tangents: v) { layout.copy(program, from: 0, to: &product) }
  }

  /// Jᵀ C J v with the Jacobian J of the outputs and the Hessian C of the loss with respect to them, which is positive
  /// semidefinite for either loss (Schraudolph 2002).
  public func gaussNewtonProduct(
    at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>
  ) throws {
    let program =
      try gaussNewtonProgram
      ?? Program(inputs + tangentInputs) { values in
        let pairs = pairs(values)
        let differences = try differences(values)
        let pushed = directionalDerivatives(of: [differences], along: pairs)[0]
        let slope = gradients(
          of: loss(of: differences, target: values[1]), withRespectTo: [differences])[0]
        let curved = directionalDerivatives(of: [slope], along: [(differences, pushed)])
        return gradients(of: [differences], withRespectTo: pairs.map(\.0), seeds: curved)
      }
    gaussNewtonProgram = program
    run(program, at: x, tangents: v) { layout.copy(program, from: 0, to: &product) }
  }
}
