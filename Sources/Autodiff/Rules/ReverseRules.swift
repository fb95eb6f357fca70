import Tensors

extension Primitive {
  /// The gradient with respect to each operand, for a gradient with respect to the result; nil where it vanishes.
  ///
  /// `needed` says for which operands it is asked; others may be left out.
  func pullback(
    _ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>, needed: [Bool]
  ) -> [Tensor<Scalar>?] {
    switch self {
    case .input, .constant, .stopGradient: return operands.map { _ in nil }
    case .unary(let f): return [times(gradient, f.derivative(operands[0], result))]
    case .binary(let f): return f.pullback(gradient, operands[0], operands[1], result)
    case .select:
      let zero = Tensor.zero(like: gradient)
      return [nil, operands[0].select(gradient, else: zero), operands[0].select(zero, else: gradient)]
    case .broadcast: return [gradient.summed(to: operands[0].shape)]
    case .reshape: return [gradient.reshaped(operands[0].shape)]
    case .transpose(let order):
      var inverse = order
      for (i, axis) in order.enumerated() { inverse[axis] = i }
      return [gradient.transposed(inverse)]
    case .slice(let axis, let start, let step):
      return [
        gradient.embedded(axis: axis, start: start, step: step, length: operands[0].shape[axis])
      ]
    case .embed(let axis, let start, let step):
      return [gradient.slice(axis: axis, start: start, step: step, count: operands[0].shape[axis])]
    case .concatenate(let axis):
      var start = 0
      return operands.map { operand in
        defer { start += operand.shape[axis] }
        return gradient.slice(axis: axis, start..<start + operand.shape[axis])
      }
    case .gather(let indices): return [gradient.scattering(indices, count: operands[0].shape[0])]
    case .scatter(let indices): return [gradient.gathering(indices)]
    case .sum(let axes): return [gradient.restoring(axes, of: operands[0].shape)]
    case .maximum(let axis):
      let largest = result.restoring([axis], of: operands[0].shape)
      let mask = 1 - (operands[0] .< largest)
      // Where several are the largest, each has its part.
      let share = mask / mask.sum(axis: axis, keepingAxis: true)
      return [gradient.restoring([axis], of: operands[0].shape) * share]
    case .matmul(let transposeA, let transposeB):
      return matmulPullback(gradient, operands[0], transposeA, operands[1], transposeB, needed)
    case .convolution(let shape, let pass):
      return pass.pullback(gradient, operands[0], operands[1], needed) { shape.pass($0, $1, $2) }
    case .modalProduct(let pass):
      return pass.pullback(gradient, operands[0], operands[1], needed) { Tensors.modalProduct($0, $1, $2) }
    case .composite(let function):
      return function.pullback(gradient, operands: operands, result: result, needed: needed)
    case .custom(let custom): return custom.erasedPullback(gradient, operands: operands, result: result)
    }
  }
}

extension ConvolutionShape {
  /// A pass of a convolution, its result an operand of the two others.
  func pass<Scalar>(_ pass: ConvolutionPass, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    switch pass {
    case .output: convolution(a, b, self)
    case .input: transposedConvolution(a, b, self)
    case .weights: convolutionWeightGradient(a, b, self)
    }
  }
}

extension ConvolutionPass {
  /// The gradients of a pass of a bilinear operation are its other passes.
  fileprivate func pullback<Scalar>(
    _ gradient: Tensor<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ needed: [Bool],
    _ run: (ConvolutionPass, Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>
  ) -> [Tensor<Scalar>?] {
    switch self {
    case .output: [needed[0] ? run(.input, gradient, b) : nil, needed[1] ? run(.weights, a, gradient) : nil]
    case .input: [needed[0] ? run(.output, gradient, b) : nil, needed[1] ? run(.weights, gradient, a) : nil]
    case .weights: [needed[0] ? run(.input, b, gradient) : nil, needed[1] ? run(.output, a, gradient) : nil]
    }
  }
}

extension ElementwiseBinary {
  fileprivate func pullback<Scalar>(
    _ gradient: Tensor<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ y: Tensor<Scalar>
  ) -> [Tensor<Scalar>?] {
    switch self {
    case .add: [gradient, gradient]
    case .subtract: [gradient, -gradient]
    default:
      [times(gradient, derivatives(a, b, y).0), times(gradient, derivatives(a, b, y).1)]
    }
  }
}

/// C = A B: Ā = C̄ Bᵀ and B̄ = Aᵀ C̄, for each way in which A and B may be stored.
private func matmulPullback<Scalar>(
  _ gradient: Tensor<Scalar>, _ a: Tensor<Scalar>, _ transposeA: Bool, _ b: Tensor<Scalar>,
  _ transposeB: Bool, _ needed: [Bool]
) -> [Tensor<Scalar>?] {
  let toA: Tensor<Scalar>? =
    !needed[0]
    ? nil
    : transposeA
      ? transposedProduct(b, transposeB, gradient, true) : transposedProduct(gradient, false, b, !transposeB)
  let toB: Tensor<Scalar>? =
    !needed[1]
    ? nil
    : transposeB
      ? transposedProduct(gradient, true, a, transposeA) : transposedProduct(a, !transposeA, gradient, false)
  return [toA, toB]
}

/// The product of matrices or stacks. A small matrix on the right is transposed as a value of its own: it is one of
/// weights in most cases, so that this is done once for all rows, and small products are fastest with rows as they are
/// stored. BLAS packs large ones anyway.
func transposedProduct<Scalar>(
  _ a: Tensor<Scalar>, _ transposeA: Bool, _ b: Tensor<Scalar>, _ transposeB: Bool
) -> Tensor<Scalar> {
  if b.rank == 2, transposeB, b.count <= 16_384 {
    return batchedMatmul(a, b.transposed, transposeA: transposeA)
  }
  return batchedMatmul(a, b, transposeA: transposeA, transposeB: transposeB)
}

extension CustomPrimitive {
  fileprivate func erasedPullback(
    _ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>
  ) -> [Tensor<Scalar>?] {
    pullback(gradient, operands: operands, result: result)
  }
}

extension Tensor {
  /// The adjoint of broadcasting: the sum over everything that was repeated.
  func summed(to target: [Int]) -> Tensor {
    if shape == target { return self }
    let missing = rank - target.count
    let repeated = shape.indices.filter { $0 < missing || target[$0 - missing] != shape[$0] }
    return sum(axes: repeated).reshaped(target)
  }

  /// The adjoint of a sum: this tensor repeated along the axes that went.
  func restoring(_ axes: [Int], of target: [Int]) -> Tensor {
    var kept = target
    for axis in axes { kept[axis] = 1 }
    return reshaped(kept).broadcast(to: target)
  }
}
