import Foundation

extension Mesh {
  /// A disc of triangles in rings around its centre, with the boundary `boundary` (tag 1).
  ///
  /// Ring k has 6k points: 6n² triangles, all close to equilateral, with 3n(n + 1) + 1 vertices.
  ///
  /// - Parameters:
  ///   - rings: the number n of rings.
  ///   - order: 2 for second-order cells whose boundary edges are arcs (to third order).
  public static func disc(
    centre: (x: Double, y: Double) = (0, 0), radius: Double = 1, rings: Int, order: Int = 1
  ) -> Mesh {
    precondition(rings >= 1 && radius > 0, "a disc has a positive radius and at least one ring")
    precondition(order == 1 || order == 2, "cells are of order 1 or 2 in geometry, not \(order)")
    var coordinates = [centre.x, centre.y]
    coordinates.reserveCapacity(2 * (3 * rings * (rings + 1) + 1))
    for ring in 1...rings {
      let r = radius * Double(ring) / Double(rings)
      for i in 0..<(6 * ring) {
        let angle = Double.pi * Double(i) / Double(3 * ring)
        coordinates.append(centre.x + r * cos(angle))
        coordinates.append(centre.y + r * sin(angle))
      }
    }
    func node(_ ring: Int, _ i: Int) -> Int32 {
      ring == 0 ? 0 : Int32(1 + 3 * ring * (ring - 1) + i % (6 * ring))
    }
    var nodes: [Int32] = []
    nodes.reserveCapacity(18 * rings * rings)
    for ring in 1...rings {
      for sector in 0..<6 {
        for i in 0..<ring {
          let (outer, inner) = (sector * ring + i, sector * (ring - 1) + i)
          nodes.append(contentsOf: [node(ring, outer), node(ring, outer + 1), node(ring - 1, inner)])
          if i + 1 < ring {
            nodes.append(contentsOf: [
              node(ring - 1, inner), node(ring, outer + 1), node(ring - 1, inner + 1),
            ])
          }
        }
      }
    }
    let edge = (0..<(6 * rings)).flatMap { [node(rings, $0), node(rings, $0 + 1)] }
    let disc = Mesh(
      dimension: 2, coordinates: coordinates, cells: [Block(shape: .triangle, nodes: nodes)],
      facets: [Block(shape: .interval, nodes: edge, tags: Array(repeating: 1, count: 6 * rings))],
      boundaryNames: [1: "boundary"])
    return order == 1 ? disc : disc.onCircle("boundary", centre, radius)
  }

  /// An annulus, with the boundaries `inner` and `outer` (tags 1 and 2).
  ///
  /// Radii are in geometric progression, so that all cells have the same form. Triangles are staggered from ring to
  /// ring, close to equilateral where `cells[0]` ≈ 0.184 `cells[1]` ln(outer/inner).
  ///
  /// - Parameters:
  ///   - cells: the number of rings, and of cells (or pairs of triangles) in each.
  ///   - order: 2 for second-order cells whose boundary edges are arcs (to third order).
  public static func annulus(
    centre: (x: Double, y: Double) = (0, 0), inner: Double = 0.5, outer: Double = 1, cells: [Int],
    simplices: Bool = true, order: Int = 1
  ) -> Mesh {
    precondition(0 < inner && inner < outer, "an annulus lies between two radii, not \(inner) and \(outer)")
    precondition(
      cells.count == 2 && cells[0] >= 1 && cells[1] >= 3,
      "an annulus has at least one ring of three cells, not \(cells)")
    precondition(order == 1 || order == 2, "cells are of order 1 or 2 in geometry, not \(order)")
    let (rings, around) = (cells[0], cells[1])
    var coordinates: [Double] = []
    for ring in 0...rings {
      let r =
        ring == rings ? outer : inner * exp(log(outer / inner) * Double(ring) / Double(rings))
      for i in 0..<around {
        let shift = simplices && ring % 2 == 1 ? 0.5 : 0
        let angle = 2 * Double.pi * (Double(i) + shift) / Double(around)
        coordinates.append(centre.x + r * cos(angle))
        coordinates.append(centre.y + r * sin(angle))
      }
    }
    func node(_ ring: Int, _ i: Int) -> Int32 { Int32(ring * around + i % around) }
    var nodes: [Int32] = []
    for ring in 0..<rings {
      for i in 0..<around {
        let (a, b) = (node(ring, i), node(ring, i + 1))
        let (c, d) = (node(ring + 1, i + 1), node(ring + 1, i))
        if !simplices {
          nodes.append(contentsOf: [a, d, c, b])
        } else if ring % 2 == 0 {
          nodes.append(contentsOf: [a, d, b, b, d, c])
        } else {
          nodes.append(contentsOf: [a, d, c, a, c, b])
        }
      }
    }
    let (first, last) = (
      (0..<around).flatMap { [node(0, $0 + 1), node(0, $0)] },
      (0..<around).flatMap { [node(rings, $0), node(rings, $0 + 1)] }
    )
    let annulus = Mesh(
      dimension: 2, coordinates: coordinates,
      cells: [Block(shape: simplices ? .triangle : .quadrilateral, nodes: nodes)],
      facets: [
        Block(
          shape: .interval, nodes: first + last,
          tags: Array(repeating: 1, count: around) + Array(repeating: 2, count: around))
      ], boundaryNames: [1: "inner", 2: "outer"])
    return order == 1 ? annulus : annulus.onCircle("inner", centre, inner).onCircle("outer", centre, outer)
  }

  /// The mesh of second order whose boundary `name` follows a circle.
  func onCircle(_ name: String, _ centre: (x: Double, y: Double), _ radius: Double) -> Mesh {
    let curved = try? self.curved(along: name) { point in
      let (x, y) = (point[point.startIndex] - centre.x, point[point.startIndex + 1] - centre.y)
      let scale = radius / (x * x + y * y).squareRoot()
      return [centre.x + scale * x, centre.y + scale * y]
    }
    guard let curved else { preconditionFailure("a generator made no mesh") }
    return curved
  }
}
