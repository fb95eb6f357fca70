import Ansatz
import Foundation

/// One line on standard error that tells how far a run is, rewritten several times a second; silent where standard
/// error is no terminal.
struct ProgressLine {
  private let terminal = Terminal(STDERR_FILENO)
  /// Whether anything is shown.
  let isVisible: Bool
  private let until: Double
  private let start = DispatchTime.now().uptimeNanoseconds
  private var shownAt: UInt64 = 0
  private var begin: (index: Int, time: Double)?
  /// The root mean square of the main field in the newest frame.
  var rms: (name: String, value: Double)?

  init(isShown: Bool, until: Double) {
    isVisible = isShown && terminal.isTerminal
    self.until = until
  }

  mutating func update(_ context: StepContext) {
    guard isVisible else { return }
    let now = DispatchTime.now().uptimeNanoseconds
    if begin == nil { begin = (context.index - 1, context.time - context.step) }
    guard now - shownAt > 100_000_000 else { return }
    shownAt = now
    let seconds = Double(now - start) * 1e-9
    let done = min(1, context.time / until)
    let rate = Double(context.index - begin!.index) / max(seconds, 1e-9)
    let speed = (context.time - begin!.time) / max(seconds, 1e-9)
    let left = (until - context.time) / max(speed, 1e-300)
    let cells = 20
    let filled = Int(done * Double(cells))
    let (full, empty) = terminal.showsUnicode ? ("━", "╌") : ("#", ".")
    let bar = String(repeating: full, count: filled) + String(repeating: empty, count: cells - filled)
    var text = "\(bar) \(String(format: "%3.0f", 100 * done)) %  t = \(format(context.time))  "
    text += "step \(context.index)  \(format(rate, digits: 3))/s  \(Self.duration(left)) left"
    if let rms { text += "  rms \(rms.name) = \(format(rms.value))" }
    Output.write("\r\u{1B}[K" + String(text.prefix(terminal.columns - 1)), to: STDERR_FILENO)
  }

  func clear() {
    if isVisible && shownAt > 0 { Output.write("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  /// "4 s", "3 min 20 s", "2 h 5 min".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "long" }
    if seconds < 1 { return "<1 s" }
    let s = Int(seconds.rounded())
    if s < 60 { return "\(s) s" }
    if s < 3600 { return "\(s / 60) min \(s % 60) s" }
    return "\(s / 3600) h \(s % 3600 / 60) min"
  }
}
