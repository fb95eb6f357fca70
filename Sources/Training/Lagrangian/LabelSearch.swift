import Geometry

/// The search for the label that is at a position at a time: Newton's method from a label nearby, in one dimension between the
/// labels that are known to enclose the one sought, in the plane shortened where the distance does not fall.
struct LabelSearch {
  /// The position, in the box.
  let position: [Double]
  let time: Double
  /// The best label so far.
  private(set) var label: [Double]
  /// The label to evaluate next.
  private(set) var trial: [Double]
  private var distance = Double.infinity
  private var step: [Double] = []
  private var halvings = 0
  /// The copy of the position, by whole periods, that is sought on a line.
  private var target: Double?
  private var (low, high) = (-Double.infinity, Double.infinity)

  init(position: [Double], time: Double, label: [Double]) {
    (self.position, self.time, self.label) = (position, time, label)
    trial = label
  }

  /// Takes the position of the trial and ∂X/∂a there, by rows, and chooses the next trial. Whether the search is at its end.
  mutating func improve(_ found: [Double], _ slopes: [Double], _ box: Box, labels: Box) -> Bool {
    guard found.allSatisfy(\.isFinite) else { return true }
    let isAtEnd =
      found.count == 1
      ? improve(found[0], slope: slopes[0], box.intervals[0]) : improve(found, slopes: slopes, box)
    // Labels beyond a wall have no initial values.
    for (axis, interval) in labels.intervals.enumerated() where !interval.isPeriodic {
      trial[axis] = min(max(trial[axis], interval.lower), interval.upper)
    }
    return isAtEnd
  }

  private mutating func improve(_ found: Double, slope: Double, _ interval: Box.Interval) -> Bool {
    let period = interval.upper - interval.lower
    let goal = target ?? found + interval.difference(found, position[0])
    target = goal
    let (gap, a) = (found - goal, trial[0])
    if abs(gap) < distance { (distance, label) = (abs(gap), trial) }
    guard abs(gap) > 1e-13 * period else { return true }
    // Positions rise with labels as long as characteristics do not cross.
    if gap > 0 { high = min(high, a) } else { low = max(low, a) }
    let newton = a - max(-0.25 * period, min(0.25 * period, gap / slope))
    let next = newton > low && newton < high && newton.isFinite ? newton : 0.5 * (low + high)
    guard next.isFinite, abs(next - a) > 1e-15 * period else { return true }
    trial = [next]
    return false
  }

  private mutating func improve(_ found: [Double], slopes: [Double], _ box: Box) -> Bool {
    let gap = zip(zip(box.intervals, found), position).map { $0.0.difference($1, $0.1) }
    let size = max(abs(gap[0]), abs(gap[1]))
    let scale = box.intervals.map { $0.upper - $0.lower }.max()!
    if size < distance {
      (distance, label, halvings) = (size, trial, 0)
      let determinant = slopes[0] * slopes[3] - slopes[1] * slopes[2]
      step = [
        -(slopes[3] * gap[0] - slopes[1] * gap[1]) / determinant,
        -(slopes[0] * gap[1] - slopes[2] * gap[0]) / determinant,
      ]
      guard size > 1e-13 * scale, step.allSatisfy(\.isFinite),
        step.contains(where: { abs($0) > 1e-15 * scale })
      else { return true }
    } else {
      halvings += 1
      guard halvings < 12 else { return true }
      step = step.map { 0.5 * $0 }
    }
    trial = zip(label, step).map { $0 + $1 }
    return false
  }
}
