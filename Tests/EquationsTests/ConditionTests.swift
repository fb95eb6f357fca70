import Equations
import Geometry
import Problems
import TestSupport
import Testing

@Suite("Conditions")
struct ConditionTests {
  private let u = ScalarField.unknown("u")
  private let v = VectorField.unknown("v")
  private let x = ScalarField.x
  private let y = ScalarField.y
  private let t = ScalarField.t
  private let square = Domain.cube(0, 1, dimension: 2)

  private func boundary(_ conditions: Condition..., on domain: Domain? = nil) throws -> [PDESystem
    .BoundaryCondition]
  {
    try PDESystem(ProblemSketch(-laplacian(u) == 1, on: domain ?? square, conditions: conditions)).boundary
  }

  @Test("Dirichlet data may depend on place and time")
  func dirichlet() throws {
    let all = try boundary(.dirichlet(u == sin(y) * t, on: [.left, .top]))
    #expect(all.map(\.side) == [Side(.x, upper: false), Side(.y, upper: true)])
    for condition in all {
      #expect(condition.unknown == 0 && condition.value == 1 && condition.normal == 0)
      let data = try condition.data.value(at: [0, 0.5], time: 3)
      #expect(abs(data - 3 * 0.479425538604203) < 1e-14)
    }
  }

  @Test("Neumann conditions use the outward normal on either side")
  func neumann() throws {
    for condition in try boundary(.neumann(dn(u) == 3)) {
      #expect(condition.value == 0 && condition.normal == 1)
      #expect(condition.data == .constant(3))
    }
    // Written with ∂x, the same slope has opposite outward derivatives at the two ends.
    let slope = try boundary(.neumann(dx(u) == 3, on: .x))
    #expect(slope.map(\.normal) == [-1, 1])
    #expect(slope.map(\.data) == [.constant(3), .constant(3)])
  }

  @Test("Robin conditions, whichever side their terms stand on")
  func robin() throws {
    for condition in try boundary(.robin(dn(u) == -2 * (u - y) + 1)) {
      #expect(condition.value == 2 && condition.normal == 1)
      #expect(try condition.data.value(at: [0, 0.25]) == 1.5)
    }
    let scaled = try boundary(.robin(2 * u + 3 * dn(u) == 5, on: .bottom))
    #expect(scaled.map(\.value) == [2] && scaled.map(\.normal) == [3])
    #expect(scaled[0].data == .constant(5))
  }

  @Test("conditions on every side leave out periodic axes")
  func periodicAxes() throws {
    let channel = Domain.box([(0, 1), (0, 1)], periodic: [.x])
    let sides = try boundary(.dirichlet(u == 0), on: channel).map(\.side)
    #expect(sides == [Side(.y, upper: false), Side(.y, upper: true)])
  }

  @Test("vector conditions give one condition per component")
  func vectors() throws {
    let problem = ProblemSketch(
      laplacian(v) == [1, 0], on: square,
      conditions: [
        .dirichlet(v == [y * (1 - y), 2], on: .left), .neumann(dn(v) == [0, x], on: .bottom),
        .dirichlet(v.x == 7, on: .right),
      ])
    let all = try PDESystem(problem).boundary
    #expect(all.map(\.unknown) == [0, 1, 0, 1, 0])
    #expect(all.map(\.value) == [1, 1, 0, 0, 1])
    #expect(all.map(\.normal) == [0, 0, 1, 1, 0])
    #expect(try all.map { try $0.data.value(at: [0.5, 0.5]) } == [0.25, 2, 0, 0.5, 7])
  }

  @Test("a complex unknown has a condition for each part")
  func complexParts() throws {
    let psi = ScalarField.complexUnknown("psi")
    let problem = ProblemSketch(
      .i * dt(psi) == dx(dx(psi)), on: .interval(0, 1),
      conditions: [.dirichlet(psi == exp(.i * t), on: .left)])
    let all = try PDESystem(problem).boundary
    #expect(all.map(\.unknown) == [0, 1])
    #expect(try abs(all[0].data.value(at: [0], time: 1) - 0.540302305868140) < 1e-14)
    #expect(try abs(all[1].data.value(at: [0], time: 1) - 0.841470984807897) < 1e-14)
  }

  @Test("initial values of scalars, vectors, complex fields and velocities")
  func initial() throws {
    let psi = ScalarField.complexUnknown("psi")
    let w = ScalarField.unknown("w")
    let problem = ProblemSketch(
      dt(psi) == .i * psi, dt(v) == 0 * v, dt(dt(w)) == dx(dx(w)), dt(u) == 0, on: square,
      conditions: [
        .initial(psi == x + .i * y), .initial(v == [x, 2 * y]), .initial(w == 5), .initial(dt(w) == x * y),
        .initial(u == .random(.noise(standardDeviation: 1))),
      ])
    let system = try PDESystem(problem)
    #expect(system.unknowns.map(\.name) == ["psi_re", "psi_im", "v_x", "v_y", "w", "u", "w_t"])
    let values = try system.initial.enumerated().filter { $0.offset != 5 }.map {
      try $0.element?.value(at: [0.25, 0.5])
    }
    #expect(values == [0.25, 0.5, 0.25, 1, 5, 0.125])
    #expect(system.initial[5] == .random(.noise(standardDeviation: 1)))
  }

  @Test("boundaries of the elliptic problems fit their exact solutions")
  func exactBoundary() throws {
    for problem in [Poisson(dimension: 1), PoissonManufactured(), Helmholtz(dimension: 3)] as [any Problem] {
      let system = try PDESystem(problem)
      #expect(system.boundary.count == 2 * system.dimension)
      for condition in system.boundary {
        for var point in system.scatteredPoints(5) {
          let axis = condition.side.axis.rawValue
          let interval = system.box.intervals[axis]
          point[axis] = condition.side.isUpper ? interval.upper : interval.lower
          let value = try #require(system.exact[condition.unknown]).value(at: point)
          #expect(abs(value - (try condition.data.value(at: point))) < 1e-14)
        }
      }
    }
  }
}
