import Tensors

/// How a value of a graph lies with respect to the batch.
enum Tiling: Hashable {
  /// One value that all tiles share.
  case whole
  /// A value that is only repeated from a shared one, and made wherever it is needed.
  case free
  /// `unit` entries along axis 0 per sample of a batch.
  case tiled(batch: Int, unit: Int)
  /// A sum over a batch: tiles add to it, and it is shared once all are through.
  case summed(batch: Int)
}

/// In which order the values of a graph are computed: shared values of stage 0, then the tiles of stage 1, then what
/// depends on their sums, then the tiles of stage 2, and so on.
///
/// A primitive that mixes samples ends a stage. A loss that is linear in sums over the batch needs one: its gradient
/// knows the weight of every sample beforehand.
struct Staging<Scalar: Real> {
  typealias Node = Recorder<Scalar>.Node

  let nodes: [Node]
  let needed: [Bool]
  /// Samples per batch.
  let counts: [Int: Int]
  private(set) var tilings: [Tiling] = []
  private(set) var stages: [Int] = []

  init(_ recorder: Recorder<Scalar>, inputs: [Int], specifications: [ProgramInput], outputs: [Int]) {
    nodes = recorder.nodes
    needed = recorder.ancestors(of: outputs)
    var counts: [Int: Int] = [:]
    for input in specifications {
      guard let batch = input.batch else { continue }
      precondition(
        counts[batch, default: input.shape[0]] == input.shape[0],
        "inputs of batch \(batch) have \(counts[batch] ?? 0) and \(input.shape[0]) samples")
      counts[batch] = input.shape[0]
    }
    self.counts = counts
    let batches = Dictionary(uniqueKeysWithValues: zip(inputs, specifications.map(\.batch)))
    for (index, node) in nodes.enumerated() {
      let tiling = needed[index] ? tiling(of: node, batch: batches[index] ?? nil) : .whole
      tilings.append(tiling)
      stages.append(needed[index] ? stage(of: node, tiling) : 0)
    }
  }

  private func stage(of node: Node, _ tiling: Tiling) -> Int {
    let operands = node.operands
    if case .tiled(let batch, _) = tiling {
      var stage = 1
      for operand in operands {
        switch tilings[operand] {
        case .tiled(batch, _): stage = max(stage, stages[operand])
        // Of another batch: whole by then.
        case .tiled, .whole, .free, .summed: stage = max(stage, stages[operand] + 1)
        }
      }
      return stage
    }
    if case .summed(let batch) = tiling {
      return operands.reduce(1) { stage, operand in
        if case .tiled(batch, _) = tilings[operand] { return max(stage, stages[operand]) }
        return max(stage, stages[operand] + 1)
      }
    }
    return operands.reduce(0) { max($0, stages[$1]) }
  }

  // MARK: - Tiling

  private func tiling(of node: Node, batch: Int?) -> Tiling {
    if case .input = node.primitive { return batch.map { .tiled(batch: $0, unit: 1) } ?? .whole }
    let tiled = node.operands.compactMap { operand -> Int? in
      if case .tiled(let batch, _) = tilings[operand] { batch } else { nil }
    }
    guard let batch = tiled.first else {
      if case .broadcast = node.primitive { return .free }
      return .whole
    }
    guard tiled.allSatisfy({ $0 == batch }) else { return .whole }
    return tiling(of: node, in: batch) ?? .whole
  }

  /// The entries per sample along axis 0 of an operand, if it can be cut along with a batch.
  private func unit(_ operand: Int, in batch: Int) -> Int? {
    switch tilings[operand] {
    case .tiled(batch, let unit): return unit
    case .tiled: return nil
    case .whole, .free, .summed:
      guard let length = nodes[operand].shape.first, length % counts[batch]! == 0, length > 0 else {
        return nil
      }
      return length / counts[batch]!
    }
  }

  private func tiling(of node: Node, in batch: Int) -> Tiling? {
    let count = counts[batch]!
    let operands = node.operands
    func common() -> Tiling? {
      guard let length = node.shape.first, length % count == 0 else { return nil }
      let unit = length / count
      return operands.allSatisfy { self.unit($0, in: batch) == unit } ? .tiled(batch: batch, unit: unit) : nil
    }
    switch node.primitive {
    case .input, .constant: return nil
    case .unary, .binary, .select, .stopGradient: return common()
    case .broadcast:
      // The batch axis may be repeated only within its own length.
      let rank = nodes[operands[0]].shape.count
      guard rank == node.shape.count, nodes[operands[0]].shape[0] == node.shape[0] else { return nil }
      return common()
    case .reshape:
      guard let length = node.shape.first, length % count == 0 else { return nil }
      return .tiled(batch: batch, unit: length / count)
    case .transpose(let order): return order[0] == 0 ? common() : nil
    case .slice(let axis, _, _), .embed(let axis, _, _), .concatenate(let axis):
      return axis == 0 ? nil : common()
    case .gather, .scatter: return nil
    case .sum(let axes):
      if axes.contains(0) { return .summed(batch: batch) }
      return common()
    case .maximum(let axis): return axis == 0 ? nil : common()
    case .matmul(let transposeA, let transposeB):
      let (a, b) = (operands[0], operands[1])
      guard node.shape.count == 2 else { return common() }
      if transposeA, !transposeB {
        // A contraction over the batch.
        guard let first = unit(a, in: batch), unit(b, in: batch) == first else { return nil }
        return .summed(batch: batch)
      }
      guard !transposeA, case .tiled(batch, let unit) = tilings[a] else { return nil }
      switch tilings[b] {
      case .whole, .free, .summed: return .tiled(batch: batch, unit: unit)
      case .tiled: return nil
      }
    case .convolution(_, let pass), .modalProduct(let pass):
      let (a, b) = (operands[0], operands[1])
      guard let unit = unit(a, in: batch) else { return nil }
      if pass == .weights { return self.unit(b, in: batch) == unit ? .summed(batch: batch) : nil }
      if case .tiled = tilings[b] { return nil }
      return .tiled(batch: batch, unit: unit)
    case .composite: return node.shape.count > 1 ? common() : nil
    case .custom(let custom): return custom.isSamplewise ? common() : nil
    }
  }
}
