import Foundation

/// The times at which a run keeps its fields.
public enum FrameSchedule: Hashable, Sendable, Codable {
  /// So many frames at equal distances, counting the initial and the final one.
  case count(Int)
  /// A frame every so many units of time, besides the initial and the final one.
  case every(Double)
  /// The given times, besides the initial one.
  case at([Double])

  /// The times after the initial one, ascending, the final one included.
  func times(until end: Double) -> [Double] {
    switch self {
    case .count(let n):
      let intervals = max(1, n - 1)
      return (1...intervals).map { $0 == intervals ? end : end * Double($0) / Double(intervals) }
    case .every(let interval):
      precondition(interval > 0, "frames every \(interval) units of time")
      var times: [Double] = []
      var i = 1
      while Double(i) * interval < end * (1 - 1e-12) {
        times.append(Double(i) * interval)
        i += 1
      }
      return times + [end]
    case .at(let times): return times.filter { $0 > 0 && $0 < end }.sorted() + [end]
    }
  }
}
