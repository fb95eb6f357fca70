import Foundation

/// A binary tree of bounding boxes over triangles, with a dipole for each node.
struct TriangleTree: Sendable {
  private struct Branch: Sendable {
    var lower, upper: SIMD3<Double>
    /// The area-weighted centre, the sum of area vectors, and how far the triangles reach from the centre.
    var centre, areaVector: SIMD3<Double>
    var reach: Double
    /// The triangles, in the tree's order.
    var first, end: Int32
    /// The second child; the first one follows. 0 for a leaf.
    var second: Int32
  }

  private var branches: [Branch] = []
  /// Corners of triangles in the tree's order, three each, and their numbers.
  private var corners: [SIMD3<Double>] = []
  private var numbers: [Int32]
  private static let leafSize = 4

  init(_ vertices: [SIMD3<Double>], _ triangles: [SIMD3<Int32>]) {
    let all = triangles.map { t in (vertices[Int(t.x)], vertices[Int(t.y)], vertices[Int(t.z)]) }
    let middles = all.map { ($0.0 + $0.1 + $0.2) / 3 }
    numbers = triangles.indices.map { Int32($0) }
    build(0, triangles.count, all, middles)
    corners = numbers.flatMap { [all[Int($0)].0, all[Int($0)].1, all[Int($0)].2] }
  }

  private mutating func build(
    _ first: Int, _ end: Int, _ all: [(SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)],
    _ middles: [SIMD3<Double>]
  ) {
    var lower = SIMD3<Double>(repeating: .infinity)
    var upper = -lower
    var (from, to) = (lower, upper)
    var (centre, vector, weight) = (SIMD3<Double>.zero, SIMD3<Double>.zero, 0.0)
    for number in numbers[first..<end] {
      let (a, b, c) = all[Int(number)]
      lower = pointwiseMin(lower, pointwiseMin(a, pointwiseMin(b, c)))
      upper = pointwiseMax(upper, pointwiseMax(a, pointwiseMax(b, c)))
      from = pointwiseMin(from, middles[Int(number)])
      to = pointwiseMax(to, middles[Int(number)])
      let area = cross(b - a, c - a) / 2
      let size = (area * area).sum().squareRoot()
      centre += size * middles[Int(number)]
      vector += area
      weight += size
    }
    centre = weight > 0 ? centre / weight : (lower + upper) / 2
    let corner = pointwiseMax(upper - centre, centre - lower)
    let place = branches.count
    branches.append(
      Branch(
        lower: lower, upper: upper, centre: centre, areaVector: vector,
        reach: (corner * corner).sum().squareRoot(), first: Int32(first), end: Int32(end), second: 0))
    guard end - first > Self.leafSize else { return }
    let width = to - from
    let axis = width.x >= width.y && width.x >= width.z ? 0 : width.y >= width.z ? 1 : 2
    numbers[first..<end].sort {
      (middles[Int($0)][axis], $0) < (middles[Int($1)][axis], $1)
    }
    let half = (first + end) / 2
    build(first, half, all, middles)
    branches[place].second = Int32(branches.count)
    build(half, end, all, middles)
  }

  /// The nearest point of the triangles.
  func nearest(_ x: SIMD3<Double>) -> (distance: Double, point: SIMD3<Double>, triangle: Int) {
    var (best, point, triangle) = (Double.infinity, SIMD3<Double>.zero, 0)
    func gap(_ branch: Int) -> Double {
      let v = pointwiseMax(
        pointwiseMax(branches[branch].lower - x, x - branches[branch].upper), SIMD3<Double>.zero)
      return (v * v).sum()
    }
    func search(_ index: Int) {
      let branch = branches[index]
      guard branch.second > 0 else {
        for i in Int(branch.first)..<Int(branch.end) {
          let p = Self.nearest(x, corners[3 * i], corners[3 * i + 1], corners[3 * i + 2])
          let v = x - p
          let d = (v * v).sum()
          if d < best { (best, point, triangle) = (d, p, Int(numbers[i])) }
        }
        return
      }
      let (a, b) = (index + 1, Int(branch.second))
      let (da, db) = (gap(a), gap(b))
      for (child, d) in da <= db ? [(a, da), (b, db)] : [(b, db), (a, da)] where d < best { search(child) }
    }
    search(0)
    return (best.squareRoot(), point, triangle)
  }

  /// The sum of signed solid angles of the triangles.
  func solidAngle(_ x: SIMD3<Double>) -> Double {
    var sum = 0.0
    func add(_ index: Int) {
      let branch = branches[index]
      let v = branch.centre - x
      let distance = (v * v).sum().squareRoot()
      // Two and a half times as far away as it reaches: the dipole is off by a few thousandths.
      if distance > 2.5 * branch.reach {
        sum += (branch.areaVector * v).sum() / (distance * distance * distance)
      } else if branch.second > 0 {
        add(index + 1)
        add(Int(branch.second))
      } else {
        for i in Int(branch.first)..<Int(branch.end) {
          sum += Self.solidAngle(corners[3 * i] - x, corners[3 * i + 1] - x, corners[3 * i + 2] - x)
        }
      }
    }
    add(0)
    return sum
  }

  /// The solid angle of a triangle as seen from the origin (van Oosterom and Strackee 1983).
  private static func solidAngle(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) -> Double {
    func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
    let (la, lb, lc) = (length(a), length(b), length(c))
    let above = (a * cross(b, c)).sum()
    let below = la * lb * lc + (a * b).sum() * lc + (b * c).sum() * la + (c * a).sum() * lb
    return 2 * atan2(above, below)
  }

  /// The nearest point of a triangle, by the region of its plane that x is over (Ericson 2005, section 5.1.5).
  private static func nearest(
    _ x: SIMD3<Double>, _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>
  ) -> SIMD3<Double> {
    let (ab, ac, ax) = (b - a, c - a, x - a)
    let (d1, d2) = ((ab * ax).sum(), (ac * ax).sum())
    if d1 <= 0, d2 <= 0 { return a }
    let bx = x - b
    let (d3, d4) = ((ab * bx).sum(), (ac * bx).sum())
    if d3 >= 0, d4 <= d3 { return b }
    let vc = d1 * d4 - d3 * d2
    if vc <= 0, d1 >= 0, d3 <= 0 { return a + d1 / (d1 - d3) * ab }
    let cx = x - c
    let (d5, d6) = ((ab * cx).sum(), (ac * cx).sum())
    if d6 >= 0, d5 <= d6 { return c }
    let vb = d5 * d2 - d1 * d6
    if vb <= 0, d2 >= 0, d6 <= 0 { return a + d2 / (d2 - d6) * ac }
    let va = d3 * d6 - d5 * d4
    if va <= 0, d4 - d3 >= 0, d5 - d6 >= 0 { return b + (d4 - d3) / ((d4 - d3) + (d5 - d6)) * (c - b) }
    let sum = va + vb + vc
    return sum > 0 ? a + vb / sum * ab + vc / sum * ac : a
  }
}
