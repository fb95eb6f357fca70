import Equations
import Foundation
import Geometry
import Spectral
import Tensors
import Testing

@Suite("Steady problems that cannot be solved")
struct EllipticErrorTests {
  /// The text with which a problem is refused.
  static func refusal(
    _ equations: [Equation], _ conditions: [Condition] = [.dirichlet(u == 0)],
    _ domain: Domain = .rectangle((0, 1), (0, 1)), points: [Int] = [16, 16],
    _ method: EllipticMethod = .automatic
  ) -> String {
    do {
      _ = try Steady(domain: domain, equations: equations, conditions: conditions).solution(points, method)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  static func contains(_ text: String, _ parts: String...) -> Bool { parts.allSatisfy(text.contains) }

  @Test("equations of another form are named")
  func equations() {
    #expect(Self.contains(Self.refusal([dt(u) == laplacian(u)]), "evolution equation", "final time"))
    #expect(Self.contains(Self.refusal([-laplacian(u) + u * u == 1]), "u²", "nonlinear", "time derivative"))
    #expect(Self.contains(Self.refusal([-laplacian(u) + x * u == 1]), "x", "not constant"))
    #expect(Self.contains(Self.refusal([-div((1 + x) * grad(u)) == 1]), "not constant"))
    #expect(Self.contains(Self.refusal([-laplacian(u) + 2 * dx(u) == 1]), "2", "is not of the form"))
    #expect(Self.contains(Self.refusal([biharmonic(u) == 1]), "is not of the form"))
    #expect(Self.contains(Self.refusal([-laplacian(u) == sin(t)]), "depends on t", "steady"))
    #expect(
      Self.contains(
        Self.refusal([-laplacian(u) == v, -laplacian(v) == 1], [.dirichlet(u == 0), .dirichlet(v == 0)]),
        "couples u and v"))
    #expect(Self.contains(Self.refusal([-dx(dx(u)) + u == 1]), "no second derivative along y", "bottom"))
  }

  @Test("sides without conditions, and conditions that do not fit, are named")
  func conditions() {
    #expect(
      Self.contains(
        Self.refusal([-laplacian(u) == 1], [.dirichlet(u == 0, on: [.left, .bottom, .top])]),
        "u has no condition on the right side"))
    #expect(
      Self.contains(
        Self.refusal([-laplacian(u) == 1], [.dirichlet(u == t)]), "depends on t", "steady"))
  }

  @Test("bases that do not fit are named")
  func methods() {
    let equation = [-laplacian(u) == 1]
    let zero: [Condition] = [.dirichlet(u == 0)]
    let square = Domain.rectangle((0, 1), (0, 1))
    let strip = Domain.rectangle((0, 1), (0, 1), periodic: [.y])
    #expect(
      Self.contains(
        Self.refusal(equation, [.neumann(dn(u) == 0)], square, .axes([.sine, .chebyshev])), "sine", "along x")
    )
    #expect(
      Self.contains(
        Self.refusal(equation, zero, square, .axes([.fourier, .chebyshev])), "Fourier", "x is bounded"))
    #expect(
      Self.contains(
        Self.refusal(equation, zero, strip, .axes([.chebyshev, .cosine])),
        "cosine", "y is periodic"))
    #expect(
      Self.contains(
        Self.refusal(equation, zero, strip, .axes([.chebyshev, .chebyshev])), "y is periodic"))
    #expect(Self.contains(Self.refusal(equation, zero, square, .axes([.chebyshev])), "one per axis"))
    #expect(
      Self.contains(
        Self.refusal(equation, [.robin(u + dn(u) == 0)], square, .finiteDifference()), "Robin", "Chebyshev"))
    #expect(Self.contains(Self.refusal(equation, points: [2, 16]), "2 points along x are too few"))
    #expect(Self.contains(Self.refusal(equation, points: [16]), "one positive number per axis"))
  }

  static func refusal(
    _ equations: [Equation], _ conditions: [Condition], _ domain: Domain, _ method: EllipticMethod
  ) -> String { refusal(equations, conditions, domain, points: [16, 16], method) }

  @Test(
    "data that do not balance are refused with the defect",
    arguments: [EllipticMethod.automatic, .finiteDifference(), .finiteDifference(.cellCentres)])
  func incompatible(_ method: EllipticMethod) throws {
    let domain = Domain.rectangle((0, 1), (0, 2))
    // ∫f = 2·0.5 and inflow 2·0.25: the mean of what does not balance is 0.5 + 0.25.
    let problem = Steady(
      domain: domain, equations: [-laplacian(u) == 0.5],
      conditions: [.neumann(dn(u) == 0, on: [.bottom, .top, .left]), .neumann(dn(u) == 0.25, on: .right)])
    do {
      _ = try problem.solution([20, 20], method)
      Issue.record("solved")
    } catch let error as EllipticError {
      guard case .incompatible(let defect, let scale) = error else { throw error }
      #expect(abs(defect - 0.75) < 1e-12)
      #expect(scale >= 0.5)
      #expect("\(error)".contains("subtract"))
    }
    // With the outflow that balances it there is a solution.
    let balanced = Steady(
      domain: domain, equations: [-laplacian(u) == 0.5],
      conditions: [.neumann(dn(u) == 0, on: [.bottom, .top, .left]), .neumann(dn(u) == -0.5, on: .right)])
    let solution = try balanced.solution([20, 20], method)
    let places = [[0.1, 0.3], [0.8, 1.7]]
    let values = solution.values(of: [Jet(0)], at: places)[0]
    // u = −x²/4 + C
    #expect(abs(values[1] - values[0] + (0.64 - 0.01) / 4) < (method == .automatic ? 1e-13 : 1e-3))
  }

  @Test("periodic problems without a mean, or with a resonance")
  func periodicDefects() {
    let circle = Domain.torus(0, 2 * .pi, dimension: 1)
    #expect(
      Self.contains(Self.refusal([-dx(dx(u)) == 1 + sin(x)], [], circle, points: [16]), "1.0", "balance"))
    #expect(
      Self.contains(
        Self.refusal([-dx(dx(u)) == 4 * u + sin(x)], [], circle, points: [16]), "resonant", "mode (2)"))
    #expect(
      Self.contains(
        Self.refusal([dx(dx(dx(u))) + dx(u) == sin(x)], [], circle, points: [16]), "mode [1]"))
    #expect(Self.refusal([dx(dx(dx(u))) + dx(u) == cos(2 * x)], [], circle, points: [16]) == "no error")
  }

  @Test(
    "resonances name their mode", arguments: [AxisDiscretization.spectral(), .chebyshev, .finiteDifference()])
  func resonance(_ discretization: AxisDiscretization) throws {
    let box = Box([.init(0, 1, periodic: false), .init(0, 1, periodic: false)])
    let n = 33
    // Eigenvalue of sin 2πx sin πy: exactly, or of the stencil.
    let wave = { (k: Double) -> Double in
      discretization == .finiteDifference()
        ? pow(2 * Double(n - 1) * sin(k * .pi / Double(2 * (n - 1))), 2) : k * k * .pi * .pi
    }
    let eigenvalue = wave(2) + wave(1)
    let make = { (shift: Double) in
      try HelmholtzSolver(
        box: box, points: [n, n], conditions: [.dirichlet, .dirichlet],
        discretization: [discretization, discretization], shift: shift)
    }
    do {
      _ = try make(-eigenvalue)
      Issue.record("no resonance was found")
    } catch let error as EllipticError {
      guard case .resonant(let mode, let found, _) = error else { throw error }
      #expect(["mode (1, 2)", "mode (2, 1)"].contains(mode))
      #expect(abs(found - eigenvalue) < 1e-9)
    }
    _ = try make(-eigenvalue * 1.001)
  }

  @Test("sources and data that are not finite are refused")
  func notFinite() throws {
    let text = Self.refusal([-laplacian(u) == 1 / (x - 0.5)], points: [17, 17])
    #expect(Self.contains(text, "source", "(0.5, "))
    let side = Self.refusal([-laplacian(u) == 1], [.dirichlet(u == 1 / x)])
    #expect(Self.contains(side, "left side", "not a number"))
  }
}

@Suite("Elliptic solves run the same everywhere")
struct EllipticDeterminismTests {
  static let discretizations: [AxisDiscretization] = [
    .spectral(), .chebyshev, .finiteDifference(), .finiteDifference(.cellCentres),
  ]

  @Test("the same bits with one and two threads, and in caller's memory", arguments: discretizations)
  func bits(_ discretization: AxisDiscretization) throws {
    for d in 1...3 {
      let box = Box((0..<d).map { _ in .init(0, 1, periodic: false) })
      let conditions = Array([AxisConditions.dirichlet, .init(.neumann, .dirichlet), .neumann].prefix(d))
      let points = Array([21, 34, 27].prefix(d))
      let solver = try HelmholtzSolver(
        box: box, points: points, conditions: conditions,
        discretization: Array(repeating: discretization, count: d), shift: 1)
      let source = (0..<solver.grid.pointCount).map { sin(Double($0 * $0)) }
      let side = Side(.x, upper: true)
      let data = [side: solver.sideValues(side) { 1 + $0.reduce(0, +) }]
      let one = try solver.solve(source, boundary: data, pool: WorkerPool(threads: 1)).values
      let two = try solver.solve(source, boundary: data, pool: WorkerPool(threads: 2)).values
      #expect(one == two)
      var three = source
      let workspace = solver.makeWorkspace(pool: WorkerPool(threads: 2))
      for _ in 0..<2 {
        three = source
        try three.withUnsafeMutableBufferPointer {
          try solver.solve(
            UnsafePointer($0.baseAddress!), into: $0.baseAddress!, boundary: data, workspace: workspace)
        }
        #expect(three == one)
      }
    }
  }

  @Test("integration weights are exact for what each basis holds")
  func weights() throws {
    let box = Box([.init(-0.5, 1.5, periodic: false)])
    let cases: [(AxisConditions, AxisDiscretization, (Double) -> Double, Double)] = [
      (.dirichlet, .chebyshev, { $0 * $0 * $0 }, (5.0625 - 0.0625) / 4),
      (.dirichlet, .spectral(), { 2 - $0 + sin(.pi * ($0 + 0.5) / 2) }, 3 + 4 / .pi),
      (.init(.dirichlet, .neumann), .spectral(), { 2 + sin(.pi * ($0 + 0.5) / 4) }, 4 + 4 / .pi),
      (.init(.neumann, .dirichlet), .spectral(), { 2 + cos(.pi * ($0 + 0.5) / 4) }, 4 + 4 / .pi),
      (.neumann, .spectral(), { 2 + cos(.pi * ($0 + 0.5)) }, 4),
      (.dirichlet, .finiteDifference(), { 2 - $0 }, 3),
      (.neumann, .finiteDifference(.cellCentres), { 2 - $0 }, 3),
      (.dirichlet, .spectral(.cellCentres), { sin(.pi * ($0 + 0.5) / 2) }, 4 / .pi),
    ]
    for (conditions, discretization, function, integral) in cases {
      let solver = try HelmholtzSolver(
        box: box, points: [15], conditions: [conditions], discretization: [discretization], shift: 1)
      let sum = zip(solver.weights[0], solver.grid.coordinates[0]).reduce(0) { $0 + $1.0 * function($1.1) }
      #expect(abs(sum - integral) < 1e-13, "\(conditions) \(discretization)")
    }
  }
}
