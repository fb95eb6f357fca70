/// An element of an XML document: its attributes, child elements and where its own text stands in the
/// document.
struct MarkupElement {
  var name: String
  var attributes: [String: String]
  var children: [MarkupElement] = []
  /// The pieces of text between the child elements.
  var text: [Range<Int>] = []

  /// The first child element of this name.
  func child(_ name: String) -> MarkupElement? { children.first { $0.name == name } }
}

/// What is wrong with an XML document.
struct MarkupError: Error {
  let reason: String
}

/// The part of XML 1.0 (W3C, 2008) that VTK's files use, which may end in raw bytes that are not XML.
struct Markup {
  /// The document element.
  let root: MarkupElement
  /// Where the bytes after the underscore of `AppendedData` start; what follows was not parsed.
  let appendedStart: Int?

  /// `text` with the characters that XML reserves replaced by entities, and control characters by U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result += "&#\(scalar.value);"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Parses the document up to its end, or to the underscore that starts appended data.
  init(_ bytes: [UInt8]) throws(MarkupError) {
    var parser = Parser(bytes: bytes)
    root = try parser.parse()
    appendedStart = parser.appendedStart
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0
    var appendedStart: Int?
    private var stack: [MarkupElement] = []
    private static let deepest = 64

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func parse() throws(MarkupError) -> MarkupElement {
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
      while position < bytes.count {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
        if start < position {
          if stack.isEmpty {
            guard bytes[start..<position].allSatisfy(Self.isSpace) else {
              throw MarkupError(reason: "text stands where an XML element should")
            }
          } else {
            stack[stack.count - 1].text.append(start..<position)
          }
        }
        guard position < bytes.count else { break }
        if try skip("<!--", to: "-->") { continue }
        if try skip("<?", to: "?>") { continue }
        if try skip("<!", to: ">") { continue }
        position += 1
        if let root = try tag() { return root }
      }
      throw MarkupError(
        reason: stack.isEmpty
          ? "there is no XML element" : "the element <\(stack[stack.count - 1].name)> does not end")
    }

    /// Reads a tag behind its `<`; returns the document element once it is complete.
    private mutating func tag() throws(MarkupError) -> MarkupElement? {
      if position < bytes.count, bytes[position] == UInt8(ascii: "/") {
        position += 1
        let name = try name()
        skipSpace()
        try expect(">")
        guard let element = stack.popLast(), element.name == name else {
          throw MarkupError(reason: "</\(name)> closes no element")
        }
        return close(element)
      }
      var element = MarkupElement(name: try name(), attributes: [:])
      while true {
        skipSpace()
        guard position < bytes.count else {
          throw MarkupError(reason: "the tag <\(element.name)> does not end")
        }
        if bytes[position] == UInt8(ascii: "/") {
          position += 1
          try expect(">")
          return close(element)
        }
        if bytes[position] == UInt8(ascii: ">") {
          position += 1
          break
        }
        let key = try name()
        skipSpace()
        try expect("=")
        skipSpace()
        element.attributes[key] = try quotedValue()
      }
      if element.name == "AppendedData" {
        skipSpace()
        try expect("_")
        appendedStart = position
        var root = element
        while let parent = stack.popLast() {
          var parent = parent
          parent.children.append(root)
          root = parent
        }
        return root
      }
      guard stack.count < Self.deepest else { throw MarkupError(reason: "elements are nested too deeply") }
      stack.append(element)
      return nil
    }

    private mutating func close(_ element: MarkupElement) -> MarkupElement? {
      if stack.isEmpty { return element }
      stack[stack.count - 1].children.append(element)
      return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private mutating func skipSpace() {
      while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(MarkupError) {
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
        throw MarkupError(reason: "a \"\(character)\" is missing at byte \(position)")
      }
      position += 1
    }

    /// Skips from `opening`, if it stands here, past the next `closing`.
    private mutating func skip(_ opening: StaticString, to closing: StaticString) throws(MarkupError) -> Bool
    {
      guard stands(opening, at: position) else { return false }
      position += opening.utf8CodeUnitCount
      while position < bytes.count {
        if stands(closing, at: position) {
          position += closing.utf8CodeUnitCount
          return true
        }
        position += 1
      }
      throw MarkupError(reason: "a comment or declaration does not end")
    }

    private func stands(_ text: StaticString, at place: Int) -> Bool {
      text.withUTF8Buffer { text in
        place + text.count <= bytes.count && text.indices.allSatisfy { bytes[place + $0] == text[$0] }
      }
    }

    private mutating func name() throws(MarkupError) -> String {
      let start = position
      while position < bytes.count, !Self.isSpace(bytes[position]), !Self.delimiters.contains(bytes[position])
      {
        position += 1
      }
      guard position > start else { throw MarkupError(reason: "a name is missing at byte \(start)") }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static let delimiters = Array("<>/=\"'".utf8)

    private mutating func quotedValue() throws(MarkupError) -> String {
      guard position < bytes.count,
        bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
      else {
        throw MarkupError(reason: "a quoted value is missing at byte \(position)")
      }
      let quote = bytes[position]
      let start = position + 1
      guard let end = bytes[start...].firstIndex(of: quote) else {
        throw MarkupError(reason: "a quoted value does not end")
      }
      position = end + 1
      return try Self.unescaped(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private static let entities: [Substring: Unicode.Scalar] = [
      "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
    ]

    private static func unescaped(_ text: String) throws(MarkupError) -> String {
      guard text.contains("&") else { return text }
      var result = String.UnicodeScalarView()
      var rest = text.unicodeScalars[...]
      while let ampersand = rest.firstIndex(of: "&") {
        result += rest[..<ampersand]
        guard let semicolon = rest[ampersand...].firstIndex(of: ";") else {
          throw MarkupError(reason: "an entity does not end")
        }
        let name = Substring(rest[rest.index(after: ampersand)..<semicolon])
        var scalar = entities[name]
        if name.hasPrefix("#x") {
          scalar = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        } else if name.hasPrefix("#") {
          scalar = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init)
        }
        guard let scalar else { throw MarkupError(reason: "the entity &\(name); is unknown") }
        result.append(scalar)
        rest = rest[rest.index(after: semicolon)...]
      }
      result += rest
      return String(result)
    }
  }
}
