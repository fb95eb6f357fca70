import Geometry

/// Positions of labels along a line at one time.
struct PositionLine: PositionSlice {
  private let labels: [Double]
  /// X over labels, as it is, without wrapping.
  private let positions: [Double]
  private let interval: Box.Interval
  /// Cells between neighbouring labels by parts of the interval that they touch.
  private var cells: [[Int]]

  init(labels: [Double], positions: [Double], interval: Box.Interval) {
    (self.labels, self.positions, self.interval) = (labels, positions, interval)
    cells = Array(repeating: [], count: labels.count)
    let width = (interval.upper - interval.lower) / Double(cells.count)
    for cell in 0..<labels.count - 1 {
      let (a, b) = (min(positions[cell], positions[cell + 1]), max(positions[cell], positions[cell + 1]))
      guard a.isFinite, b.isFinite else { continue }
      // A cell wider than all parts touches each of them once.
      let first = Int(((a - interval.lower) / width).rounded(.down))
      let last = min(Int(((b - interval.lower) / width).rounded(.down)), first + cells.count - 1)
      for part in first...last {
        let wrapped = interval.isPeriodic ? ((part % cells.count) + cells.count) % cells.count : part
        if cells.indices.contains(wrapped) { cells[wrapped].append(cell) }
      }
    }
  }

  func label(at position: [Double]) -> (label: [Double], branches: Int) {
    let x = position[0]
    let width = (interval.upper - interval.lower) / Double(cells.count)
    let part = min(max(Int(((x - interval.lower) / width).rounded(.down)), 0), cells.count - 1)
    var found: [Double] = []
    for cell in cells[part] {
      let (a, b) = (positions[cell], positions[cell + 1])
      // The copy of the position by whole periods that is nearest to the cell.
      let middle = 0.5 * (a + b)
      let own = middle + interval.difference(middle, x)
      let margin = 1e-12 * (interval.upper - interval.lower)
      guard min(a, b) - margin <= own, own <= max(a, b) + margin else { continue }
      let fraction = b == a ? 0.5 : (own - a) / (b - a)
      let label = labels[cell] + fraction * (labels[cell + 1] - labels[cell])
      // A position between two cells belongs to both.
      let width = labels[1] - labels[0]
      guard !found.contains(where: { abs(interval.difference($0, label)) < 1e-6 * width }) else { continue }
      found.append(label)
    }
    if let first = found.first { return ([first], found.count) }
    // Outside of what the labels reach, by rounding or by a wall that is not met: the nearest end.
    let nearest = labels.indices.min {
      abs(interval.difference(positions[$0], x)) < abs(interval.difference(positions[$1], x))
    }!
    return ([labels[nearest]], 0)
  }
}
