/// A graph of primitives that is being recorded.
///
/// Nodes live in one flat array and name their operands by index, operands first; equal nodes are recorded once, and
/// neutral ones (x·1, x + 0, a reshape to the same shape) not at all. Tensors whose ``Tensor/isRecorded`` is true are
/// places in such a graph: operations on them append nodes and compute nothing.
public final class Recorder<Scalar: Real>: @unchecked Sendable {
  // Unchecked: a graph is recorded by one thread, and read-only afterwards.

  /// One value of the graph.
  public struct Node: Sendable {
    /// What computes it.
    public let primitive: Primitive<Scalar>
    /// The values it is computed from, by index.
    public let operands: [Int]
    /// The number of elements along each axis.
    public let shape: [Int]
    /// Of which one value this is an elementwise function, with numbers besides: σ(z) and all its derivatives have z.
    /// A value that is no such function is its own.
    package let argument: Int

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  private struct Key: Hashable {
    let identity: Primitive<Scalar>.Identity
    let operands: [Int]
    let shape: [Int]
  }

  /// All values recorded so far; operands stand before what uses them.
  public private(set) var nodes: [Node] = []
  private var known: [Key: Int] = [:]
  /// Derivatives of elementwise functions with respect to their argument, as far as they were asked for.
  package var elementwiseDerivatives: [Int: Int?] = [:]

  public init() {}

  /// A new value that is given when the graph is run.
  public func input(_ shape: [Int]) -> Tensor<Scalar> { append(.input, [], shape) }

  /// The value with the given index.
  public func tensor(_ index: Int) -> Tensor<Scalar> {
    Tensor(shape: nodes[index].shape, recorder: self, index: index)
  }

  /// The index of a tensor in this graph; one that is not recorded becomes a constant.
  public func index(of tensor: Tensor<Scalar>) -> Int {
    if let place = tensor.place {
      precondition(
        place.recorder === self, "a tensor of shape \(tensor.shape) was recorded in another graph")
      return place.index
    }
    return append(.constant(tensor), [], tensor.shape).place!.index
  }

  /// The tensor as a value of this graph.
  public func recorded(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> { self.tensor(index(of: tensor)) }

  /// Records a primitive on operands, of which at least one is recorded here, unless the value is there already.
  func record(_ primitive: Primitive<Scalar>, _ operands: [Tensor<Scalar>], _ shape: [Int]) -> Tensor<Scalar>
  {
    let indices = operands.map(index(of:))
    if let simpler = simplified(primitive, indices, shape) { return tensor(simpler) }
    return append(primitive, indices, shape)
  }

  private func append(_ primitive: Primitive<Scalar>, _ operands: [Int], _ shape: [Int]) -> Tensor<Scalar> {
    let key = primitive.identity.map { Key(identity: $0, operands: operands, shape: shape) }
    if let key, let index = known[key] { return tensor(index) }
    let index = nodes.count
    let argument = argument(of: primitive, operands) ?? index
    nodes.append(Node(primitive: primitive, operands: operands, shape: shape, argument: argument))
    if let key { known[key] = index }
    return tensor(index)
  }

  /// The one value that an elementwise function depends on, numbers aside.
  private func argument(of primitive: Primitive<Scalar>, _ operands: [Int]) -> Int? {
    guard primitive.isElementwise else { return nil }
    var argument: Int?
    for operand in operands where number(operand) == nil {
      let own = nodes[operand].argument
      if let argument, argument != own { return nil }
      argument = own
    }
    return argument
  }

  /// The value of a node all of whose elements are one number known at recording.
  package func number(_ index: Int) -> Double? {
    switch nodes[index].primitive {
    case .constant(let value) where value.count == 1: Double(value.scalar)
    case .broadcast, .reshape: number(nodes[index].operands[0])
    default: nil
    }
  }
}

// MARK: - Simplification

extension Recorder {
  private func record(_ primitive: Primitive<Scalar>, _ operands: [Int], _ shape: [Int]) -> Int {
    record(primitive, operands.map(tensor), shape).place!.index
  }

  private func constant(_ value: Double, _ shape: [Int]) -> Int {
    let number = index(of: Tensor(Scalar(value)))
    return shape.isEmpty ? number : record(.broadcast, [number], shape)
  }

  /// An older or simpler value that equals the primitive's, if there is one.
  private func simplified(_ primitive: Primitive<Scalar>, _ operands: [Int], _ shape: [Int]) -> Int? {
    switch primitive {
    case .unary(let f): return simplified(f, operands[0], shape)
    case .binary(let f): return simplified(f, operands[0], operands[1], shape)
    case .broadcast, .reshape:
      let node = nodes[operands[0]]
      if node.shape == shape { return operands[0] }
      switch (primitive, node.primitive) {
      case (.broadcast, .broadcast), (.reshape, .reshape): return record(primitive, node.operands, shape)
      case (.reshape, .broadcast) where number(operands[0]) != nil:
        return constant(number(operands[0])!, shape)
      default: return nil
      }
    case .transpose(let order):
      if order == Array(order.indices) { return operands[0] }
      let node = nodes[operands[0]]
      if case .transpose(let inner) = node.primitive {
        return record(.transpose(order.map { inner[$0] }), node.operands, shape)
      }
      return nil
    case .slice, .embed: return nodes[operands[0]].shape == shape ? operands[0] : nil
    case .concatenate: return operands.count == 1 ? operands[0] : nil
    case .sum(let axes):
      if axes.isEmpty { return operands[0] }
      let node = nodes[operands[0]]
      guard case .broadcast = node.primitive else { return nil }
      return sumOfBroadcast(node, axes, shape)
    default: return nil
    }
  }

  /// Σ over axes along which a value is only repeated is the value times their length.
  private func sumOfBroadcast(_ node: Node, _ axes: [Int], _ shape: [Int]) -> Int? {
    let inner = nodes[node.operands[0]].shape
    let missing = node.shape.count - inner.count
    let isRepeated = { (axis: Int) in axis < missing || inner[axis - missing] != node.shape[axis] }
    guard axes.allSatisfy({ isRepeated($0) || node.shape[$0] == 1 }) else { return nil }
    let factor = axes.reduce(1) { $0 * node.shape[$1] }
    let kept = (missing..<node.shape.count).filter { !axes.contains($0) }.map { inner[$0 - missing] }
    let small = record(.reshape, [node.operands[0]], kept)
    return record(.unary(.scale(Double(factor))), [record(.broadcast, [small], shape)], shape)
  }

  private func simplified(_ f: ElementwiseUnary, _ a: Int, _ shape: [Int]) -> Int? {
    let node = nodes[a]
    if let value = number(a) {
      let result = Tensor(Scalar(value)).applying(f).scalar
      if result.isFinite { return constant(Double(result), shape) }
    }
    switch (f, node.primitive) {
    case (.scale(1), _), (.offset(0), _), (.power(1), _): return a
    case (.scale(0), _): return constant(0, shape)
    case (.scale(-1), _): return record(.unary(.negate), [a], shape)
    case (.power(2), _): return record(.unary(.square), [a], shape)
    case (.power(-1), _): return record(.unary(.reciprocal), [a], shape)
    case (.power(0.5), _): return record(.unary(.sqrt), [a], shape)
    case (.negate, .unary(.negate)): return node.operands[0]
    case (.negate, .unary(.scale(let c))): return record(.unary(.scale(-c)), node.operands, shape)
    case (.negate, .binary(.subtract)):
      return record(.binary(.subtract), [node.operands[1], node.operands[0]], shape)
    case (.scale(let c), .unary(.scale(let d))): return record(.unary(.scale(c * d)), node.operands, shape)
    case (.scale(let c), .unary(.negate)): return record(.unary(.scale(-c)), node.operands, shape)
    case (.square, .unary(.negate)), (.abs, .unary(.negate)): return record(.unary(f), node.operands, shape)
    case (.offset(let c), .unary(.offset(let d))): return record(.unary(.offset(c + d)), node.operands, shape)
    case (_, .broadcast):
      let small = record(.unary(f), node.operands, nodes[node.operands[0]].shape)
      return record(.broadcast, [small], shape)
    default: return nil
    }
  }

  private func simplified(_ f: ElementwiseBinary, _ a: Int, _ b: Int, _ shape: [Int]) -> Int? {
    switch (f, number(a), number(b)) {
    case (.add, let c?, _): return record(.unary(.offset(c)), [b], shape)
    case (.add, _, let c?): return record(.unary(.offset(c)), [a], shape)
    case (.subtract, _, let c?): return record(.unary(.offset(-c)), [a], shape)
    case (.subtract, 0?, _): return record(.unary(.negate), [b], shape)
    case (.multiply, let c?, _): return record(.unary(.scale(c)), [b], shape)
    case (.multiply, _, let c?): return record(.unary(.scale(c)), [a], shape)
    case (.divide, _, let c?) where c != 0 && (1 / c) * c == 1:
      return record(.unary(.scale(1 / c)), [a], shape)
    case (.divide, 1?, _): return record(.unary(.reciprocal), [b], shape)
    case (.power, _, let c?): return record(.unary(.power(c)), [a], shape)
    default: break
    }
    let (x, y) = (nodes[a], nodes[b])
    switch (f, x.primitive, y.primitive) {
    case (.multiply, _, _) where a == b: return record(.unary(.square), [a], shape)
    case (.add, _, .unary(.negate)): return record(.binary(.subtract), [a, y.operands[0]], shape)
    case (.add, .unary(.negate), _): return record(.binary(.subtract), [b, x.operands[0]], shape)
    case (.add, .embed(let axis, let start, 1), .embed(let other, let next, 1)) where axis == other:
      return joined(x.operands[0], start, y.operands[0], next, axis, shape)
    case (.subtract, _, .unary(.negate)): return record(.binary(.add), [a, y.operands[0]], shape)
    case (.multiply, .unary(.negate), _):
      return record(.unary(.negate), [record(.binary(.multiply), [x.operands[0], b], shape)], shape)
    case (.multiply, _, .unary(.negate)):
      return record(.unary(.negate), [record(.binary(.multiply), [a, y.operands[0]], shape)], shape)
    case (.multiply, .unary(.scale(let c)), _):
      return record(.unary(.scale(c)), [record(.binary(.multiply), [x.operands[0], b], shape)], shape)
    case (.multiply, _, .unary(.scale(let c))):
      return record(.unary(.scale(c)), [record(.binary(.multiply), [a, y.operands[0]], shape)], shape)
    case (_, .broadcast, .broadcast):
      // Where both are repeated, the smaller values are combined.
      let (p, q) = (nodes[x.operands[0]].shape, nodes[y.operands[0]].shape)
      let common = Tensor<Scalar>.broadcastShape(p, q)
      guard common.reduce(1, *) < shape.reduce(1, *) else { return nil }
      let small = record(
        .binary(f),
        [record(.broadcast, x.operands, common), record(.broadcast, y.operands, common)], common)
      return record(.broadcast, [small], shape)
    default: return nil
    }
  }

  /// The sum of two parts of an axis, zero elsewhere, is one part where they are neighbours: what the gradients of slices
  /// add up to.
  private func joined(_ a: Int, _ start: Int, _ b: Int, _ next: Int, _ axis: Int, _ shape: [Int]) -> Int? {
    let (m, n) = (nodes[a].shape[axis], nodes[b].shape[axis])
    var whole = shape
    whole[axis] = m + n
    let parts: [Int]
    if start + m == next {
      parts = [a, b]
    } else if next + n == start {
      parts = [b, a]
    } else {
      return nil
    }
    let both = record(.concatenate(axis: axis), parts, whole)
    return record(.embed(axis: axis, start: min(start, next), step: 1), [both], shape)
  }
}
