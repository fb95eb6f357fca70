import Tensors

/// The order of work within one stage: elementwise values are gathered into fused kernels, which are as few as the
/// other primitives between them allow.
///
/// The depth of a value counts the other primitives on the way to it. Elementwise values of one depth and shape make one
/// kernel. They are computed as late as their users allow; what is needed at several depths is kept in memory, or
/// computed again where that takes a few operations on values that are kept anyway.
struct BlockPlan<Scalar: Real> {
  typealias Node = Recorder<Scalar>.Node

  /// One kernel call.
  enum Work {
    case fused(members: [Int], outputs: [Int])
    case single(Int)

    /// The values that it makes.
    var results: [Int] {
      switch self {
      case .fused(_, let outputs): outputs
      case .single(let index): [index]
      }
    }
  }

  private let recorder: Recorder<Scalar>
  private let members: [Int]
  private let isMember: Set<Int>
  private let exports: Set<Int>
  private var depth: [Int: Int] = [:]
  private var barrierOperands: Set<Int> = []
  /// Values that must be in memory.
  private(set) var stored: Set<Int> = []
  /// Kernel calls in the order in which they run.
  private(set) var work: [Work] = []

  /// Plans the computation of some values.
  ///
  /// - Parameters:
  ///   - members: What is computed, operands first; other values are in memory already.
  ///   - exports: The members that are used elsewhere.
  init(_ recorder: Recorder<Scalar>, members: [Int], exports: Set<Int>) {
    (self.recorder, self.members, self.exports) = (recorder, members, exports)
    isMember = Set(members)
    findDepths()
    build()
  }

  private var nodes: [Node] { recorder.nodes }

  /// Whether a value is the same memory under another shape.
  static func isAlias(_ node: Node) -> Bool {
    switch node.primitive {
    case .reshape, .stopGradient: true
    default: false
    }
  }

  /// Whether a value is computed element by element within a fused kernel.
  private func isFusible(_ index: Int) -> Bool {
    let node = nodes[index]
    if case .broadcast = node.primitive {
      return Self.repetition(of: nodes[node.operands[0]].shape, in: node.shape) != nil
    }
    return node.primitive.isElementwise
  }

  /// How the elements of a broadcast value are found in its source; nil where that takes more than two numbers.
  static func repetition(of source: [Int], in target: [Int]) -> FusedKernel.Repetition?? {
    let padded = Array(repeating: 1, count: target.count - source.count) + source
    let kept = target.indices.filter { target[$0] > 1 && padded[$0] == target[$0] }
    guard let first = kept.first, let last = kept.last else {
      return .some(FusedKernel.Repetition(each: 1, period: 1))
    }
    guard (first...last).allSatisfy({ target[$0] == 1 || kept.contains($0) }) else { return nil }
    let each = target[(last + 1)...].reduce(1, *)
    let period = kept.reduce(1) { $0 * target[$1] }
    let isLeading = target[..<first].allSatisfy { $0 == 1 }
    if isLeading { return .some(each == 1 ? nil : FusedKernel.Repetition(each: each, period: 1)) }
    return .some(FusedKernel.Repetition(each: each, period: period))
  }

  /// Whether a value is only repeated where it is read.
  func isVirtual(_ index: Int) -> Bool {
    if case .broadcast = nodes[index].primitive {
      isMember.contains(index) && !stored.contains(index)
    } else {
      false
    }
  }

  // MARK: - Depths

  private mutating func findDepths() {
    for index in members {
      let fusible = isFusible(index)
      depth[index] = nodes[index].operands.reduce(0) { depth, operand in
        guard let inner = self.depth[operand] else { return depth }
        return max(depth, fusible && !isFusible(operand) ? inner + 1 : inner)
      }
      if !fusible {
        barrierOperands.formUnion(nodes[index].operands.filter { isMember.contains($0) })
      }
    }
    var latest: [Int: Int] = [:]
    for index in members.reversed() {
      if isFusible(index), let late = latest[index], !exports.contains(index) { depth[index] = late }
      for operand in nodes[index].operands where isMember.contains(operand) {
        latest[operand] = min(latest[operand] ?? .max, depth[index]!)
      }
    }
  }

  // MARK: - Kernels

  private struct Group: Hashable {
    let depth: Int
    let shape: [Int]
  }

  private mutating func build() {
    stored = exports.union(barrierOperands)
    var groups: [Group: [Int]] = [:]
    var singles: [Int: [Int]] = [:]
    for index in members {
      if isFusible(index) {
        groups[Group(depth: depth[index]!, shape: nodes[index].shape), default: []].append(index)
      } else {
        singles[depth[index]!, default: []].append(index)
      }
    }
    // Smaller values are only read by larger ones of their depth, repeated.
    let order = { (a: Group, b: Group) in
      let (m, n) = (a.shape.reduce(1, *), b.shape.reduce(1, *))
      return m != n ? m < n : a.shape.lexicographicallyPrecedes(b.shape)
    }
    var result: [[Work]] = []
    for level in (0...max(depth.values.max() ?? 0, 0)).reversed() {
      var calls: [Work] = []
      for group in groups.keys.filter({ $0.depth == level }).sorted(by: order).reversed() {
        let outputs = groups[group]!.filter { stored.contains($0) }
        guard !outputs.isEmpty else { continue }
        calls.append(.fused(members: kernel(outputs, group), outputs: outputs))
      }
      result.append(calls.reversed() + (singles[level] ?? []).map(Work.single))
    }
    work = result.reversed().flatMap { $0 }
  }

  /// The members of the kernel that gives `outputs`; what they read from memory is stored.
  private mutating func kernel(_ outputs: [Int], _ group: Group) -> [Int] {
    var chosen: Set<Int> = []
    var pending = outputs
    while let index = pending.popLast() {
      guard chosen.insert(index).inserted else { continue }
      let node = nodes[index]
      if case .broadcast = node.primitive {
        noteRead(node.operands[0])
        continue
      }
      for operand in node.operands where recorder.number(operand) == nil {
        guard isMember.contains(operand), isFusible(operand) else { continue }
        if case .broadcast = nodes[operand].primitive {
          // Read in place of its copy, unless that is there anyway.
          if !stored.contains(operand) { noteRead(nodes[operand].operands[0]) }
        } else if depth[operand] == group.depth || isCheap(operand) {
          pending.append(operand)
        } else {
          noteRead(operand)
        }
      }
    }
    return chosen.sorted()
  }

  private mutating func noteRead(_ index: Int) {
    if isMember.contains(index), isFusible(index) { stored.insert(index) }
  }

  /// Whether a value takes a few operations on values that are in memory anyway.
  private func isCheap(_ index: Int) -> Bool {
    guard !stored.contains(index) else { return false }
    var budget = 6
    func cheap(_ index: Int) -> Bool {
      let node = nodes[index]
      budget -= 1
      guard budget >= 0 else { return false }
      switch node.primitive {
      case .unary(let f) where !f.isCostly: break
      case .binary(.add), .binary(.subtract), .binary(.multiply), .select: break
      default: return false
      }
      return node.operands.allSatisfy { operand in
        if recorder.number(operand) != nil || !isMember.contains(operand) || stored.contains(operand) {
          return true
        }
        if !isFusible(operand) { return true }
        if case .broadcast = nodes[operand].primitive {
          return !isMember.contains(nodes[operand].operands[0])
        }
        return cheap(operand)
      }
    }
    return cheap(index)
  }
}
