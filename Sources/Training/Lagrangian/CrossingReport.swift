import Foundation
import Geometry

/// Whether characteristics cross: det ∂X/∂a at a grid of labels and times. Where it is 0 or less, several labels are at one
/// position, and the fields there have no single value.
public struct CrossingReport: Sendable, Equatable, CustomStringConvertible {
  /// The smallest det ∂X/∂a; 1 for labels that keep their distances.
  public let smallest: Double
  /// The time and position where it is.
  public let time: Double
  public let position: [Double]
  /// The first time of the grid at which it is 0 or less, or not a number, and the position there.
  public let first: (time: Double, position: [Double])?

  /// Labels so much closer than in the beginning are near a crossing: derivatives in space lose their digits.
  public static let small = 1e-3

  /// Whether characteristics cross.
  public var crosses: Bool { first != nil }

  /// - Parameters:
  ///   - determinants: det ∂X/∂a, labels behind one another for each time.
  ///   - positions: X by axis, in the same order.
  init(times: [Double], determinants: [Double], positions: [[Double]], box: Box) {
    func place(_ index: Int) -> [Double] { zip(box.intervals, positions).map { $0.wrapped($1[index]) } }
    let count = determinants.count / times.count
    var (least, at) = (Double.infinity, 0)
    var start: Int?
    for time in times.indices {
      var (own, place) = (Double.infinity, time * count)
      for i in time * count..<(time + 1) * count {
        // What is not a number is no map either.
        let value = determinants[i].isNaN ? -Double.infinity : determinants[i]
        if value < own { (own, place) = (value, i) }
      }
      if own < least { (least, at) = (own, place) }
      if own <= 0, start == nil { start = place }
    }
    (smallest, time, position) = (least, times[at / count], place(at))
    first = start.map { (times[$0 / count], place($0)) }
  }

  public static func == (a: CrossingReport, b: CrossingReport) -> Bool {
    a.smallest == b.smallest && a.time == b.time && a.position == b.position && a.first?.time == b.first?.time
      && a.first?.position == b.first?.position
  }

  /// One sentence: where and when, and what to do.
  public var description: String {
    func text(_ x: Double) -> String { String(format: "%.4g", x) }
    func text(_ x: [Double]) -> String {
      zip(Axis.allCases, x).map { "\($0.name) = \(text($1))" }.joined(separator: ", ")
    }
    if let first {
      return
        "characteristics cross from t = \(text(first.time)) on at \(text(first.position)) (det X_a = \(text(smallest)) at its "
        + "smallest): the fields are not single-valued there; end earlier, add diffusion, or use the model pinn"
    }
    if smallest < Self.small {
      return
        "characteristics come within det X_a = \(text(smallest)) of crossing at t = \(text(time)), \(text(position)): derivatives in "
        + "space are inaccurate there; end earlier, add diffusion, or use the model pinn"
    }
    return
      "characteristics do not cross (det X_a ≥ \(text(smallest)), at t = \(text(time)), \(text(position)))"
  }
}
