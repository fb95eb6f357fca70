import Equations
import Foundation
import Geometry
import Spectral
import Tensors
import Testing

/// A problem given by its parts.
struct Steady: Problem {
  var name = "steady"
  var domain: Domain
  var equations: [Equation]
  var conditions: [Condition] = []
  var exact: [Equation] = []

  func solution(
    _ points: [Int], _ method: EllipticMethod = .automatic, means: [Double]? = nil
  ) throws -> EllipticSolution {
    try EllipticSystem(try PDESystem(self), points: points, method: method).solve(means: means)
  }
}

private let p = ScalarField.unknown("p")
private let w = VectorField.unknown("w")

/// The largest difference between a solution's unknown and a function, relative to the function's largest value.
private func error(
  _ solution: EllipticSolution, _ unknown: Int, _ exact: ([Double]) -> Double
) -> Double {
  let (grid, values) = (solution.grid, solution.values[unknown])
  var (worst, scale) = (0.0, 0.0)
  for i in values.indices {
    var (rest, place) = (i, [Double]())
    for axis in grid.coordinates.reversed() {
      place.insert(axis[rest % axis.count], at: 0)
      rest /= axis.count
    }
    worst = max(worst, abs(values[i] - exact(place)))
    scale = max(scale, abs(exact(place)))
  }
  return worst / scale
}

private func error(_ solution: EllipticSolution, _ exact: ([Double]) -> Double) -> Double {
  error(solution, 0, exact)
}

@Suite("Steady problems in the language")
struct EllipticSystemTests {
  @Test("Poisson's equation with data on all sides uses Chebyshev points")
  func poisson() throws {
    let solution = try Steady(
      domain: .rectangle((0, 1), (-1, 1)),
      equations: [-laplacian(u) == 3 * exp(x) * cos(2 * y)],
      conditions: [.dirichlet(u == exp(x) * cos(2 * y))]
    ).solution([24, 32])
    #expect(solution.statistics.methodNames == ["Chebyshev", "Chebyshev"])
    #expect(solution.grid.shape == [24, 32])
    #expect(error(solution) { exp($0[0]) * cos(2 * $0[1]) } < 1e-13)
  }

  @Test("signs, factors and scaled conditions are read from the equation")
  func coefficients() throws {
    // 2 u_xx + 3 u_yy − 5 u = f, mixed conditions, u = exp(x − y).
    let solution = try Steady(
      domain: .rectangle((0, 1), (0, 2)),
      equations: [2 * dx(dx(u)) + 3 * dy(dy(u)) == 5 * u],
      conditions: [
        .dirichlet(2 * u == 2 * exp(x - y), on: .left), .neumann(-3 * dn(u) == -3 * exp(x - y), on: .right),
        .robin(u + 2 * dn(u) == 3 * exp(x - y), on: .bottom),
        .robin(dn(u) - 0.5 * u == -1.5 * exp(x - y), on: .top),
      ]
    ).solution([20, 24])
    #expect(error(solution) { exp($0[0] - $0[1]) } < 1e-13)
  }

  @Test("parity of the source decides between sines, cosines and Chebyshev points")
  func parity() throws {
    let solution = try Steady(
      domain: .box([(0, 1), (0, 1), (0, 2 * .pi)], periodic: [.z]),
      equations: [-laplacian(u) == sin(3 * .pi * x) * cos(0.5 * .pi * y) * cos(z)],
      conditions: [
        .dirichlet(u == 0, on: .x), .neumann(dn(u) == 0, on: .bottom), .dirichlet(u == 0, on: .top),
      ]
    ).solution([17, 17, 8])
    #expect(solution.statistics.methodNames == ["sine", "cosine", "Fourier"])
    let factor = 1 / (9.25 * Double.pi * Double.pi + 1)
    #expect(error(solution) { factor * sin(3 * .pi * $0[0]) * cos(0.5 * .pi * $0[1]) * cos($0[2]) } < 1e-14)

    let even = try Steady(
      domain: .interval(0, 1), equations: [u - dx(dx(u)) == 1 + cos(2 * .pi * x)],
      conditions: [.neumann(dn(u) == 0)]
    ).solution([17])
    #expect(even.statistics.methodNames == ["cosine"])
    #expect(error(even) { 1 + cos(2 * .pi * $0[0]) / (1 + 4 * .pi * .pi) } < 1e-14)

    // 1 is even, not odd.
    let constant = try Steady(
      domain: .interval(0, 1), equations: [-dx(dx(u)) == 1], conditions: [.dirichlet(u == 0)]
    ).solution([9])
    #expect(constant.statistics.methodNames == ["Chebyshev"])
    #expect(error(constant) { $0[0] * (1 - $0[0]) / 2 } < 1e-14)
  }

  @Test("several unknowns have conditions of their own")
  func severalUnknowns() throws {
    let solution = try Steady(
      domain: .interval(0, 1),
      equations: [v - dx(dx(v)) == 2, -dx(dx(u)) == 2],
      conditions: [
        .dirichlet(u == 1, on: .left), .neumann(dn(u) == 0, on: .right), .neumann(dn(v) == 0),
      ]
    ).solution([12])
    let (iu, iv) = solution.system.unknowns[0].name == "u" ? (0, 1) : (1, 0)
    #expect(error(solution, iu) { 1 + 2 * $0[0] - $0[0] * $0[0] } < 1e-13)
    #expect(error(solution, iv) { _ in 2 } < 1e-13)
  }

  // The centre of the cube, from an independent computation with 13 digits.
  static let cubeCentre = 0.05621282982944

  static func torsion(_ d: Int) -> Steady {
    Steady(
      domain: .cube(0, 1, dimension: d), equations: [-laplacian(u) == 1], conditions: [.dirichlet(u == 0)])
  }

  @Test("the square's and the cube's centre")
  func centres() throws {
    let square = try Self.torsion(2).solution([97, 97])
    #expect(abs(square.values(of: [Jet(0)], at: [[0.5, 0.5]])[0][0] - SquareTorsion.centre) < 1e-12)
    let n = 97
    var integral = 0.0
    for i in 0..<n {
      for j in 0..<n {
        integral += square.weights[0][i] * square.weights[1][j] * square.values[0][i * n + j]
      }
    }
    #expect(abs(integral - SquareTorsion.integral) < 1e-13)
    let cube = try Self.torsion(3).solution([65, 65, 65])
    #expect(abs(cube.values(of: [Jet(0)], at: [[0.5, 0.5, 0.5]])[0][0] - Self.cubeCentre) < 1e-10)
  }

  @Test("the stencil converges with order 2 to the square's centre", arguments: UniformGrid.allCases)
  func stencilOrder(_ grid: UniformGrid) throws {
    let counts = [16, 32, 64, 128]
    let errors = try counts.map { n in
      let points = grid == .vertices ? n + 1 : n
      let solution = try Self.torsion(2).solution([points, points], .finiteDifference(grid))
      return abs(solution.values(of: [Jet(0)], at: [[0.5, 0.5]])[0][0] - SquareTorsion.centre)
    }
    let slope = leastSquaresSlope(counts.map { -log(Double($0)) }, errors.map { log($0) })
    #expect(abs(slope - 2) < 0.1, "\(errors)")
    #expect(errors[3] < 1e-5)
  }

  @Test("values and derivatives between the points")
  func evaluation() throws {
    let exact = { (q: [Double]) in exp(q[0]) * sin(2 * q[1]) * (2 + cos(q[2])) }
    let formula = exp(x) * sin(2 * y) * (2 + cos(z))
    let solution = try Steady(
      domain: .box([(0, 1), (0, 2), (0, 2 * .pi)], periodic: [.z]),
      equations: [u - laplacian(u) == 8 * exp(x) * sin(2 * y) + 5 * exp(x) * sin(2 * y) * cos(z)],
      conditions: [
        .dirichlet(u == formula, on: [.left, .bottom]), .neumann(dn(u) == formula, on: .right),
        .neumann(dn(u) == exp(x) * 2 * cos(2 * y) * (2 + cos(z)), on: .top),
      ]
    ).solution([20, 26, 12])
    #expect(error(solution, exact) < 1e-13)
    let places = [[0.1, 0.2, 0.3], [0, 2, 1], [0.77, 1.9, -4], [1, 1, 9]]
    let values = solution.values(
      of: [Jet(0), Jet(0, MultiIndex(1, 1)), Jet(0, MultiIndex(0, 0, 1)), Jet(0, MultiIndex(2))], at: places)
    for (i, q) in places.enumerated() {
      #expect(abs(values[0][i] - exact(q)) < 1e-12)
      #expect(abs(values[1][i] - exp(q[0]) * 2 * cos(2 * q[1]) * (2 + cos(q[2]))) < 1e-10)
      #expect(abs(values[2][i] + exp(q[0]) * sin(2 * q[1]) * sin(q[2])) < 1e-11)
      #expect(abs(values[3][i] - exact(q)) < 1e-9)
    }
    let outside = solution.values(
      of: [Jet(0)], at: [[1.1, 1, 1], [0.5, 2.01, 0], [.nan, 1, 1], [0.5, 1, 99]])[0]
    #expect(outside[0].isNaN && outside[1].isNaN && outside[2].isNaN && outside[3].isFinite)

    // Derivatives on the grid agree with those at its points.
    let jet = Jet(0, MultiIndex(1, 0, 1))
    let grid = solution.values(of: [jet])[0]
    let (i, j, k) = (3, 20, 7)
    let place = [
      solution.grid.coordinates[0][i], solution.grid.coordinates[1][j], solution.grid.coordinates[2][k],
    ]
    let expected = -exp(place[0]) * sin(2 * place[1]) * sin(place[2])
    #expect(abs(grid[(i * 26 + j) * 12 + k] - expected) < 1e-10)
    #expect(abs(solution.values(of: [jet], at: [place])[0][0] - expected) < 1e-10)
  }

  @Test("sines and cosines with lifted data between the points")
  func liftedEvaluation() throws {
    // u = (1 + x + sin πx)(y² + cos πy): values on x, slopes 0 and 2 (…) on y.
    let f = { (q: Double) in 1 + q + sin(.pi * q) }
    let g = { (q: Double) in q * q + cos(.pi * q) }
    let fx = 1 + x + sin(.pi * x)
    let gy = y * y + cos(.pi * y)
    let pi2 = Double.pi * Double.pi
    let solution = try Steady(
      domain: .rectangle((0, 1), (0, 1)),
      equations: [
        -laplacian(u) == pi2 * sin(.pi * x) * gy - fx * (2 - pi2 * cos(.pi * y))
      ],
      conditions: [
        .dirichlet(u == fx * gy, on: .x), .neumann(dn(u) == 0, on: .bottom),
        .neumann(dn(u) == 2 * fx, on: .top),
      ]
    ).solution([21, 24], .axes([.sine, .cosine]))
    #expect(error(solution) { f($0[0]) * g($0[1]) } < 1e-13)
    for q in [[0.13, 0.9], [0, 0.4], [1, 1], [0.5, 0]] {
      let jets = [Jet(0), Jet(0, MultiIndex(1)), Jet(0, MultiIndex(0, 1)), Jet(0, MultiIndex(0, 2))]
      let values = solution.values(of: jets, at: [q]).map { $0[0] }
      #expect(abs(values[0] - f(q[0]) * g(q[1])) < 1e-12)
      #expect(abs(values[1] - (1 + .pi * cos(.pi * q[0])) * g(q[1])) < 1e-11)
      #expect(abs(values[2] - f(q[0]) * (2 * q[1] - .pi * sin(.pi * q[1]))) < 1e-11)
      #expect(abs(values[3] - f(q[0]) * (2 - pi2 * cos(.pi * q[1]))) < 1e-10)
    }
    let slopes = solution.values(of: [Jet(0, MultiIndex(1, 1))])[0]
    let (i, j) = (5, 23)
    let (a, b) = (solution.grid.coordinates[0][i], solution.grid.coordinates[1][j])
    #expect(
      abs(slopes[i * 24 + j] - (1 + .pi * cos(.pi * a)) * (2 * b - .pi * sin(.pi * b))) < 1e-11)
  }

  @Test("the stencil's solution between the points is of second order", arguments: UniformGrid.allCases)
  func localEvaluation(_ grid: UniformGrid) throws {
    let problem = Steady(
      domain: .box([(0, 1), (0, 2 * .pi)], periodic: [.y]),
      equations: [-laplacian(u) == 0.0],
      conditions: [
        .dirichlet(u == cos(y), on: .left), .neumann(dn(u) == exp(1) * cos(y), on: .right),
      ])
    let jets = [Jet(0), Jet(0, MultiIndex(1)), Jet(0, MultiIndex(1, 1)), Jet(0, MultiIndex(2))]
    let places = [[0.31, 0.2], [0.93, -2.2], [0.02, 6.1]]
    let exact: [([Double]) -> Double] = [
      { exp($0[0]) * cos($0[1]) }, { exp($0[0]) * cos($0[1]) }, { -exp($0[0]) * sin($0[1]) },
      { exp($0[0]) * cos($0[1]) },
    ]
    let errors = try [32, 64, 128, 256].map { n -> [Double] in
      let values = try problem.solution([n + (grid == .vertices ? 1 : 0), n], .finiteDifference(grid))
        .values(of: jets, at: places)
      return zip(values, exact).map { values, exact in
        zip(values, places).reduce(0) { $0 + abs($1.0 - exact($1.1)) }
      }
    }
    for j in jets.indices {
      let rate = log2(errors[0][j] / errors[3][j]) / 3
      #expect(rate > 1.6, "\(jets[j]) \(errors.map { $0[j] })")
      #expect(errors[3][j] < 2e-3)
    }
  }

  @Test("the mean is given where the problem leaves it free")
  func means() throws {
    let problem = Steady(
      domain: .rectangle((0, 1), (0, 1)), equations: [-laplacian(u) == 2 - 4 * x],
      conditions: [.neumann(dn(u) == 0)])
    // u_xx = 4x − 2: u = 2x³/3 − x² + C, whose mean is C − 1/6.
    let solution = try problem.solution([12, 12], means: [0.5])
    #expect(error(solution) { 2 * pow($0[0], 3) / 3 - $0[0] * $0[0] + 0.5 + 1 / 6.0 } < 1e-13)
  }

  @Test("random sources come from the caller, drawn on the solution's grid")
  func randomSources() throws {
    let system = try PDESystem(
      Steady(
        domain: .cube(0, 1, dimension: 2),
        equations: [-laplacian(u) == .random(.noise(standardDeviation: 1))],
        conditions: [.dirichlet(u == 0)]))
    let elliptic = try EllipticSystem(system, points: [17, 17])
    #expect(elliptic.methodNames == ["sine", "sine"])
    let solution = try elliptic.solve(random: { _, grid in
      let (xs, ys) = (grid.coordinates[0], grid.coordinates[1])
      return xs.flatMap { a in ys.map { sin(.pi * a) * sin(.pi * $0) } }
    })
    #expect(error(solution) { sin(.pi * $0[0]) * sin(.pi * $0[1]) / (2 * .pi * .pi) } < 1e-14)
    #expect(throws: EquationError.self) { try elliptic.solve() }
  }

  @Test("Stokes flow, biharmonic and coupled equations on periodic boxes")
  func periodicSystems() throws {
    // w = (sin x cos y, −cos x sin y), p = cos x sin 2y, viscosity 0.7.
    let torus = Domain.torus(0, 2 * .pi, dimension: 2)
    let force: VectorField = [
      1.4 * sin(x) * cos(y) - sin(x) * sin(2 * y), -1.4 * cos(x) * sin(y) + 2 * cos(x) * cos(2 * y),
    ]
    let stokes = try Steady(
      domain: torus, equations: [-0.7 * laplacian(w) + grad(p) == force, div(w) == 0]
    ).solution([16, 18])
    let names = stokes.system.unknowns.map(\.name)
    #expect(error(stokes, names.firstIndex(of: "w_x")!) { sin($0[0]) * cos($0[1]) } < 1e-14)
    #expect(error(stokes, names.firstIndex(of: "w_y")!) { -cos($0[0]) * sin($0[1]) } < 1e-14)
    #expect(error(stokes, names.firstIndex(of: "p")!) { cos($0[0]) * sin(2 * $0[1]) } < 1e-14)
    let pressure = Jet(names.firstIndex(of: "p")!, MultiIndex(1, 1))
    #expect(abs(stokes.values(of: [pressure], at: [[0.3, 0.4]])[0][0] + 2 * sin(0.3) * cos(0.8)) < 1e-13)

    let plate = try Steady(domain: torus, equations: [biharmonic(u) == 25 * sin(x) * cos(2 * y)])
      .solution([16, 16], means: [3])
    #expect(error(plate) { sin($0[0]) * cos(2 * $0[1]) + 3 } < 1e-13)

    // v = u_x, v_x + u = 0.5 sin 2x …: u = sin 2x, v = 2 cos 2x, and −4 sin 2x + sin 2x = −3 sin 2x.
    let coupled = try Steady(
      domain: .torus(0, 2 * .pi, dimension: 1),
      equations: [v - dx(u) == 0, dx(v) + u == -3 * sin(2 * x)]
    ).solution([16])
    let first = coupled.system.unknowns[0].name == "u" ? 0 : 1
    #expect(error(coupled, first) { sin(2 * $0[0]) } < 1e-14)
    #expect(error(coupled, 1 - first) { 2 * cos(2 * $0[0]) } < 1e-14)
  }
}
