import Tensors

/// Rules by the names of parameters: each parameter belongs to the first group whose pattern its name matches, and to the
/// fallback if there is none.
///
///     ParameterGroups(fallback: AdamW(rate: 1e-3)).group("*.bias", Adam(rate: 1e-3)).freezing("embedding.*")
///
/// A rule sees the parameters of its group as a vector of its own, also where it looks at norms.
public struct ParameterGroups<Scalar: OptimizerScalar>: UpdateRule {
  private struct Group: Sendable {
    var pattern: NamePattern?
    /// Nil for parameters that stay as they are.
    var rule: (any UpdateRule<Scalar>)?
    var layout = ParameterLayout()
    /// Where the group's segments lie in the whole vector, as few ranges as can be.
    var ranges: [Range<Int>] = []
  }

  /// Vectors of one group.
  private final class Memory {
    let x, gradient: [Buffer<Scalar>]
    init(counts: [Int]) {
      x = counts.map { Buffer(count: $0) }
      gradient = counts.map { Buffer(count: $0) }
    }
  }

  // The fallback is the last.
  private var groups: [Group]
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Memory>()

  public var name: String { "parameter groups" }

  /// The rule for parameters that no group takes.
  public init(fallback: some UpdateRule<Scalar>) { groups = [Group(rule: fallback)] }

  private func adding(_ pattern: NamePattern, _ rule: (any UpdateRule<Scalar>)?) -> ParameterGroups {
    var copy = self
    copy.groups.insert(Group(pattern: pattern, rule: rule), at: groups.count - 1)
    copy.layout = nil
    return copy
  }

  /// With a rule for parameters whose name matches a pattern, and no earlier one.
  public func group<Rule: UpdateRule>(_ pattern: NamePattern, _ rule: Rule) -> ParameterGroups
  where Rule.Scalar == Scalar {
    adding(pattern, rule)
  }

  /// Without changes of parameters whose name matches a pattern, and no earlier one.
  public func freezing(_ pattern: NamePattern) -> ParameterGroups { adding(pattern, nil) }

  /// Distributes the segments over the groups.
  private func distributed(_ layout: ParameterLayout) throws(OptimizerError) -> [Group] {
    try layout.check(groups.compactMap(\.pattern))
    var groups = groups
    for i in groups.indices {
      groups[i].layout = ParameterLayout()
      groups[i].ranges = []
    }
    for segment in layout.segments {
      let index = groups.firstIndex { $0.pattern?.matches(segment.name) ?? true }!
      let own = groups[index].layout
      groups[index].layout = own.appending(segment.name, shape: segment.shape, isComplex: segment.isComplex)
      var range = segment.range
      if let last = groups[index].ranges.last, last.upperBound == range.lowerBound {
        range = last.lowerBound..<range.upperBound
        groups[index].ranges.removeLast()
      }
      groups[index].ranges.append(range)
    }
    return groups
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    var groups = try distributed(layout)
    for i in groups.indices {
      let own = groups[i].layout
      try groups[i].rule?.prepare(for: own)
    }
    (self.groups, self.layout, stepCount) = (groups, layout, 0)
    scratch.drop()
  }

  public mutating func objectiveChanged() {
    for i in groups.indices { groups[i].rule?.objectiveChanged() }
  }

  public mutating func samplesChanged() {
    for i in groups.indices { groups[i].rule?.samplesChanged() }
  }

  public func rate(_ context: UpdateContext) -> Double {
    groups[groups.count - 1].rule?.rate(context) ?? 0
  }

  private static func gather(
    _ from: UnsafePointer<Scalar>, _ ranges: [Range<Int>], into to: UnsafeMutablePointer<Scalar>
  ) {
    var offset = 0
    for range in ranges {
      (to + offset).update(from: from + range.lowerBound, count: range.count)
      offset += range.count
    }
  }

  private static func scatter(
    _ from: UnsafePointer<Scalar>, _ ranges: [Range<Int>], into to: UnsafeMutablePointer<Scalar>
  ) {
    var offset = 0
    for range in ranges {
      (to + range.lowerBound).update(from: from + offset, count: range.count)
      offset += range.count
    }
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    // Rules are changed where they are: a copy of the list would be copied in every step.
    let memory = takeMemory()
    for i in groups.indices where groups[i].rule != nil && !groups[i].ranges.isEmpty {
      let ranges = groups[i].ranges
      if ranges.count == 1 {
        let start = ranges[0].lowerBound
        groups[i].rule?.update(x + start, gradient: gradient + start, context)
      } else {
        let (own, slope) = (memory.x[i].pointer, memory.gradient[i].pointer)
        Self.gather(x, ranges, into: own)
        Self.gather(gradient, ranges, into: slope)
        groups[i].rule?.update(own, gradient: slope, context)
        Self.scatter(own, ranges, into: x)
      }
    }
    stepCount += 1
  }

  private mutating func takeMemory() -> Memory {
    let list = groups
    return scratch.take { Memory(counts: list.map { $0.ranges.count > 1 ? $0.layout.count : 0 }) }
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    point.setToCopy(of: x)
    guard layout != nil else { return }
    for group in groups where group.layout.count > 0 {
      guard let rule = group.rule else { continue }
      var own = Tensor<Scalar>.zeros([group.layout.count])
      own.withUnsafeMutableBufferPointer { own in
        x.withUnsafeBufferPointer { Self.gather($0.baseAddress!, group.ranges, into: own.baseAddress!) }
      }
      let evaluated = rule.evaluationPoint(of: own)
      point.withUnsafeMutableBufferPointer { point in
        evaluated.withUnsafeBufferPointer {
          Self.scatter($0.baseAddress!, group.ranges, into: point.baseAddress!)
        }
      }
    }
  }

  private func key(_ index: Int) -> String {
    groups[index].pattern.map { "\(index): \($0)" } ?? "fallback"
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      for i in groups.indices { state.children[key(i)] = groups[i].rule?.state }
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    var groups = try distributed(layout)
    for i in groups.indices where groups[i].rule != nil {
      try groups[i].rule?.restore(try state.child(key(i)))
    }
    (self.groups, self.layout, stepCount) = (groups, layout, state.step)
    scratch.drop()
  }
}

extension UpdateRule {
  /// This rule, for all parameters but those whose name matches one of the patterns, which stay as they are.
  public func freezing(_ patterns: NamePattern...) -> ParameterGroups<Scalar> {
    patterns.reduce(ParameterGroups(fallback: self)) { $0.freezing($1) }
  }
}
