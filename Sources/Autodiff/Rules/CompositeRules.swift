import Tensors

extension Composite {
  /// The gradients with respect to the operands.
  func pullback<Scalar>(
    _ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>, needed: [Bool]
  ) -> [Tensor<Scalar>?] {
    switch self {
    case .softmax(let scale): return [Composite.softmaxGradient(scale: scale)(result, gradient)]
    case .normalization(let epsilon):
      return [Composite.normalizationGradient(epsilon: epsilon)(operands[0], gradient)]
    case .softmaxGradient, .normalizationGradient:
      // The expansion is differentiated in a graph of its own, where operands do not depend on one another.
      let graph = Recorder<Scalar>()
      let inputs = (operands + [gradient]).map { graph.input($0.shape) }
      let arguments = Array(inputs.dropLast())
      let chosen = arguments.indices.filter { needed[$0] }
      let derivatives = gradients(
        of: expanded(arguments), withRespectTo: chosen.map { arguments[$0] }, seed: inputs.last!)
      var parts = [Tensor<Scalar>?](repeating: nil, count: operands.count)
      for (i, part) in zip(chosen, derivatives.transcribed(from: graph, inputs: operands + [gradient])) {
        parts[i] = part
      }
      return parts
    }
  }

  /// The directional derivative of the result.
  func pushforward<Scalar>(
    _ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>
  ) -> Tensor<Scalar>? {
    switch self {
    // The Jacobian of either is symmetric.
    case .softmax(let scale): return tangents[0].map { Composite.softmaxGradient(scale: scale)(result, $0) }
    case .normalization(let epsilon):
      return tangents[0].map { Composite.normalizationGradient(epsilon: epsilon)(operands[0], $0) }
    case .softmaxGradient, .normalizationGradient:
      let graph = Recorder<Scalar>()
      let inputs = operands.map { graph.input($0.shape) }
      let moving = tangents.indices.filter { tangents[$0] != nil }
      guard !moving.isEmpty else { return nil }
      let directions = moving.map { (value: inputs[$0], tangent: graph.input(operands[$0].shape)) }
      let derivative = directionalDerivatives(of: [expanded(inputs)], along: directions)
      return derivative.transcribed(from: graph, inputs: operands + moving.map { tangents[$0]! })[0]
    }
  }
}

extension Array {
  /// The same values in the graph of other inputs, or carried out where none of these is recorded.
  fileprivate func transcribed<Scalar>(from graph: Recorder<Scalar>, inputs: [Tensor<Scalar>]) -> [Tensor<
    Scalar
  >] where Element == Tensor<Scalar> {
    let roots = map(graph.index(of:))
    let needed = graph.ancestors(of: roots)
    var values: [Tensor<Scalar>?] = []
    var rest = inputs[...]
    for (index, node) in graph.nodes.enumerated() {
      if case .input = node.primitive {
        values.append(rest.removeFirst())
      } else if needed[index] {
        values.append(node.primitive.applied(to: node.operands.map { values[$0]! }, shape: node.shape))
      } else {
        values.append(nil)
      }
    }
    return roots.map { values[$0]! }
  }
}

extension Primitive {
  /// The primitive on other operands.
  fileprivate func applied(to operands: [Tensor<Scalar>], shape: [Int]) -> Tensor<Scalar> {
    switch self {
    case .input: preconditionFailure("an input of shape \(shape) cannot be computed")
    case .constant(let value): value
    case .unary(let f): operands[0].applying(f)
    case .binary(let f): operands[0].combined(f, operands[1])
    case .select: operands[0].select(operands[1], else: operands[2])
    case .stopGradient: operands[0].stoppingGradient
    case .maximum(let axis): operands[0].max(axis: axis)
    case .matmul(let transposeA, let transposeB):
      batchedMatmul(operands[0], operands[1], transposeA: transposeA, transposeB: transposeB)
    case .convolution(let shape, let pass): shape.pass(pass, operands[0], operands[1])
    case .modalProduct(let pass): Tensors.modalProduct(pass, operands[0], operands[1])
    case .composite(let function):
      function.operandCount == 1 ? function(operands[0]) : function(operands[0], operands[1])
    case .broadcast, .reshape, .transpose, .slice, .embed, .concatenate, .gather, .scatter, .sum, .custom:
      linear(operands, shape: shape)
    }
  }
}
