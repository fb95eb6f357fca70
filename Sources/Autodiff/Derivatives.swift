import Tensors

/// The gradients of a recorded quantity with respect to recorded values, recorded in the same graph.
///
/// This is the reverse mode: one sweep over the graph, from the result back. What it records is as differentiable as
/// what it read, so that higher derivatives are gradients of gradients.
///
/// - Parameters:
///   - output: What is differentiated; where it has more than one element, `seed` weighs them.
///   - inputs: Values of the same graph.
///   - seed: The gradient with respect to `output`, of its shape; ones where it is left out.
/// - Returns: One tensor per input, of its shape; zeros where the output does not depend on it.
public func gradients<Scalar>(
  of output: Tensor<Scalar>, withRespectTo inputs: [Tensor<Scalar>], seed: Tensor<Scalar>? = nil
) -> [Tensor<Scalar>] {
  gradients(of: [output], withRespectTo: inputs, seeds: [seed])
}

/// The gradients of the sum of several recorded quantities, each weighed by its seed.
public func gradients<Scalar>(
  of outputs: [Tensor<Scalar>], withRespectTo inputs: [Tensor<Scalar>], seeds: [Tensor<Scalar>?]
) -> [Tensor<Scalar>] {
  guard let recorder = outputs.lazy.compactMap(\.recorded).first?.recorder else {
    return inputs.map { .zeros($0.shape) }
  }
  let targets = inputs.map(recorder.index(of:))
  let roots = outputs.map(recorder.index(of:))
  let active = recorder.dependents(of: targets, upTo: roots.max()!)
  // Functions of one value pass their gradient on to it at once, unless somebody asks for what lies between.
  let isShort = targets.allSatisfy { recorder.nodes[$0].argument == $0 }
  var gradient: [Int: Tensor<Scalar>] = [:]
  func add(_ term: Tensor<Scalar>?, to index: Int) {
    guard let term, active[index] else { return }
    gradient[index] = plus(gradient[index], term)
  }
  for ((output, root), seed) in zip(zip(outputs, roots), seeds) where root < active.count && active[root] {
    precondition(
      seed == nil || seed!.shape == output.shape,
      "a seed of shape \(seed?.shape ?? []) for a result of shape \(output.shape)")
    add(seed.map { recorder.tensor(recorder.index(of: $0)) } ?? .one(like: output), to: root)
  }
  for index in active.indices.reversed() where active[index] {
    guard let own = gradient[index] else { continue }
    let node = recorder.nodes[index]
    if isShort, node.argument != index {
      add(times(own, recorder.elementwiseDerivative(index)), to: node.argument)
      continue
    }
    if targets.contains(index) && node.operands.allSatisfy({ !active[$0] }) { continue }
    let parts = node.primitive.pullback(
      own, operands: node.operands.map(recorder.tensor), result: recorder.tensor(index),
      needed: node.operands.map { active[$0] })
    for (operand, part) in zip(node.operands, parts) { add(part, to: operand) }
  }
  return zip(inputs, targets).map { input, target in
    gradient[target] ?? .zero(like: recorder.tensor(target))
  }
}

/// The derivatives of recorded quantities along tangents of recorded values, recorded in the same graph (forward mode).
///
/// - Parameters:
///   - outputs: What is differentiated.
///   - tangents: Values of the graph and their tangents, of the same shape.
/// - Returns: One tensor per output, of its shape; zeros where it does not depend on the values.
public func directionalDerivatives<Scalar>(
  of outputs: [Tensor<Scalar>], along tangents: [(value: Tensor<Scalar>, tangent: Tensor<Scalar>)]
) -> [Tensor<Scalar>] {
  guard let recorder = outputs.lazy.compactMap(\.recorded).first?.recorder else {
    return outputs.map { .zeros($0.shape) }
  }
  let roots = outputs.map(recorder.index(of:))
  let targets = tangents.map { recorder.index(of: $0.value) }
  let active = recorder.dependents(of: targets, upTo: roots.max()!)
  let needed = recorder.ancestors(of: roots)
  let isShort = targets.allSatisfy { recorder.nodes[$0].argument == $0 }
  var tangent: [Int: Tensor<Scalar>] = [:]
  for (index, pair) in zip(targets, tangents) {
    precondition(
      pair.value.shape == pair.tangent.shape,
      "a tangent of shape \(pair.tangent.shape) for a value of shape \(pair.value.shape)")
    tangent[index] = recorder.tensor(recorder.index(of: pair.tangent))
  }
  for index in active.indices where active[index] && needed[index] && tangent[index] == nil {
    let node = recorder.nodes[index]
    if isShort, node.argument != index {
      tangent[index] = times(recorder.elementwiseDerivative(index), tangent[node.argument])
      continue
    }
    tangent[index] = node.primitive.pushforward(
      node.operands.map { tangent[$0] }, operands: node.operands.map(recorder.tensor),
      result: recorder.tensor(index))
  }
  return roots.map { tangent[$0] ?? .zero(like: recorder.tensor($0)) }
}

extension Recorder {
  /// For every value up to `last`, whether it depends on one of the given ones (these included).
  func dependents(of targets: [Int], upTo last: Int) -> [Bool] {
    var result = [Bool](repeating: false, count: last + 1)
    for target in targets where target <= last { result[target] = true }
    for index in result.indices where !result[index] {
      if case .stopGradient = nodes[index].primitive { continue }
      result[index] = nodes[index].operands.contains { result[$0] }
    }
    return result
  }

  /// For every value, whether one of the given ones depends on it (these included).
  package func ancestors(of roots: [Int]) -> [Bool] {
    var result = [Bool](repeating: false, count: nodes.count)
    for root in roots { result[root] = true }
    for index in result.indices.reversed() where result[index] {
      for operand in nodes[index].operands { result[operand] = true }
    }
    return result
  }
}
