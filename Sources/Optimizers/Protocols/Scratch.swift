/// Working memory beside a value: not part of it, and made anew for a copy that is used beside the original.
struct Scratch<Memory: AnyObject>: @unchecked Sendable {
  // Unchecked: memory that is held once belongs to the value that holds it, and no other is ever used.
  private var memory: Memory?

  init() {}

  /// The memory, which `make` makes if there is none or another value holds it too.
  mutating func take(_ make: () throws -> Memory) rethrows -> Memory {
    if memory == nil || !isKnownUniquelyReferenced(&memory) { memory = try make() }
    return memory!
  }

  /// Forgets the memory, whose size is no longer right.
  mutating func drop() { memory = nil }
}
