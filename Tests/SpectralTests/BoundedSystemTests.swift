import Equations
import Foundation
import Geometry
import Simulation
import Spectral
import TestSupport
import Testing
import TimeStepping

@Suite("Bounded boxes: fields and bases")
struct BoundedSystemTests {
  private func system(_ problem: ProblemSketch, _ basis: [AxisBasis], _ points: [Int]) throws -> BoundedSystem
  {
    try BoundedSystem(PDESystem(problem), basis: basis, points: points)
  }

  /// Fields of the bases' own kinds, with derivatives.
  @Test("States give back fields and their derivatives, on the grid and anywhere")
  func roundTrip() throws {
    let field = (1 + x * x) * exp(0.3 * t) * sin(3 * y) * cos(2 * z)
    let equation = dt(u) == laplacian(u)
    let slope = 2 * x * exp(0.3 * t) * sin(3 * y) * cos(2 * z)
    let problem = ProblemSketch(
      equation, on: .box([(-1, 2), (0, .pi), (0, .pi)], periodic: [.z]),
      conditions: [
        .dirichlet(u == field, on: .left), .neumann(dn(u) == slope, on: .right), .dirichlet(u == 0, on: .y),
      ])
    let system = try system(problem, [.chebyshev, .sine, .fourier], [9, 9, 8])
    #expect(system.grid.shape == [9, 9, 8])
    #expect(system.methodName == "Chebyshev–Sine–Fourier")
    let time = 0.7
    let values = try system.grid.places.map { try field.node.value(at: $0, time: time) }
    let state = try system.state(of: [values], time: time)
    #expect(state.count == 1 && state[0].count == system.coefficientCount)
    #expect(system.coefficientCount == 2 * system.modeCount)

    let derivatives: [(MultiIndex, ScalarField)] = [
      (.zero, field), (MultiIndex(1, 0, 0), slope),
      (MultiIndex(0, 1, 2), -12 * (1 + x * x) * exp(0.3 * t) * cos(3 * y) * cos(2 * z)),
      (MultiIndex(2, 3, 1), 108 * exp(0.3 * t) * cos(3 * y) * sin(2 * z)),
    ]
    let points = [[-1.0, 0, 0], [2, .pi, 1], [0.3, 1.1, 2.7], [1.7, 0.2, 3.1]]
    let jets = derivatives.map { Jet(0, $0.0) }
    let onGrid = try system.values(of: jets, in: state, time: time)
    let anywhere = try system.values(of: jets, in: state, time: time, at: points)
    for (i, (_, exact)) in derivatives.enumerated() {
      for (place, value) in zip(system.grid.places, onGrid[i]) {
        #expect(abs(value - (try exact.node.value(at: place, time: time))) < 1e-9)
      }
      for (place, value) in zip(points, anywhere[i]) {
        #expect(abs(value - (try exact.node.value(at: place, time: time))) < 1e-9)
      }
    }
    let outside = try system.values(of: jets, in: state, time: time, at: [[2.01, 1, 1], [1, -0.01, 1]])
    #expect(outside.joined().allSatisfy { $0.isNaN })
  }

  @Test("Weights integrate the fields of their basis")
  func weights() throws {
    let problem = ProblemSketch(
      dt(u) == laplacian(u), on: .box([(0, 2), (0, 1), (-1, 1)], periodic: [.x]),
      conditions: [.dirichlet(u == 0, on: .y), .dirichlet(u == 0, on: .z)])
    let system = try system(problem, [.fourier, .sine, .chebyshev], [12, 33, 20])
    let (grid, weights) = (system.grid.coordinates, system.weights)
    let integral = { (a: Int, f: (Double) -> Double) in
      zip(grid[a], weights[a]).reduce(0) { $0 + $1.1 * f($1.0) }
    }
    #expect(abs(integral(0) { pow(cos(.pi * $0), 2) } - 1) < 1e-14)
    #expect(abs(integral(1) { sin(.pi * $0) } - 2 / .pi) < 1e-9)
    #expect(abs(integral(1) { pow(sin(2 * .pi * $0), 2) } - 0.5) < 1e-5)
    #expect(abs(integral(2) { exp($0) } - 2 * sinh(1)) < 1e-14)
    #expect(weights.joined().allSatisfy { $0 > 0 })
    let cosine = try self.system(
      ProblemSketch(dt(u) == dx(dx(u)), on: .interval(0, 1), conditions: [.neumann(dn(u) == 0)]), [.cosine],
      [9])
    #expect(
      abs(
        zip(cosine.grid.coordinates[0], cosine.weights[0]).reduce(0) { $0 + $1.1 * pow(cos(.pi * $1.0), 2) }
          - 0.5) < 1e-15)
  }

  @Test("The suitable basis follows from conditions, terms and initial values")
  func suitable() throws {
    func basis(_ equation: Equation, _ conditions: Condition..., on domain: Domain = .interval(0, 1)) throws
      -> [AxisBasis]
    {
      BoundedSystem.suitableBasis(
        for: try PDESystem(ProblemSketch(equation, on: domain, conditions: conditions)))
    }
    let heat = dt(u) == dx(dx(u))
    #expect(try basis(heat, .dirichlet(u == 0), .initial(u == sin(.pi * x))) == [.sine])
    #expect(try basis(heat, .dirichlet(u == 0), .initial(u == x * (1 - x))) == [.chebyshev])
    #expect(try basis(heat, .neumann(dn(u) == 0), .initial(u == cos(3 * .pi * x))) == [.cosine])
    #expect(try basis(heat, .neumann(dn(u) == 0), .initial(u == exp(x))) == [.chebyshev])
    #expect(try basis(heat, .dirichlet(u == 1), .initial(u == 1)) == [.chebyshev])
    #expect(try basis(heat, .robin(u + dn(u) == 0), .initial(u == 0)) == [.chebyshev])
    #expect(try basis(dt(u) == dx(dx(u)) + u * dx(u), .dirichlet(u == 0), .initial(u == 0)) == [.sine])
    #expect(try basis(dt(u) == dx(dx(u)) + u * u, .dirichlet(u == 0), .initial(u == 0)) == [.chebyshev])
    #expect(try basis(dt(u) == dx(dx(u)) + u * u, .neumann(dn(u) == 0), .initial(u == 1)) == [.cosine])
    #expect(try basis(dt(u) == dx(dx(u)) + sin(u), .dirichlet(u == 0), .initial(u == 0)) == [.sine])
    #expect(try basis(dt(u) == dx(dx(u)) + 1, .dirichlet(u == 0), .initial(u == 0)) == [.chebyshev])
    let strip = Domain.box([(0, 1), (0, 1)], periodic: [.y])
    #expect(
      try basis(dt(u) == laplacian(u), .dirichlet(u == 0, on: .x), .initial(u == 0), on: strip) == [
        .sine, .fourier,
      ])
    let system = try BoundedSystem(
      PDESystem(
        ProblemSketch(heat, on: .interval(0, 1), conditions: [.neumann(dn(u) == 0), .initial(u == 1)])),
      points: [9])
    #expect(system.basis == [.cosine])
  }

  @Test("An unknown without derivatives keeps its values on the sides: FitzHugh and Nagumo's recovery")
  func recovery() throws {
    // Linear: u_t = u_xx − w, w_t = 0.5 u − 0.25 w, with a cosine in u and w. The mode's matrix is [[−k², −1], [0.5, −0.25]].
    let w = ScalarField.unknown("w")
    let k = Double.pi
    let problem = ProblemSketch(
      dt(u) == dx(dx(u)) - w, dt(w) == 0.5 * u - 0.25 * w, on: .interval(0, 1),
      conditions: [.neumann(dn(u) == 0), .initial(u == cos(.pi * x)), .initial(w == 0)])
    // exp(t A) (1, 0) from the eigenvalues of A.
    let (trace, determinant) = (-k * k - 0.25, 0.25 * k * k + 0.5)
    let root = (trace * trace / 4 - determinant).squareRoot()
    let (p, q) = (trace / 2 + root, trace / 2 - root)
    let time = 0.5
    let expected = ((p + 0.25) * exp(p * time) - (q + 0.25) * exp(q * time)) / (p - q)
    for basis in [AxisBasis.cosine, .chebyshev] {
      var run = try BoundedRun(problem, [basis], points: [24])
      #expect(run.system.isCoupled == (basis == .cosine))
      #expect(run.system.notes.isEmpty == (basis == .cosine))
      try run.advance(ETDRK4(step: 1e-3), until: time)
      #expect(abs(try run.values(at: [[0]])[0] - expected) < 1e-9)
    }
  }
}
