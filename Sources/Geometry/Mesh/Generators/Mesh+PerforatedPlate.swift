import Foundation

extension Mesh {
  /// A rectangle from which circles are cut out, one in each block of a division into rectangles: boundaries `left`,
  /// `right`, `bottom`, `top` and `holes` (tags 1 to 5).
  ///
  /// Rings of cells lead from each circle to the sides of its block, their widths in geometric progression.
  ///
  /// - Parameters:
  ///   - columns: The ends of the blocks along x, ascending.
  ///   - rows: The ends of the blocks along y, ascending.
  ///   - cells: The number of cells along each side of a block, and along a quarter of each circle.
  ///   - order: 2 for second-order cells whose edges on the circles are arcs (to third order).
  ///   - hole: The circle within the block of a column and a row.
  public static func perforatedPlate(
    columns: [Double], rows: [Double], cells n: Int, order: Int = 1,
    hole: (_ column: Int, _ row: Int) -> (centre: (x: Double, y: Double), radius: Double)
  ) -> Mesh {
    precondition(n >= 2, "a block has at least 2 cells along its sides, not \(n)")
    precondition(order == 1 || order == 2, "cells are of order 1 or 2 in geometry, not \(order)")
    precondition(columns.count > 1 && rows.count > 1, "a plate has at least one block")
    var coordinates: [Double] = []
    var numbers: [SIMD2<Double>: Int32] = [:]
    func number(_ x: Double, _ y: Double) -> Int32 {
      if let known = numbers[SIMD2(x, y)] { return known }
      let new = Int32(coordinates.count / 2)
      numbers[SIMD2(x, y)] = new
      coordinates += [x, y]
      return new
    }
    var nodes: [Int32] = []
    var circles: [(centre: (x: Double, y: Double), radius: Double)] = []
    for column in 0..<columns.count - 1 {
      for row in 0..<rows.count - 1 {
        let (x0, x1, y0, y1) = (columns[column], columns[column + 1], rows[row], rows[row + 1])
        let (centre, radius) = hole(column, row)
        precondition(
          radius > 0 && centre.x - radius > x0 && centre.x + radius < x1 && centre.y - radius > y0
            && centre.y + radius < y1, "the circle of block (\(column), \(row)) does not lie in it")
        circles.append((centre, radius))
        /// A point of the block's sides, counterclockwise from its lower right corner.
        func onSide(_ i: Int) -> (x: Double, y: Double) {
          let (side, k) = (i / n % 4, i % n)
          // The same numbers as on the other side of a common edge.
          func between(_ a: Double, _ b: Double, _ k: Int) -> Double {
            k == n ? b : a + (b - a) * Double(k) / Double(n)
          }
          switch side {
          case 0: return (x1, between(y0, y1, k))
          case 1: return (between(x0, x1, n - k), y1)
          case 2: return (x0, between(y0, y1, n - k))
          default: return (between(x0, x1, k), y0)
          }
        }
        let around = 4 * n
        let gap = ((x1 - x0) + (y1 - y0)) / 4 - radius
        let first = 2 * Double.pi * radius / Double(around) / gap
        let rings = max(2, Int((0.8 * Double(n)).rounded()))
        let fractions = geometricFractions(rings, first: first)
        var ring: [[Int32]] = []
        for r in 0...rings {
          ring.append(
            (0..<around).map { i in
              let side = onSide(i)
              if r == rings { return number(side.x, side.y) }
              // Towards the point of the side, so that rays stay apart wherever the circle lies.
              let angle = atan2(side.y - centre.y, side.x - centre.x)
              let (x, y) = (centre.x + radius * cos(angle), centre.y + radius * sin(angle))
              return number(x + fractions[r] * (side.x - x), y + fractions[r] * (side.y - y))
            })
        }
        for r in 0..<rings {
          for i in 0..<around {
            let j = (i + 1) % around
            appendTriangles(
              ring[r][i], ring[r + 1][i], ring[r + 1][j], ring[r][j], .alternating, isEven: (r + i) % 2 == 0,
              to: &nodes)
          }
        }
      }
    }
    var mesh = Mesh(
      dimension: 2, coordinates: coordinates, cells: [Block(shape: .triangle, nodes: nodes)],
      boundaryNames: [1: "left", 2: "right", 3: "bottom", 4: "top", 5: "holes"])
    mesh.tagBoundary { points in
      func all(_ axis: Int, _ value: Double) -> Bool {
        points.allSatisfy { $0[$0.startIndex + axis] == value }
      }
      return all(0, columns[0])
        ? 1 : all(0, columns.last!) ? 2 : all(1, rows[0]) ? 3 : all(1, rows.last!) ? 4 : 5
    }
    guard order == 2 else { return mesh }
    let curved = try? mesh.curved(along: "holes") { point in
      let (x, y) = (point[point.startIndex], point[point.startIndex + 1])
      func distance(_ circle: (centre: (x: Double, y: Double), radius: Double)) -> Double {
        abs(hypot(x - circle.centre.x, y - circle.centre.y) - circle.radius)
      }
      let nearest = circles.min { distance($0) < distance($1) }!
      let scale = nearest.radius / hypot(x - nearest.centre.x, y - nearest.centre.y)
      return [
        nearest.centre.x + scale * (x - nearest.centre.x), nearest.centre.y + scale * (y - nearest.centre.y),
      ]
    }
    guard let curved else { preconditionFailure("a generator made no mesh") }
    return curved
  }
}
