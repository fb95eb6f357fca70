import Tensors

/// Derivatives of recorded quantities along directions in the space of a recorded value, of any order, mixed ones
/// included, recorded in the same graph.
///
/// This is Taylor mode: all derivatives are carried forward through the graph together, once. Channels that do not
/// differ from row to row stay small, and zeros are not recorded.
///
/// - Parameters:
///   - outputs: What is differentiated.
///   - value: What it is differentiated by.
///   - directions: One tangent of `value` per direction of the plan, of a shape that broadcasts to that of `value`.
///   - plan: The combinations of derivatives asked for.
/// - Returns: For each output, one tensor per combination, of its shape.
/// - Throws: ``DifferentiationError`` where a primitive does not give derivatives of the order asked for.
public func taylorDerivatives<Scalar>(
  of outputs: [Tensor<Scalar>], by value: Tensor<Scalar>, along directions: [Tensor<Scalar>],
  plan: TaylorPlan
) throws -> [[Tensor<Scalar>]] {
  precondition(
    directions.count == plan.directions,
    "\(directions.count) directions for a plan of \(plan.directions)")
  guard let recorder = value.recorded?.recorder else {
    preconditionFailure(
      "derivatives are taken with respect to a recorded tensor, not one of shape \(value.shape)")
  }
  var sweep = TaylorSweep(recorder: recorder, plan: plan)
  sweep.seed(value, directions)
  try sweep.run(to: outputs.map(recorder.index(of:)))
  return outputs.map { output in
    let index = recorder.index(of: output)
    let jet = sweep.jets[index] ?? []
    return plan.requests.map { channel in
      guard let channel else { return recorder.tensor(index) }
      guard let derivative = jet.isEmpty ? nil : jet[channel] else {
        return .zero(like: recorder.tensor(index))
      }
      return derivative.broadcast(to: output.shape)
    }
  }
}

/// A derivative that cannot be had.
public struct DifferentiationError: Error, Equatable, CustomStringConvertible {
  /// One sentence with the primitive and the remedy.
  public let description: String
}

/// Jets of the values of one graph; a jet is one tensor per channel, nil where it vanishes.
private struct TaylorSweep<Scalar: Real> {
  typealias Jet = [Tensor<Scalar>?]

  let recorder: Recorder<Scalar>
  let plan: TaylorPlan
  /// Values with a derivative that does not vanish.
  var jets: [Int: Jet] = [:]
  private var seeded = 0

  init(recorder: Recorder<Scalar>, plan: TaylorPlan) {
    (self.recorder, self.plan) = (recorder, plan)
  }

  mutating func seed(_ value: Tensor<Scalar>, _ directions: [Tensor<Scalar>]) {
    var jet = Jet(repeating: nil, count: plan.channelCount)
    for (direction, seeds) in zip(directions, plan.seeds) {
      for (channel, coefficient) in seeds {
        let term = recorder.tensor(recorder.index(of: direction)) * Scalar(coefficient)
        jet[channel] = plus(jet[channel], term)
      }
    }
    seeded = recorder.index(of: value)
    jets[seeded] = jet
  }

  mutating func run(to roots: [Int]) throws {
    let needed = recorder.ancestors(of: roots)
    for index in needed.indices where needed[index] && jets[index] == nil {
      let node = recorder.nodes[index]
      guard node.operands.contains(where: { jets[$0] != nil }) else { continue }
      let jet = try jet(of: node, at: index)
      if jet.contains(where: { $0 != nil }) { jets[index] = jet }
    }
  }

  // MARK: - Rules

  private func jet(of node: Recorder<Scalar>.Node, at index: Int) throws -> Jet {
    let result = recorder.tensor(index)
    let operands = node.operands.map(recorder.tensor)
    let inner = node.operands.map { jets[$0] }
    switch node.primitive {
    case .input, .constant, .stopGradient: return nothing
    case .unary(.scale(let factor)): return inner[0]!.map { $0.map { $0 * Scalar(factor) } }
    case .unary(.negate): return inner[0]!.map { $0.map { -$0 } }
    case .unary(.offset): return inner[0]!
    case .binary(.add) where node.argument == index:
      return channels { plus(inner[0]?[$0], inner[1]?[$0]) }
    case .binary(.subtract) where node.argument == index:
      return channels { plus(inner[0]?[$0], inner[1]?[$0].map { -$0 }) }
    case .unary, .binary, .select:
      return node.argument == index
        ? try elementwise(node, operands, inner, result) : composition(index, node.argument)
    case .broadcast: return inner[0]!
    case .reshape, .transpose, .slice, .embed, .gather, .scatter, .sum:
      return inner[0]!.map { channel in
        channel.map { node.primitive.linear([$0.broadcast(to: operands[0].shape)], shape: node.shape) }
      }
    case .concatenate:
      return channels { channel in
        guard inner.contains(where: { $0?[channel] != nil }) else { return nil }
        let parts = zip(inner, operands).map { jet, operand in
          (jet?[channel] ?? Tensor.zero(like: operand)).broadcast(to: operand.shape)
        }
        return node.primitive.linear(parts, shape: node.shape)
      }
    case .maximum(let axis):
      let mask = 1 - (operands[0] .< result.restoring([axis], of: operands[0].shape))
      let count = mask.sum(axis: axis)
      return inner[0]!.map { $0.map { (mask * $0).sum(axis: axis) / count } }
    case .matmul(let transposeA, let transposeB):
      return product(operands, inner) { a, b in
        matmul(a, transposeA, b, transposeB, shapes: operands.map(\.shape))
      }
    case .convolution(let shape, let pass):
      return product(operands, inner) {
        shape.pass(pass, $0.broadcast(to: operands[0].shape), $1.broadcast(to: operands[1].shape))
      }
    case .modalProduct(let pass):
      return product(operands, inner) {
        Tensors.modalProduct(pass, $0.broadcast(to: operands[0].shape), $1.broadcast(to: operands[1].shape))
      }
    case .composite(let function): return try derived(function.expanded(operands))
    case .custom(let custom): return try jet(of: custom, node, operands, inner, result)
    }
  }

  private var nothing: Jet { Jet(repeating: nil, count: plan.channelCount) }

  private func channels(_ body: (Int) -> Tensor<Scalar>?) -> Jet { (0..<plan.channelCount).map(body) }

  /// f(u) for an elementwise function f of one value u, however it is composed.
  private func composition(_ index: Int, _ argument: Int) -> Jet {
    guard let jet = jets[argument] else { return nothing }
    var derivatives: [Tensor<Scalar>?] = [recorder.tensor(index)]
    for _ in 0..<max(plan.order, 1) {
      derivatives.append(derivatives.last!.flatMap { recorder.derivative(of: $0, by: argument) })
    }
    return channels { channel in
      var sum = times(derivatives[1], jet[channel])
      // Products of one order are summed before they are multiplied by that derivative of f.
      for order in Set(plan.terms[channel].map(\.order)).sorted() {
        guard let outer = derivatives[order] else { continue }
        var products: Tensor<Scalar>?
        for term in plan.terms[channel] where term.order == order {
          products = plus(products, power(term, jet))
        }
        sum = plus(sum, products.map { outer * $0 })
      }
      return sum
    }
  }

  private func power(_ term: TaylorPlan.Term, _ jet: Jet) -> Tensor<Scalar>? {
    var product: Tensor<Scalar>?
    for factor in term.factors {
      guard let channel = jet[factor] else { return nil }
      product = product.map { $0 * channel } ?? channel
    }
    return product.map { $0 * Scalar(term.coefficient) }
  }

  /// A bilinear function of two values.
  private func product(
    _ operands: [Tensor<Scalar>], _ inner: [Jet?],
    _ multiply: (Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>
  ) -> Jet {
    channels { channel in
      var sum = inner[0]?[channel].map { multiply($0, operands[1]) }
      sum = plus(sum, inner[1]?[channel].map { multiply(operands[0], $0) })
      for term in plan.products[channel] {
        guard let a = inner[0]?[term.first], let b = inner[1]?[term.second] else { continue }
        sum = plus(sum, multiply(a, b) * Scalar(term.coefficient))
      }
      return sum
    }
  }

  /// A product of matrices of which one is a channel, which may have fewer rows where they are all alike.
  private func matmul(
    _ a: Tensor<Scalar>, _ transposeA: Bool, _ b: Tensor<Scalar>, _ transposeB: Bool, shapes: [[Int]]
  ) -> Tensor<Scalar> {
    let isRow = !transposeA && shapes[0].count == 2 && a.shape == [1, shapes[0][1]]
    let left = isRow ? a : a.broadcast(to: shapes[0])
    return batchedMatmul(left, b.broadcast(to: shapes[1]), transposeA: transposeA, transposeB: transposeB)
  }

  /// An elementwise function of several values.
  private func elementwise(
    _ node: Recorder<Scalar>.Node, _ operands: [Tensor<Scalar>], _ inner: [Jet?], _ result: Tensor<Scalar>
  ) throws -> Jet {
    switch node.primitive {
    case .binary(.multiply): return product(operands, inner) { $0 * $1 }
    case .binary(.divide):
      // a/b = a · (1/b), and 1/b is a function of b alone.
      let inverse = operands[1].reciprocal
      return product([operands[0], inverse], [inner[0], try derived(inverse)]) { $0 * $1 }
    case .binary(.power): return try derived(exp(operands[1] * log(operands[0])))
    case .binary(.min), .binary(.max):
      let isFirst = node.primitive.isMinimum ? operands[0] .< operands[1] : operands[1] .< operands[0]
      return choice(isFirst, operands, [inner[0], inner[1]])
    case .select: return choice(operands[0], Array(operands[1...]), [inner[1], inner[2]])
    default: return nothing
    }
  }

  private func choice(_ condition: Tensor<Scalar>, _ operands: [Tensor<Scalar>], _ inner: [Jet?]) -> Jet {
    channels { channel in
      guard inner[0]?[channel] != nil || inner[1]?[channel] != nil else { return nil }
      let parts = (0...1).map { side in
        (inner[side]?[channel] ?? Tensor.zero(like: operands[side])).broadcast(to: operands[side].shape)
      }
      return condition.select(parts[0], else: parts[1])
    }
  }

  /// The jet of a value that was recorded only now.
  private func derived(_ value: Tensor<Scalar>) throws -> Jet {
    var sweep = self
    let index = recorder.index(of: value)
    try sweep.run(to: [index])
    return sweep.jets[index] ?? nothing
  }

  private func jet(
    of custom: any CustomPrimitive<Scalar>, _ node: Recorder<Scalar>.Node, _ operands: [Tensor<Scalar>],
    _ inner: [Jet?], _ result: Tensor<Scalar>
  ) throws -> Jet {
    if custom.isLinear {
      return channels { channel in
        guard inner.contains(where: { $0?[channel] != nil }) else { return nil }
        let parts = zip(inner, operands).map { jet, operand in
          (jet?[channel] ?? Tensor.zero(like: operand)).broadcast(to: operand.shape)
        }
        return node.primitive.linear(parts, shape: node.shape)
      }
    }
    if custom.isBilinear {
      return product(operands, inner) {
        node.primitive.linear(
          [$0.broadcast(to: operands[0].shape), $1.broadcast(to: operands[1].shape)], shape: node.shape)
      }
    }
    if let product = custom.definingProduct { return solution(node, of: product, operands, inner, result) }
    guard plan.order <= 1 else {
      throw DifferentiationError(
        description:
          "\(custom.name) gives first derivatives only, but derivatives of order \(plan.order) are asked for: "
          + "use a layer that is made of the framework's own operations, or state the equation in first-order form"
      )
    }
    return channels { channel in
      let tangents = zip(inner, operands).map { jet, operand in jet?[channel]?.broadcast(to: operand.shape) }
      return node.primitive.pushforward(tangents, operands: operands, result: result)
    }
  }
}

extension TaylorSweep {
  /// The result r of g(a, r) = b for a bilinear g: every channel of r is a solution with the same a, whose right-hand side is
  /// what lower channels leave of b's.
  private func solution(
    _ node: Recorder<Scalar>.Node, of product: any CustomPrimitive<Scalar>, _ operands: [Tensor<Scalar>],
    _ inner: [Jet?], _ result: Tensor<Scalar>
  ) -> Jet {
    let multiply = { (a: Tensor<Scalar>, r: Tensor<Scalar>) in
      Primitive.custom(product).linear(
        [a.broadcast(to: operands[0].shape), r.broadcast(to: result.shape)], shape: operands[1].shape)
    }
    var jet = nothing
    // Channels stand after those that their products are made of.
    for channel in jet.indices {
      var right = inner[1]?[channel]?.broadcast(to: operands[1].shape)
      right = plus(right, inner[0]?[channel].map { -multiply($0, result) })
      for term in plan.products[channel] {
        guard let a = inner[0]?[term.first], let r = jet[term.second] else { continue }
        right = plus(right, multiply(a, r) * Scalar(-term.coefficient))
      }
      jet[channel] = right.map { node.primitive.linear([operands[0], $0], shape: node.shape) }
    }
    return jet
  }
}

extension Primitive {
  fileprivate var isMinimum: Bool {
    if case .binary(.min) = self { true } else { false }
  }
}

extension Recorder {
  /// The derivative of an elementwise function of `argument`; nil where it vanishes, as for a number.
  fileprivate func derivative(of function: Tensor<Scalar>, by argument: Int) -> Tensor<Scalar>? {
    let index = index(of: function)
    if number(index) != nil { return nil }
    if index == argument { return .one(like: function) }
    return nodes[index].argument == argument ? elementwiseDerivative(index) : nil
  }
}
