import Foundation

/// The arguments of a command: options by name, and the rest in order.
package struct ParsedArguments: Equatable, Sendable {
  package private(set) var positional: [String] = []
  package private(set) var options: [String: String] = [:]

  /// Options are written `--name value` or `--name=value`, anywhere; after `--` everything is positional.
  ///
  /// - Throws: ``UsageError`` for options that the command has not, repeated ones, and missing or superfluous values.
  package init(_ words: [String], options known: [Option], command: String) throws {
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        positional += words[index...]
        break
      }
      if word == "-h" {
        options["help"] = ""
        continue
      }
      guard word.hasPrefix("-"), word != "-", Double(word) == nil else {
        positional.append(word)
        continue
      }
      let parts = word.drop { $0 == "-" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts.first ?? "")
      guard word.hasPrefix("--"), let option = known.first(where: { $0.name == name }) else {
        throw UsageError.unknown(
          "option", word.hasPrefix("--") ? "--" + name : word, among: known.map { "--" + $0.name },
          help: "'\(command) --help' lists them")
      }
      guard options[name] == nil else {
        throw UsageError("--\(name) is given twice: give it once")
      }
      guard let value = option.value else {
        guard parts.count == 1 else { throw UsageError("--\(name) takes no value: leave out '=\(parts[1])'") }
        options[name] = ""
        continue
      }
      if parts.count == 2 {
        options[name] = String(parts[1])
      } else {
        // Negative numbers are values, options are not.
        guard index < words.count, !words[index].hasPrefix("--") else {
          throw UsageError("--\(name) needs a value: write --\(name) \(value)")
        }
        options[name] = words[index]
        index += 1
      }
      if options[name]!.isEmpty { throw UsageError("--\(name) needs a value: write --\(name) \(value)") }
    }
  }

  /// Whether an option was given.
  package func has(_ name: String) -> Bool { options[name] != nil }

  /// The text of an option.
  package subscript(_ name: String) -> String? { options[name] }

  /// The finite number of an option.
  package func number(_ name: String) throws -> Double? {
    try options[name].map { try Self.number($0, of: "--\(name)") }
  }

  /// The finite number greater than zero of an option.
  package func positiveNumber(_ name: String) throws -> Double? {
    guard let value = try number(name) else { return nil }
    guard value > 0 else { throw UsageError("--\(name) is \(options[name]!): give a number greater than 0") }
    return value
  }

  /// The whole number of an option.
  package func integer(_ name: String, atLeast smallest: Int, what: String) throws -> Int? {
    try options[name].map { try Self.integer($0, of: "--\(name)", atLeast: smallest, what: what) }
  }

  /// The whole numbers of an option, separated by commas.
  package func integers(_ name: String, atLeast smallest: Int, what: String) throws -> [Int]? {
    try options[name].map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try Self.integer(String($0), of: "--\(name)", atLeast: smallest, what: what)
      }
    }
  }

  /// A decimal number; hexadecimal ones and the like are not taken.
  static func number(_ text: String, of name: String) throws -> Double {
    let allowed = Set("0123456789+-.eE")
    let isDecimal = text.allSatisfy { allowed.contains($0) }
    guard !text.isEmpty else {
      throw UsageError("\(name) has an empty place: leave out the superfluous comma")
    }
    guard let value = Double(text), isDecimal || !value.isFinite else {
      throw UsageError("\(name) is '\(text)', which is no number: give one such as 0.01 or 1e-3")
    }
    guard value.isFinite else { throw UsageError("\(name) is \(text): give a finite number") }
    return value
  }

  private static func integer(
    _ text: String, of name: String, atLeast smallest: Int, what: String
  ) throws -> Int {
    let value = try number(text, of: name)
    guard value == value.rounded() else {
      throw UsageError("\(name) is \(text): give a whole number of \(what)")
    }
    guard value >= Double(smallest) else {
      throw UsageError("\(name) is \(text): give at least \(smallest) \(what)")
    }
    guard let integer = Int(exactly: value) else {
      throw UsageError("\(name) is \(text), which is far too many \(what)")
    }
    return integer
  }
}
