import Equations
import Geometry
import Testing

private struct Posed: Problem {
  var domain: Domain
  var conditions: [Condition]
  let u = ScalarField.unknown("u")
  var name: String { "posed" }
  var equations: [Equation] { [-div((2 + x) * grad(u)) == 1] }
}

private let u = ScalarField.unknown("u")

@Suite("Where conditions hold")
struct PlaceTests {
  private func places(_ problem: Posed, _ placement: MeshPlacement = MeshPlacement()) throws -> [String] {
    try PointwiseSystem(problem, on: placement).conditions.map { "\($0.place.name): \($0.text)" }
  }

  private func refusal(_ problem: Posed, _ placement: MeshPlacement = MeshPlacement()) -> String {
    do { return "\(try places(problem, placement))" } catch { return "\(error)" }
  }

  @Test("on a region: by name, by side, and wherever nothing else is said")
  func region() throws {
    let plate = Domain.region(
      Region.rectangle((0, 1), (0, 1)).subtracting(.disc(center: (0.5, 0.5), radius: 0.2), named: "hole"))
    #expect(
      try places(Posed(domain: plate, conditions: [.dirichlet(u == 1), .dirichlet(u == 2, on: "hole")]))
        == ["left: u = 1", "right: u = 1", "bottom: u = 1", "top: u = 1", "hole: u = 2"])
    #expect(
      try places(Posed(domain: plate, conditions: [.dirichlet(u == 1, on: [.left, .top])]))
        == ["left: u = 1", "top: u = 1"])
    #expect(
      refusal(Posed(domain: plate, conditions: [.dirichlet(u == 1, on: .back)]))
        .contains("'back', which is no boundary of the region: it has left, right, bottom, top, hole"))
    #expect(
      refusal(
        Posed(
          domain: plate, conditions: [.dirichlet(u == 1, on: "hole"), .dirichlet(u == 2, on: "hole", "left")]
        )
      ).contains("u has two values on hole"))
  }

  @Test("on a mesh: names, other names for them, and facets without one")
  func mesh() throws {
    var mesh = Mesh.rectangle(cells: [2, 2])
    let sides = Posed(
      domain: .mesh(mesh), conditions: [.dirichlet(u == 1), .neumann(dn(u) == 2, on: "right")])
    #expect(
      try places(sides) == ["bottom: u = 1", "left: u = 1", "top: u = 1", "right: ∂n u = 2"])
    let box = Posed(
      domain: .cube(0, 1, dimension: 2),
      conditions: [.dirichlet(u == 1, on: .left), .dirichlet(u == 2, on: .right)])
    #expect(
      try places(box, MeshPlacement(mesh: mesh, boundaries: ["left": ["top", "bottom"]]))
        == ["top: u = 1", "bottom: u = 1", "right: u = 2"])
    #expect(
      refusal(box, MeshPlacement(mesh: mesh, boundaries: ["inlet": ["top"]]))
        .contains("boundaries are given for 'inlet'"))
    mesh.facets = []
    mesh.boundaryNames = [:]
    let bare = Posed(domain: .mesh(mesh), conditions: [.dirichlet(u == 1)])
    #expect(try places(bare) == ["boundary: u = 1"])
    #expect(
      refusal(Posed(domain: .mesh(mesh), conditions: [.dirichlet(u == 1, on: "rim")]))
        .contains("none with a name"))
  }

  @Test("on a box names are those of sides, and fluxes become normal derivatives")
  func box() throws {
    let problem = Posed(
      domain: .cube(0, 1, dimension: 2),
      conditions: [.dirichlet(u == 1, on: "left"), .flux(u == 3, on: .right)])
    let system = try PointwiseSystem(problem)
    #expect(system.conditions.map(\.place.name) == ["left", "right"])
    // (2 + x) u_x = 3 on the right, where u_x is 1.
    let value = try system.conditions[1].node.replacingTerminals { terminal in
      guard case .jet(let jet) = terminal else { return nil }
      return .constant(jet.orders == MultiIndex(.x) ? 1 : 100)
    }.value(at: [1, 0.5])
    #expect(abs(value) < 1e-14)
    #expect(
      refusal(Posed(domain: .cube(0, 1, dimension: 2), conditions: [.dirichlet(u == 1, on: "rim")]))
        .contains("no side of the box: it has left, right, bottom, top"))
  }

  @Test("the normal is data of points on a region")
  func normal() throws {
    let problem = Posed(
      domain: .region(.disc(center: (0, 0), radius: 1)),
      conditions: [.robin(u + 2 * dn(u) == ScalarField.x)])
    let system = try PointwiseSystem(problem)
    #expect(system.columns(at: .boundary("circle")) == 4 && system.columns(at: .inside) == 2)
    #expect(system.conditions[0].node.contains { $0 == .normal(.y) })
    #expect(try abs(system.measure(of: .boundary("circle")) - 2 * .pi) < 1e-12)
    #expect(abs(system.volume - .pi) < 1e-12)
  }
}
