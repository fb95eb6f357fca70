import Tensors

/// The gradient of every entry of a result with respect to shared values, recorded: the rows of a Jacobian.
///
/// The reverse sweep computes the sum of these gradients over a batch. What is recorded here is the same sweep with every
/// sum over the batch left open, so that each sample keeps its own term.
///
/// - Parameters:
///   - result: One number per sample, of shape [samples] or [samples, 1], computed sample by sample.
///   - values: Shared values, such as weights.
///   - inputs: The batched inputs that the result depends on.
/// - Returns: For each value, a tensor of shape [samples] + its shape.
/// - Throws: ``DifferentiationError`` where samples are mixed otherwise than by sums.
public func sampleGradients<Scalar>(
  of result: Tensor<Scalar>, withRespectTo values: [Tensor<Scalar>], inputs: [Tensor<Scalar>]
) throws -> [Tensor<Scalar>] {
  guard let recorder = result.recorded?.recorder else {
    preconditionFailure("gradients of a tensor of shape \(result.shape) that is not recorded")
  }
  let samples = result.shape[0]
  precondition(result.count == samples, "one number per sample, not a result of shape \(result.shape)")
  let sums = gradients(of: marked(result, by: inputs), withRespectTo: values).map(recorder.index(of:))
  let staging = Staging(
    recorder, inputs: inputs.map(recorder.index(of:)), specifications: inputs.map { .batched($0.shape) },
    outputs: sums)
  var opened = OpenSums(recorder: recorder, staging: staging, samples: samples)
  return try zip(values, sums).map { value, sum in
    try opened.value(sum) ?? .zero(like: recorder.tensor(sum)).broadcast(to: [samples] + value.shape)
  }
}

/// The result times 1, where that 1 is computed from a batched input: the sweep then begins with something that depends on
/// the sample, and a sum of it over the batch is seen as one.
private func marked<Scalar>(_ result: Tensor<Scalar>, by inputs: [Tensor<Scalar>]) -> Tensor<Scalar> {
  let samples = result.shape[0]
  guard let input = inputs.first(where: { $0.rank > 0 && $0.shape[0] == samples && $0.count > 0 }) else {
    return result
  }
  let column = input.reshaped([samples, input.count / samples]).slice(axis: 1, 0..<1)
  return result * sign(column.squared + 1).reshaped(result.shape)
}

/// Values that depend linearly on sums over a batch, with the sums left open.
private struct OpenSums<Scalar: Real> {
  let recorder: Recorder<Scalar>
  let staging: Staging<Scalar>
  let samples: Int
  private var known: [Int: Tensor<Scalar>?] = [:]

  init(recorder: Recorder<Scalar>, staging: Staging<Scalar>, samples: Int) {
    (self.recorder, self.staging, self.samples) = (recorder, staging, samples)
  }

  /// The terms of a value, with the batch as a new first axis; nil where it does not depend on the batch.
  mutating func value(_ index: Int) throws -> Tensor<Scalar>? {
    if let known = known[index] { return known }
    let result = try open(index)
    known[index] = .some(result)
    return result
  }

  private mutating func open(_ index: Int) throws -> Tensor<Scalar>? {
    let node = recorder.nodes[index]
    if case .summed = staging.tilings[index] { return try terms(of: node) }
    if case .tiled = staging.tilings[index] { throw mixed(node) }
    var parts: [Tensor<Scalar>?] = []
    for operand in node.operands { parts.append(try value(operand)) }
    guard parts.contains(where: { $0 != nil }) else { return nil }
    let others = node.operands.map(recorder.tensor)
    let shape = [samples] + node.shape
    switch node.primitive {
    case .unary(.negate): return -parts[0]!
    case .unary(.scale(let factor)): return parts[0]! * Scalar(factor)
    case .binary(.add): return plus(parts[0], parts[1])
    case .binary(.subtract): return plus(parts[0], parts[1].map { -$0 })
    case .binary(.multiply):
      guard parts[0] == nil || parts[1] == nil else { throw mixed(node) }
      return parts[0].map { $0 * others[1] } ?? parts[1]! * others[0]
    case .binary(.divide):
      guard let above = parts[0], parts[1] == nil else { throw mixed(node) }
      return above / others[1]
    case .broadcast:
      let inner = parts[0]!.shape
      let padded = [samples] + Array(repeating: 1, count: shape.count - inner.count) + inner.dropFirst()
      return parts[0]!.reshaped(padded).broadcast(to: shape)
    case .reshape: return parts[0]!.reshaped(shape)
    case .transpose(let order): return parts[0]!.transposed([0] + order.map { $0 + 1 })
    case .slice(let axis, let start, let step):
      return parts[0]!.slice(axis: axis + 1, start: start, step: step, count: node.shape[axis])
    case .embed(let axis, let start, let step):
      return parts[0]!.embedded(axis: axis + 1, start: start, step: step, length: node.shape[axis])
    case .concatenate(let axis):
      let opened = zip(parts, others).map { part, other in
        part ?? Tensor.zero(like: other).broadcast(to: [samples] + other.shape)
      }
      return .concatenated(opened, axis: axis + 1)
    case .sum(let axes): return parts[0]!.sum(axes: axes.map { $0 + 1 })
    case .matmul(let transposeA, let transposeB):
      guard parts[0] == nil || parts[1] == nil else { throw mixed(node) }
      let full = zip(parts, others).map { part, other in part ?? other.broadcast(to: [samples] + other.shape)
      }
      return batchedMatmul(full[0], full[1], transposeA: transposeA, transposeB: transposeB)
    default: throw mixed(node)
    }
  }

  /// The terms of a sum over the batch.
  private func terms(of node: Recorder<Scalar>.Node) throws -> Tensor<Scalar> {
    func split(_ index: Int) -> Tensor<Scalar> {
      let tensor = recorder.tensor(index)
      return tensor.reshaped([samples, tensor.shape[0] / samples] + tensor.shape.dropFirst())
    }
    switch node.primitive {
    case .sum(let axes): return split(node.operands[0]).sum(axes: axes.map { $0 + 1 })
    case .matmul: return batchedMatmul(split(node.operands[0]), split(node.operands[1]), transposeA: true)
    default: throw mixed(node)
    }
  }

  private func mixed(_ node: Recorder<Scalar>.Node) -> DifferentiationError {
    DifferentiationError(
      description:
        "gradients sample by sample are asked for, but \(node.primitive) mixes samples otherwise than by a sum: use a "
        + "model that treats its points one by one, or an optimizer that needs no Jacobian")
  }
}
