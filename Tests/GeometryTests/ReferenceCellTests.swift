import Geometry
import Testing

@Suite("Reference cells")
struct ReferenceCellTests {
  @Test("functions are 1 at their node, 0 at the others, and sum to 1", arguments: CellShape.allCases)
  func nodal(shape: CellShape) {
    for order in 1...2 {
      let cell = ReferenceCell(shape, order: order)
      #expect(cell.nodes.count == cell.nodeCount)
      for (i, node) in cell.nodes.enumerated() {
        let values = cell.values(at: node)
        for (j, value) in values.enumerated() { #expect(abs(value - (i == j ? 1 : 0)) < 1e-14) }
      }
      let inside = (0..<shape.dimension).map { 0.2 + 0.1 * Double($0) }
      #expect(abs(cell.values(at: inside).reduce(0, +) - 1) < 1e-14)
      for axis in 0..<shape.dimension {
        #expect(abs(cell.gradients(at: inside).reduce(0) { $0 + $1[axis] }) < 1e-13)
        let h = 1e-5
        var (ahead, behind) = (inside, inside)
        ahead[axis] += h
        behind[axis] -= h
        let (a, b) = (cell.values(at: ahead), cell.values(at: behind))
        for (n, gradient) in cell.gradients(at: inside).enumerated() {
          #expect(abs(gradient[axis] - (a[n] - b[n]) / (2 * h)) < 1e-9)
        }
      }
    }
  }

  @Test("facets of the reference cells point outwards")
  func outward() {
    for shape in [CellShape.triangle, .quadrilateral, .tetrahedron, .hexahedron] {
      let cell = ReferenceCell(shape)
      for facet in shape.facets {
        let points = facet.map { cell.nodes[$0] }
        let out = points[0].indices.map { points[0][$0] - cell.centre[$0] }
        let a = points[0].indices.map { points[1][$0] - points[0][$0] }
        var normal = [a[1], -a[0]]
        if shape.dimension == 3 {
          let b = points[0].indices.map { points[2][$0] - points[0][$0] }
          normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        }
        #expect(zip(normal, out).reduce(0) { $0 + $1.0 * $1.1 } > 0, "\(shape) \(facet)")
      }
    }
  }
}
