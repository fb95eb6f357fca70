/// A pattern of parameter names: `*` stands for any characters, dots included, and `?` for one; the rest for itself.
/// `*.bias` matches `layers.0.bias`.
public struct NamePattern: Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The pattern as written.
  public let description: String

  public init(_ pattern: String) { description = pattern }
  public init(stringLiteral pattern: String) { description = pattern }

  /// Whether the whole name matches.
  public func matches(_ name: String) -> Bool {
    let (pattern, name) = (Array(description), Array(name))
    var (p, n) = (0, 0)
    // The last star, and where its match ends: a mismatch extends that match by one.
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (p, n) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }

  public init(from decoder: any Decoder) throws { description = try String(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
