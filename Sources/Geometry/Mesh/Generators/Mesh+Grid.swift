/// How the rectangles of a grid are divided into triangles.
public enum Diagonals: String, Sendable, CaseIterable, Codable {
  /// From the lower left to the upper right corner.
  case rising
  /// From the upper left to the lower right corner.
  case falling
  /// Rising and falling in turn, so that there are vertices of eight triangles and of four: the "union jack".
  case alternating
  /// Both, into four triangles around a point in the middle.
  case crossed
}

extension Mesh {
  /// The interval, rectangle or box between the points of a grid, with the boundaries `left`, `right`, `bottom`, `top`,
  /// `back` and `front` (tags 1 to 6).
  ///
  /// Points have the order of the grid's values, x slowest; with crossed diagonals, the middles follow.
  ///
  /// - Parameters:
  ///   - grid: the points, at least two along each axis.
  ///   - simplices: whether rectangles are divided into triangles, and boxes into six tetrahedra around a diagonal
  ///     (Kuhn 1960), or stay quadrilaterals and hexahedra.
  ///   - diagonals: how rectangles are divided.
  public init(grid: RectilinearGrid, simplices: Bool = true, diagonals: Diagonals = .rising) {
    precondition(
      grid.shape.allSatisfy { $0 >= 2 },
      "a mesh has at least one cell along each axis, not \(grid.shape) points")
    switch grid.dimension {
    case 1:
      let n = Int32(grid.pointCount)
      self.init(
        dimension: 1, coordinates: grid.coordinates[0],
        cells: [Block(shape: .interval, nodes: (0..<(n - 1)).flatMap { [$0, $0 + 1] as [Int32] })],
        facets: [Block(shape: .vertex, nodes: [0, n - 1], tags: [1, 2])])
    case 2: self = Self.plane(grid, simplices, diagonals) { _, _ in true }
    default: self = Self.space(grid, simplices)
    }
    for side in Sides.all.members(dimension: grid.dimension) {
      boundaryNames[Self.tag(of: side)] = side.name
    }
    if grid.dimension > 1 {
      let ends = grid.coordinates.map { [$0[0], $0[$0.count - 1]] }
      tagBoundary { points in
        for (axis, values) in ends.enumerated() {
          for (end, value) in values.enumerated()
          where points.allSatisfy({ $0[$0.startIndex + axis] == value }) {
            return Int32(2 * axis + end + 1)
          }
        }
        return 0
      }
    }
  }

  /// The tag of a side of a box: 1 to 6 for left, right, bottom, top, back, front.
  public static func tag(of side: Side) -> Int32 {
    Int32(2 * side.axis.rawValue + (side.isUpper ? 1 : 0) + 1)
  }

  /// An interval of equal cells, with the boundaries `left` and `right`.
  public static func interval(_ x: ClosedRange<Double> = 0...1, cells: Int) -> Mesh {
    Mesh(grid: uniformGrid([x], cells: [cells]))
  }

  /// A rectangle of equal cells, with the boundaries `left`, `right`, `bottom` and `top`.
  ///
  /// - Parameter cells: the number of rectangles along x and y.
  public static func rectangle(
    x: ClosedRange<Double> = 0...1, y: ClosedRange<Double> = 0...1, cells: [Int], simplices: Bool = true,
    diagonals: Diagonals = .rising
  ) -> Mesh {
    precondition(cells.count == 2, "a rectangle has cells along 2 axes, not \(cells.count)")
    return Mesh(grid: uniformGrid([x, y], cells: cells), simplices: simplices, diagonals: diagonals)
  }

  /// A box of equal cells, with the boundaries `left`, `right`, `bottom`, `top`, `back` and `front`.
  ///
  /// - Parameter cells: the number of boxes along x, y and z.
  public static func box(
    x: ClosedRange<Double> = 0...1, y: ClosedRange<Double> = 0...1, z: ClosedRange<Double> = 0...1,
    cells: [Int],
    simplices: Bool = true
  ) -> Mesh {
    precondition(cells.count == 3, "a box has cells along 3 axes, not \(cells.count)")
    return Mesh(grid: uniformGrid([x, y, z], cells: cells), simplices: simplices)
  }

  /// The points at the ends of equal cells; the last one is the upper bound to the bit.
  static func uniformGrid(_ ranges: [ClosedRange<Double>], cells: [Int]) -> RectilinearGrid {
    precondition(cells.allSatisfy { $0 >= 1 }, "a mesh has at least one cell along each axis, not \(cells)")
    return RectilinearGrid(
      coordinates: zip(ranges, cells).map { range, count in
        (0...count).map { i in
          let t = Double(i) / Double(count)
          return i == count ? range.upperBound : range.lowerBound + t * (range.upperBound - range.lowerBound)
        }
      })
  }

  /// The cells of a grid that `isKept` keeps; points that belong to none of them are left out.
  static func plane(
    _ grid: RectilinearGrid, _ simplices: Bool, _ diagonals: Diagonals, _ isKept: (Int, Int) -> Bool
  ) -> Mesh {
    let (nx, ny) = (grid.shape[0], grid.shape[1])
    var numbers = [Int32](repeating: -1, count: nx * ny)
    for i in 0..<(nx - 1) {
      for j in 0..<(ny - 1) where isKept(i, j) {
        for corner in [i * ny + j, (i + 1) * ny + j, (i + 1) * ny + j + 1, i * ny + j + 1] {
          numbers[corner] = 0
        }
      }
    }
    var coordinates: [Double] = []
    for i in 0..<nx {
      for j in 0..<ny where numbers[i * ny + j] == 0 {
        numbers[i * ny + j] = Int32(coordinates.count / 2)
        coordinates.append(grid.coordinates[0][i])
        coordinates.append(grid.coordinates[1][j])
      }
    }
    var nodes: [Int32] = []
    for i in 0..<(nx - 1) {
      for j in 0..<(ny - 1) where isKept(i, j) {
        let (a, b) = (numbers[i * ny + j], numbers[(i + 1) * ny + j])
        let (c, d) = (numbers[(i + 1) * ny + j + 1], numbers[i * ny + j + 1])
        if simplices {
          if diagonals == .crossed {
            let middle = Int32(coordinates.count / 2)
            coordinates.append((grid.coordinates[0][i] + grid.coordinates[0][i + 1]) / 2)
            coordinates.append((grid.coordinates[1][j] + grid.coordinates[1][j + 1]) / 2)
            nodes.append(contentsOf: [a, b, middle, b, c, middle, c, d, middle, d, a, middle])
          } else {
            appendTriangles(a, b, c, d, diagonals, isEven: (i + j) % 2 == 0, to: &nodes)
          }
        } else {
          nodes.append(contentsOf: [a, b, c, d])
        }
      }
    }
    return Mesh(
      dimension: 2, coordinates: coordinates,
      cells: [Block(shape: simplices ? .triangle : .quadrilateral, nodes: nodes)])
  }

  /// The two triangles of a quadrilateral whose corners run counter-clockwise from the lower left one.
  static func appendTriangles(
    _ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32, _ diagonals: Diagonals, isEven: Bool,
    to nodes: inout [Int32]
  ) {
    if diagonals == .rising || diagonals == .alternating && isEven {
      nodes.append(contentsOf: [a, b, c, a, c, d])
    } else {
      nodes.append(contentsOf: [a, b, d, b, c, d])
    }
  }

  private static func space(_ grid: RectilinearGrid, _ simplices: Bool) -> Mesh {
    let (nx, ny, nz) = (grid.shape[0], grid.shape[1], grid.shape[2])
    var coordinates: [Double] = []
    coordinates.reserveCapacity(3 * nx * ny * nz)
    for x in grid.coordinates[0] {
      for y in grid.coordinates[1] {
        for z in grid.coordinates[2] { coordinates.append(contentsOf: [x, y, z]) }
      }
    }
    let steps = [ny * nz, nz, 1]
    // Each tetrahedron walks from the lower to the upper corner along the axes in one of six orders; odd orders are
    // mirrored.
    let walks = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0]].enumerated().map {
      n, axes in
      let corners = [0, steps[axes[0]], steps[axes[0]] + steps[axes[1]], steps[0] + steps[1] + steps[2]]
      return n < 3 ? corners : [corners[0], corners[2], corners[1], corners[3]]
    }
    let (x, y, z) = (steps[0], steps[1], steps[2])
    let offsets = simplices ? walks.flatMap(\.self) : [0, x, x + y, y, z, x + z, x + y + z, y + z]
    var nodes: [Int32] = []
    nodes.reserveCapacity((nx - 1) * (ny - 1) * (nz - 1) * offsets.count)
    for i in 0..<(nx - 1) {
      for j in 0..<(ny - 1) {
        for k in 0..<(nz - 1) {
          let corner = i * x + j * y + k
          for offset in offsets { nodes.append(Int32(corner + offset)) }
        }
      }
    }
    return Mesh(
      dimension: 3, coordinates: coordinates,
      cells: [Block(shape: simplices ? .tetrahedron : .hexahedron, nodes: nodes)])
  }

  /// Replaces the tagged facets by those of the boundary, with the tag that `tag` gives for the points of their
  /// vertices; facets that get 0 are left out.
  mutating func tagBoundary(_ tag: ([ArraySlice<Double>]) -> Int32) {
    facets = []
    guard let topology = try? MeshTopology(self) else { preconditionFailure("a generator made no mesh") }
    var groups: [Int32: [Int32]] = [:]
    for facet in topology.boundaryFacets {
      let points = topology.vertices(ofFacet: Int(facet)).map { point(Int($0)) }
      groups[tag(points), default: []].append(facet)
    }
    groups[0] = nil
    var blocks: [Block] = []
    for tag in groups.keys.sorted() {
      for block in tagged(groups[tag] ?? [], of: topology, tag: tag) {
        if let i = blocks.firstIndex(where: { $0.shape == block.shape }) {
          blocks[i].nodes += block.nodes
          blocks[i].tags += block.tags
        } else {
          blocks.append(block)
        }
      }
    }
    facets = blocks
  }
}
