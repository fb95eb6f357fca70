import Equations
import Geometry
import Testing

private let triangle = Mesh(
  dimension: 2, coordinates: [0, 0, 2, 0, 0, 1], cells: [.init(shape: .triangle, nodes: [0, 1, 2])],
  facets: [.init(shape: .interval, nodes: [0, 1, 1, 2], tags: [7, 8])],
  boundaryNames: [7: "wall", 8: "slope"])

private struct OnMesh: Problem {
  let kind: Int
  let h = ScalarField.parameter("h", 3)
  let u = ScalarField.unknown("u")
  var name: String { "on-mesh" }
  var domain: Domain { .mesh(triangle) }
  var equations: [Equation] { [-laplacian(u) == 1] }
  var conditions: [Condition] {
    switch kind {
    case 0: [.robin(h * x * u + 2 * dn(u) == sin(y), on: "wall"), .dirichlet(u == 1)]
    case 1: [.flux(u == x * y, on: "wall", "slope")]
    case 2: [.dirichlet(u == 0, on: "roof")]
    case 3: [.dirichlet(u == 0, on: "wall"), .neumann(dn(u) == 1, on: "slope", "wall")]
    case 4: [.neumann(dx(u) == 1, on: "wall")]
    case 5: [.dirichlet(u * u == 1, on: "wall")]
    default: [.flux(2 * u == 1, on: "wall")]
    }
  }
}

private struct OnBox: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "on-box" }
  var domain: Domain { .box([(0, 1), (0, 1)], periodic: [.y]) }
  var equations: [Equation] { [-laplacian(u) == 1] }
  var conditions: [Condition] { [.neumann(dx(u) == 2, on: .left), .dirichlet(u == 0, on: .right)] }
}

@Suite("Conditions on named boundaries")
struct NamedConditionTests {
  @Test("a mesh is a domain")
  func domain() throws {
    let system = try PDESystem(OnMesh(kind: 0))
    #expect(system.mesh == triangle)
    #expect(system.box.intervals.map(\.lower) == [0, 0] && system.box.intervals.map(\.upper) == [2, 1])
  }

  @Test("factors may vary in space, and what no condition names has the one without a place")
  func robin() throws {
    let conditions = try PDESystem(OnMesh(kind: 0)).namedBoundary
    #expect(conditions.map(\.names) == [["wall"], []])
    #expect(conditions[0].value == (3 * ScalarField.x).node && conditions[0].normal == .constant(2))
    #expect(conditions[0].data == sin(ScalarField.y).node)
    #expect(conditions[1].value == .one && conditions[1].normal.isZero && conditions[1].data == .one)
  }

  @Test("fluxes")
  func flux() throws {
    let condition = try PDESystem(OnMesh(kind: 1)).namedBoundary[0]
    #expect(condition.isFlux && condition.names == ["wall", "slope"])
    #expect(condition.value.isZero && condition.data == (ScalarField.x * .y).node)
  }

  @Test("conditions on sides of a box stand under the sides' names, with outward normals")
  func sides() throws {
    let conditions = try PDESystem(OnBox()).namedBoundary
    #expect(conditions.map(\.names) == [["left"], ["right"]])
    // ∂x is −∂n on the left.
    #expect(conditions[0].normal == .constant(-1) && conditions[0].data == .constant(2))
  }

  @Test("a mesh may take the place of the problem's own domain, of as many dimensions")
  func replacement() throws {
    let named = Mesh(
      dimension: 2, coordinates: triangle.coordinates, cells: triangle.cells, facets: triangle.facets,
      boundaryNames: [7: "left", 8: "right"])
    let system = try PDESystem(OnBox2(), mesh: named)
    #expect(system.namedBoundary.map(\.names) == [["left"], ["right"]])
    let error = #expect(throws: EquationError.self) { try PDESystem(OnLine(), mesh: named) }
    #expect(error?.description.contains("1 dimension") == true)
  }

  private struct OnBox2: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .cube(0, 1, dimension: 2) }
    var equations: [Equation] { [-laplacian(u) == 1] }
    var conditions: [Condition] { [.neumann(dn(u) == 2, on: .left), .dirichlet(u == 0, on: .right)] }
  }

  private struct OnLine: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 1) }
    var equations: [Equation] { [-laplacian(u) == 1] }
  }

  @Test(
    "what makes no sense is refused",
    arguments: [
      (2, "no boundary of the mesh: it has slope, wall"), (3, "two conditions on wall"),
      (4, "derivatives other than dn(u)"), (5, "not of the form"), (6, "unknown alone on its left"),
    ])
  func refusal(kind: Int, words: String) {
    let error = #expect(throws: EquationError.self) { try PDESystem(OnMesh(kind: kind)) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
