import Foundation

/// What a stream's terminal, if it is one, can show.
struct Terminal {
  /// How many colours there are.
  enum Colors {
    case none, indexed, full
  }

  let isTerminal: Bool
  let columns: Int
  let rows: Int
  let colors: Colors
  /// Whether characters beyond ASCII can be shown.
  let showsUnicode: Bool

  init(_ descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
    isTerminal = isatty(descriptor) == 1
    var size = winsize()
    let hasSize = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    columns = hasSize ? Int(size.ws_col) : 80
    rows = hasSize && size.ws_row > 0 ? Int(size.ws_row) : 24
    let kind = environment["TERM"] ?? ""
    let isPlain = !isTerminal || kind.isEmpty || kind == "dumb"
    let locale =
      [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]]
      .compactMap { $0 }.first { !$0.isEmpty } ?? ""
    let encoding = locale.lowercased().replacingOccurrences(of: "-", with: "")
    showsUnicode = !isPlain && encoding.hasSuffix("utf8")
    if isPlain || !(environment["NO_COLOR"] ?? "").isEmpty {
      colors = .none
    } else if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") {
      colors = .full
    } else {
      colors =
        kind.contains("256color") || kind.hasPrefix("tmux") || kind.hasPrefix("screen") ? .indexed : .none
    }
  }
}
