import Autodiff
import Optimizers
import Tensors

extension PhysicsObjective: CurvatureObjective {
  /// Inputs of programs that have a tangent of every parameter besides.
  private var inputsWithTangents: [ProgramInput] {
    inputs + parameters.map { .shared($0.wrappedValue.shape) }
  }

  /// H v, forward over reverse: the derivative of the recorded gradient along v, by Pearlmutter's (1994) rule.
  public func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
  {
    let program =
      try programs.hessianProduct
      ?? Program(inputsWithTangents) { values in
        let own = Array(values[firstParameter..<firstParameter + parameters.count])
        let tangents = values[(firstParameter + parameters.count)...]
        let slopes = gradients(of: total(try losses(values)), withRespectTo: own)
        return directionalDerivatives(of: slopes, along: zip(own, tangents).map { ($0, $1) })
      }
    programs.hessianProduct = program
    bind(program, at: x, tangent: v) { layout.copy(program, from: 0, to: &product) }
    prior.addProduct(v, to: &product)
  }

  /// Jᵀ(J v), with J the Jacobian of all weighted residuals, which is never formed.
  public func gaussNewtonProduct(
    at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>
  ) throws {
    let program =
      try programs.gaussNewtonProduct
      ?? Program(inputsWithTangents) { values in
        let own = Array(values[firstParameter..<firstParameter + parameters.count])
        let tangents = values[(firstParameter + parameters.count)...]
        let residuals = try residuals(values)
        let pushed = directionalDerivatives(of: residuals, along: zip(own, tangents).map { ($0, $1) })
        return gradients(of: residuals, withRespectTo: own, seeds: pushed)
      }
    programs.gaussNewtonProduct = program
    bind(program, at: x, tangent: v) { layout.copy(program, from: 0, to: &product) }
    prior.addProduct(v, to: &product)
  }
}
