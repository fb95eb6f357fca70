import Foundation

extension Mesh {
  /// The channel around a cylinder of the benchmark of Schäfer and Turek (1996): (0, 2.2) × (0, 0.41) without the circle
  /// of radius 0.05 around (0.2, 0.2), with the boundaries `inflow`, `outflow`, `walls` and `cylinder` (tags 1 to 4).
  ///
  /// Rings of cells lead from the circle to the square (0, 0.41)², their widths in geometric progression, and columns
  /// from there to the outflow.
  ///
  /// - Parameters:
  ///   - cells: the number n of cells along the height of the channel, and along a quarter of the circle; at least 4.
  ///   - rings: the number of rings around the circle; by default so many that the cells at the circle are square.
  ///   - columns: the number of columns behind the rings; by default so many that cells grow to about twice their width
  ///     towards the outflow.
  ///   - order: 2 for second-order cells whose edges on the circle are arcs (to third order).
  public static func cylinderChannel(
    cells n: Int, rings: Int? = nil, columns: Int? = nil, simplices: Bool = true, order: Int = 1
  ) -> Mesh {
    precondition(n >= 4, "the channel has at least 4 cells along its height, not \(n)")
    precondition(order == 1 || order == 2, "cells are of order 1 or 2 in geometry, not \(order)")
    let (length, height, radius) = (2.2, 0.41, 0.05)
    let centre = (x: 0.2, y: 0.2)
    let around = 4 * n
    let firstRing = 2 * Double.pi * radius / Double(around) / (centre.x - radius)
    let ringCount = max(1, rings ?? Int((0.9 * Double(n)).rounded()))
    let fractions = geometricFractions(ringCount, first: firstRing)
    let cellHeight = height / Double(n)
    let columnCount = max(1, columns ?? Int((0.65 * (length - height) / cellHeight).rounded()))
    let steps = geometricFractions(columnCount, first: cellHeight / (length - height))

    /// A point of the square, counter-clockwise from its lower right corner.
    func onSquare(_ i: Int) -> (x: Double, y: Double) {
      let (side, k) = (i / n, i % n)
      let t = height * Double(k) / Double(n)
      switch side {
      case 0: return (height, t)
      case 1: return (height - t, height)
      case 2: return (0, height - t)
      default: return (t, 0)
      }
    }
    var coordinates: [Double] = []
    for ring in 0...ringCount {
      let t = fractions[ring]
      for i in 0..<around {
        let angle = Double.pi * (Double(i) / Double(2 * n) - 0.25)
        let square = onSquare(i)
        let (x, y) = (centre.x + radius * cos(angle), centre.y + radius * sin(angle))
        // The outermost ring lies on the walls to the bit.
        coordinates.append(ring == ringCount ? square.x : x + t * (square.x - x))
        coordinates.append(ring == ringCount ? square.y : y + t * (square.y - y))
      }
    }
    let firstColumn = Int32(coordinates.count / 2)
    for column in 1...columnCount {
      let x = column == columnCount ? length : height + steps[column] * (length - height)
      for j in 0...n {
        coordinates.append(x)
        coordinates.append(height * Double(j) / Double(n))
      }
    }
    func ringNode(_ ring: Int, _ i: Int) -> Int32 { Int32(ring * around + i % around) }
    func columnNode(_ column: Int, _ j: Int) -> Int32 {
      column == 0 ? ringNode(ringCount, j) : firstColumn + Int32((column - 1) * (n + 1) + j)
    }
    var nodes: [Int32] = []
    func add(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32, isEven: Bool) {
      if simplices {
        appendTriangles(a, b, c, d, .alternating, isEven: isEven, to: &nodes)
      } else {
        nodes.append(contentsOf: [a, b, c, d])
      }
    }
    for ring in 0..<ringCount {
      for i in 0..<around {
        add(
          ringNode(ring, i), ringNode(ring + 1, i), ringNode(ring + 1, i + 1), ringNode(ring, i + 1),
          isEven: (ring + i) % 2 == 0)
      }
    }
    for column in 0..<columnCount {
      for j in 0..<n {
        add(
          columnNode(column, j), columnNode(column + 1, j), columnNode(column + 1, j + 1),
          columnNode(column, j + 1), isEven: (ringCount + column + j) % 2 == 0)
      }
    }
    var mesh = Mesh(
      dimension: 2, coordinates: coordinates,
      cells: [Block(shape: simplices ? .triangle : .quadrilateral, nodes: nodes)],
      boundaryNames: [1: "inflow", 2: "outflow", 3: "walls", 4: "cylinder"])
    mesh.tagBoundary { points in
      func all(_ axis: Int, _ value: Double) -> Bool {
        points.allSatisfy { $0[$0.startIndex + axis] == value }
      }
      return all(0, 0) ? 1 : all(0, length) ? 2 : all(1, 0) || all(1, height) ? 3 : 4
    }
    return order == 1 ? mesh : mesh.onCircle("cylinder", centre, radius)
  }

  /// 0, …, 1 in `count` steps of geometric progression, the first of which is `first` (at most 1/`count`, or steps are
  /// equal).
  static func geometricFractions(_ count: Int, first: Double) -> [Double] {
    func sum(_ ratio: Double) -> Double {
      abs(ratio - 1) < 1e-9 ? Double(count) : (pow(ratio, Double(count)) - 1) / (ratio - 1)
    }
    var (low, high) = (1.0, 2.0)
    guard first * Double(count) < 1 else { return (0...count).map { Double($0) / Double(count) } }
    while first * sum(high) < 1 { high *= 2 }
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if first * sum(middle) < 1 { low = middle } else { high = middle }
    }
    let ratio = (low + high) / 2
    let total = sum(ratio)
    return (0...count).map { k in
      k == count ? 1 : (abs(ratio - 1) < 1e-9 ? Double(k) : (pow(ratio, Double(k)) - 1) / (ratio - 1)) / total
    }
  }
}
