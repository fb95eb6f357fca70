import Ansatz
import Foundation

/// One line on standard error that tells how far a training is, rewritten several times a second; silent where standard
/// error is no terminal.
struct TrainingLine {
  private let terminal = Terminal(STDERR_FILENO)
  private let isVisible: Bool
  private let limit: Double?
  private var shownAt: UInt64 = 0
  private var begin: (step: Int, seconds: Double)?

  init(isShown: Bool, limit: Double?) {
    isVisible = isShown && terminal.isTerminal
    self.limit = limit
  }

  mutating func update(
    step: Int, steps: Int, loss: Double, rate: Double, error: (name: String, value: Double)?, seconds: Double
  ) {
    guard isVisible else { return }
    let now = DispatchTime.now().uptimeNanoseconds
    if begin == nil { begin = (step - 1, seconds) }
    guard now - shownAt > 100_000_000 else { return }
    shownAt = now
    let speed = Double(step - begin!.step) / max(seconds - begin!.seconds, 1e-9)
    var left = Double(steps - step) / max(speed, 1e-9)
    if let limit { left = min(left, limit - seconds) }
    var text = "step \(step)  loss \(format(loss, digits: 3))"
    if let error { text += "  \(error.name) \(format(error.value, digits: 3))" }
    text += "  rate \(format(rate, digits: 2))  \(format(speed, digits: 3)) steps/s  "
    text += "\(ProgressLine.duration(max(left, 0))) left"
    Output.write("\r\u{1B}[K" + String(text.prefix(terminal.columns - 1)), to: STDERR_FILENO)
  }

  func clear() {
    if isVisible && shownAt > 0 { Output.write("\r\u{1B}[K", to: STDERR_FILENO) }
  }
}
