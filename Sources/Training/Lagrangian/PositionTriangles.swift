import Foundation
import Geometry

/// Positions of a grid of labels in the plane at one time, as triangles that are found by the parts of the box they touch.
struct PositionTriangles: PositionSlice {
  private let axes: [[Double]]
  /// X and Y over labels, x slowest, without wrapping.
  private let positions: [[Double]]
  private let box: Box
  private let parts: Int
  /// Triangles by parts of the box: twice the number of a cell, plus 1 for its upper triangle.
  private var triangles: [[Int]]

  init(axes: [[Double]], positions: [[Double]], box: Box) {
    (self.axes, self.positions, self.box) = (axes, positions, box)
    parts = axes[0].count
    triangles = Array(repeating: [], count: parts * parts)
    let cells = (axes[0].count - 1) * (axes[1].count - 1)
    for triangle in 0..<2 * cells {
      let corners = corners(triangle).map { point($0) }
      guard corners.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { continue }
      let ranges = (0...1).map { axis -> ClosedRange<Int> in
        let values = corners.map { $0[axis] }
        let first = part(values.min()!, axis)
        return first...min(part(values.max()!, axis), first + parts - 1)
      }
      for i in ranges[0] {
        for j in ranges[1] {
          guard let a = wrapped(i, 0), let b = wrapped(j, 1) else { continue }
          triangles[a * parts + b].append(triangle)
        }
      }
    }
  }

  private func part(_ x: Double, _ axis: Int) -> Int {
    let interval = box.intervals[axis]
    return Int(((x - interval.lower) / (interval.upper - interval.lower) * Double(parts)).rounded(.down))
  }

  private func wrapped(_ part: Int, _ axis: Int) -> Int? {
    if box.intervals[axis].isPeriodic { return ((part % parts) + parts) % parts }
    // Positions on an upper wall are in the last part.
    return part == parts ? parts - 1 : (0..<parts).contains(part) ? part : nil
  }

  /// The corners of a triangle as numbers of labels.
  private func corners(_ triangle: Int) -> [Int] {
    let (cell, isUpper) = (triangle / 2, triangle % 2 == 1)
    let row = axes[1].count
    let first = cell / (row - 1) * row + cell % (row - 1)
    return isUpper ? [first + row + 1, first + 1, first + row] : [first, first + row, first + 1]
  }

  private func point(_ label: Int) -> [Double] { [positions[0][label], positions[1][label]] }

  private func label(_ number: Int) -> [Double] {
    [axes[0][number / axes[1].count], axes[1][number % axes[1].count]]
  }

  func label(at position: [Double]) -> (label: [Double], branches: Int) {
    let place = (0...1).map { min(max(part(position[$0], $0), 0), parts - 1) }
    var found: [Double]?
    var branches = 0
    for triangle in triangles[place[0] * parts + place[1]] {
      let numbers = corners(triangle)
      let p = numbers.map { point($0) }
      // The copy of the position by whole periods that is nearest to the triangle.
      let q = (0...1).map { axis in
        p[0][axis] + box.intervals[axis].difference(p[0][axis], position[axis])
      }
      let (ax, ay) = (p[1][0] - p[0][0], p[1][1] - p[0][1])
      let (bx, by) = (p[2][0] - p[0][0], p[2][1] - p[0][1])
      let area = ax * by - ay * bx
      guard area != 0 else { continue }
      let (dx, dy) = (q[0] - p[0][0], q[1] - p[0][1])
      let (r, s) = ((dx * by - dy * bx) / area, (ax * dy - ay * dx) / area)
      guard r >= -1e-12, s >= -1e-12, r + s <= 1 + 1e-12 else { continue }
      let l = numbers.map { label($0) }
      let own = (0...1).map { axis -> Double in
        let (first, second) = (l[1][axis] - l[0][axis], l[2][axis] - l[0][axis])
        return l[0][axis] + r * first + s * second
      }
      // A position on an edge belongs to the triangles on both sides of it.
      if let found, isSame(found, own) { continue }
      branches += 1
      if found == nil { found = own }
    }
    if let found { return (found, branches) }
    let nearest = positions[0].indices.min { distance($0, position) < distance($1, position) }!
    return (label(nearest), branches)
  }

  private func isSame(_ a: [Double], _ b: [Double]) -> Bool {
    (0...1).allSatisfy { axis in
      let width = axes[axis][1] - axes[axis][0]
      return abs(box.intervals[axis].difference(a[axis], b[axis])) < 1e-9 * width
    }
  }

  private func distance(_ label: Int, _ position: [Double]) -> Double {
    (0...1).reduce(0) { sum, axis in
      let d = box.intervals[axis].difference(positions[axis][label], position[axis])
      return sum + d * d
    }
  }
}
