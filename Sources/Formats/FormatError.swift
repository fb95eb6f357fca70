import Foundation

/// Why a file could not be read or written.
public enum FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operating system refused `action` ("open", "write", …) on `path`, with its `errno`.
  case system(path: String, action: String, code: Int32)
  /// The content of `file` breaks its format; `remedy` says what to do.
  case malformed(file: String, problem: String, remedy: String)
  /// The content is legal, but not of a kind that is handled here; `remedy` says what to use instead.
  case unsupported(file: String, problem: String, remedy: String)

  /// One sentence naming the file, the cause and the remedy.
  public var description: String {
    switch self {
    case .system(let path, let action, let code):
      "cannot \(action) \(path): \(String(cString: strerror(code))) (errno \(code))"
    case .malformed(let file, let problem, let remedy), .unsupported(let file, let problem, let remedy):
      "\(file): \(problem); \(remedy)"
    }
  }
}

extension FormatError {
  /// A damaged file whose only cure is another copy.
  static func damaged(_ file: String, _ problem: String) -> FormatError {
    .malformed(
      file: file, problem: problem, remedy: "the file is damaged or incomplete, so copy or write it again")
  }
}
