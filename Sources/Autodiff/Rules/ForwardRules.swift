import Tensors

extension Primitive {
  /// The directional derivative of the result for tangents of the operands, of which zero ones are nil; nil where it
  /// vanishes.
  func pushforward(
    _ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>
  ) -> Tensor<Scalar>? {
    switch self {
    case .input, .constant, .stopGradient: return nil
    case .unary(let f): return times(f.derivative(operands[0], result), tangents[0])
    case .binary(.add): return plus(tangents[0], tangents[1])
    case .binary(.subtract): return plus(tangents[0], tangents[1].map { -$0 })
    case .binary(let f):
      let outer = f.derivatives(operands[0], operands[1], result)
      return plus(times(outer.0, tangents[0]), times(outer.1, tangents[1]))
    case .select:
      if tangents[1] == nil && tangents[2] == nil { return nil }
      let zero = Tensor.zero(like: result)
      return operands[0].select(tangents[1] ?? zero, else: tangents[2] ?? zero)
    case .broadcast, .reshape, .transpose, .slice, .embed, .gather, .scatter, .sum:
      return tangents[0].map { linear([$0], shape: result.shape) }
    case .concatenate:
      if tangents.allSatisfy({ $0 == nil }) { return nil }
      return linear(zip(tangents, operands).map { $0 ?? .zero(like: $1) }, shape: result.shape)
    case .maximum(let axis):
      return tangents[0].map { tangent in
        let mask = 1 - (operands[0] .< result.restoring([axis], of: operands[0].shape))
        return (mask * tangent).sum(axis: axis) / mask.sum(axis: axis)
      }
    case .matmul(let transposeA, let transposeB):
      let product = { (a: Tensor<Scalar>?, b: Tensor<Scalar>?) -> Tensor<Scalar>? in
        guard let a, let b else { return nil }
        return batchedMatmul(a, b, transposeA: transposeA, transposeB: transposeB)
      }
      return plus(product(tangents[0], operands[1]), product(operands[0], tangents[1]))
    case .convolution(let shape, let pass):
      return plus(
        tangents[0].map { shape.pass(pass, $0, operands[1]) },
        tangents[1].map { shape.pass(pass, operands[0], $0) })
    case .modalProduct(let pass):
      return plus(
        tangents[0].map { Tensors.modalProduct(pass, $0, operands[1]) },
        tangents[1].map { Tensors.modalProduct(pass, operands[0], $0) })
    case .composite(let function): return function.pushforward(tangents, operands: operands, result: result)
    case .custom(let custom): return custom.erasedPushforward(tangents, operands: operands, result: result)
    }
  }

  /// A linear primitive other than a product, on other operands.
  func linear(_ operands: [Tensor<Scalar>], shape: [Int]) -> Tensor<Scalar> {
    switch self {
    case .broadcast: operands[0].broadcast(to: shape)
    case .reshape: operands[0].reshaped(shape)
    case .transpose(let order): operands[0].transposed(order)
    case .slice(let axis, let start, let step):
      operands[0].slice(axis: axis, start: start, step: step, count: shape[axis])
    case .embed(let axis, let start, let step):
      operands[0].embedded(axis: axis, start: start, step: step, length: shape[axis])
    case .concatenate(let axis): .concatenated(operands, axis: axis)
    case .gather(let indices): operands[0].gathering(indices)
    case .scatter(let indices): operands[0].scattering(indices, count: shape[0])
    case .sum(let axes): operands[0].sum(axes: axes)
    case .custom(let custom): custom.erasedApply(operands)
    case .input, .constant, .unary, .binary, .select, .stopGradient, .maximum, .matmul, .convolution,
      .modalProduct, .composite:
      preconditionFailure("\(self) is not linear in its operands taken together")
    }
  }
}

extension CustomPrimitive {
  fileprivate func erasedPushforward(
    _ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>
  ) -> Tensor<Scalar>? {
    pushforward(tangents, operands: operands, result: result)
  }

  fileprivate func erasedApply(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> { apply(operands) }
}
