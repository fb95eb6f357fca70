/// Tags for elements that belong to several groups at once.
struct CompoundTags {
  /// The members of each compound tag.
  private(set) var members: [Int32: [Int32]] = [:]
  private var known: [[Int32]: Int32] = [:]
  private var next: Int32

  /// Compound tags above all of `tags`.
  init(above tags: some Sequence<Int32>) { next = max(0, tags.max() ?? 0) }

  /// The tag for a set of groups: 0 for none, the group's own for one.
  mutating func tag(_ groups: [Int32]) -> Int32 {
    let unique = Set(groups.filter { $0 != 0 }).sorted()
    if unique.count < 2 { return unique.first ?? 0 }
    if let tag = known[unique] { return tag }
    // Tags are at most a million in sound files; wrapping round could only meet damaged ones.
    next = next == Int32.max ? 1 : next + 1
    while members[next] != nil || unique.contains(next) { next &+= 1 }
    known[unique] = next
    members[next] = unique
    return next
  }
}
