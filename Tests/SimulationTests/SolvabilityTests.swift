import Ansatz
import TestSupport
import Testing

private let x = ScalarField.x
private let y = ScalarField.y
private let t = ScalarField.t
private let u = ScalarField.unknown("u")
private let v = ScalarField.unknown("v")
private let w = ScalarField.unknown("w")
private let circle = Domain.torus(0, 2 * .pi, dimension: 1)
private let interval = Domain.interval(0, .pi)

/// What is said of a problem; nil when it is solved.
private func answer(_ problem: ProblemSketch, _ method: any EvolutionMethod) -> String? {
  sentence { _ = try solve(problem, with: method, stepping: ETDRK4(step: 1e-2), until: 0.05) }
}

private func periodic(_ problem: ProblemSketch) -> String {
  answer(problem, Fourier(points: [32])) ?? "solved"
}
private func bounded(_ problem: ProblemSketch) -> String {
  answer(problem, Chebyshev(points: [16])) ?? "solved"
}

@Suite("Equations without a solution, or with many, are refused")
struct SolvabilityTests {
  private let start: [Condition] = [.initial(u == sin(x)), .initial(v == cos(x))]

  @Test("time derivatives that are multiples of each other")
  func singularMass() {
    let equations = ProblemSketch(
      dt(u) + dt(v) == dx(dx(u)), 2 * dt(u) + 2 * dt(v) == dx(dx(v)) + u, on: circle, conditions: start)
    #expect(periodic(equations).contains("do not determine the time derivatives of u, v"))
  }

  @Test("constraints that contradict each other")
  func contradiction() {
    let equations = ProblemSketch(
      dt(u) == v, v + w == u, v + w == 2 * u, on: circle, conditions: [.initial(u == sin(x))])
    #expect(periodic(equations).contains("leaves v, w undetermined"))
  }

  @Test("a constraint and a mass whose terms cancel at one wavenumber")
  func resonance() {
    let constraint = ProblemSketch(
      dt(u) == dx(dx(u)) + v, laplacian(v) + 9 * v == u, on: circle, conditions: [.initial(u == sin(x))])
    #expect(periodic(constraint).contains("its terms in v cancel at the wavenumber 3"))
    let mass = ProblemSketch(
      dt(laplacian(u) + 4 * u) == dx(u), on: circle, conditions: [.initial(u == sin(x))])
    #expect(periodic(mass).contains("the time derivatives of u cancel at the wavenumber 2"))
    let sine = ProblemSketch(
      dt(u) + dt(dx(dx(u))) == u, on: interval,
      conditions: [.initial(u == sin(2 * x)), .dirichlet(u == 0)])
    #expect(answer(sine, Sine(points: [33]))?.contains("cancel in the mode with 1 waves") == true)
  }

  @Test("a mean that has no time derivative but is driven")
  func mean() {
    let linear = ProblemSketch(
      dt(laplacian(u)) == u + biharmonic(u), on: circle, conditions: [.initial(u == sin(x))])
    #expect(periodic(linear).contains("has no time derivative of the mean, which its other terms contain"))
    let driven = ProblemSketch(
      dt(laplacian(u)) == biharmonic(u) + pow(cos(x), 2), on: circle, conditions: [.initial(u == sin(x))])
    #expect(periodic(driven).contains("the source 'cos(x)²' has a mean"))
    let cosine = ProblemSketch(
      dt(dx(dx(u))) == u, on: interval, conditions: [.initial(u == cos(x)), .neumann(dn(u) == 0)])
    #expect(answer(cosine, Cosine(points: [33]))?.contains("no time derivative of the mean of u") == true)
    // Nothing drives this mean.
    let free = ProblemSketch(
      dt(laplacian(u)) == dx(u), on: circle, conditions: [.initial(u == sin(x))],
      exact: [u == sin(x - t)])
    #expect(periodic(free) == "solved")
  }

  @Test("an initial value of what a constraint determines")
  func initialValue() {
    let equations = ProblemSketch(dt(u) == v, v == dx(dx(u)), on: circle, conditions: start)
    #expect(periodic(equations).contains("v has an initial value, but no equation has its time derivative"))
  }

  @Test("conditions of what is carried through a side")
  func transport() {
    func transport(_ speed: Double, _ conditions: Condition...) -> ProblemSketch {
      ProblemSketch(
        dt(u) + speed * dx(u) == 0, on: interval, conditions: [.initial(u == sin(x))] + conditions)
    }
    #expect(bounded(transport(1)).contains("carried in from the left side"))
    #expect(bounded(transport(-1, .dirichlet(u == 0, on: .left))).contains("carried in from the right side"))
    #expect(bounded(transport(1, .dirichlet(u == 0))).contains("carried out through the right side"))
    #expect(bounded(transport(1, .dirichlet(u == 0, on: .left))) == "solved")
    let still = ProblemSketch(
      dt(u) == -u, on: interval, conditions: [.initial(u == sin(x)), .neumann(dn(u) == 0)])
    #expect(bounded(still).contains("u has no derivative along x, so that the condition"))
  }

  @Test(
    "data of a side that jump, bend or are not finite",
    arguments: [step(t - 0.1), abs(t - 1), max(t, 1), sign(t - 2), 1 / t, sqrt(t)])
  func roughData(_ value: ScalarField) {
    let heat = ProblemSketch(
      dt(u) == dx(dx(u)), on: interval, conditions: [.initial(u == 0), .dirichlet(u == value)])
    for method in [Chebyshev(points: [16]), SuitableBasis(points: [16])] as [any EvolutionMethod] {
      let text = answer(heat, method) ?? "solved"
      #expect(text.contains("jumps or bends in time") || text.contains("is not finite at t = 0"), "\(text)")
    }
  }

  // u = x solves u″ = 0 with ∂u/∂n = u on both ends of [−1, 1].
  @Test("Robin conditions that leave a multiple of x free", arguments: [8, 33, 128])
  func robin(points: Int) {
    let free = ProblemSketch(
      dx(dx(u)) == 1, on: .interval(-1, 1), conditions: [.robin(dn(u) - u == 0)])
    let text = sentence { _ = try solve(free, with: Chebyshev(points: [points])) } ?? "solved"
    #expect(text.contains("resonant"))
  }

  @Test("coefficients, sources and formulas that are not finite")
  func notFinite() {
    let p = ScalarField.parameter("p", 0)
    for term in [dx(u) / p, p / p * u, sqrt(p - 1) * u, sin(x) / p, log(-1 + p) * u * u] {
      let equations = ProblemSketch(
        dt(u) == dx(dx(u)) + term, on: circle, conditions: [.initial(u == sin(x))])
      #expect(periodic(equations).contains("not finite with these parameters"))
      #expect(periodic(equations).contains("p = 0"))
    }
    for term in [u / sin(x), 1 / (x - .pi)] {
      let equations = ProblemSketch(
        dt(u) == dx(dx(u)) + term, on: circle, conditions: [.initial(u == sin(x))])
      #expect(periodic(equations).contains("is not finite at a point of the grid"))
    }
  }

  @Test("fractions of modes that are none, and grids that keep no wave")
  func dealiasing() {
    let cubic = ProblemSketch(dt(u) == dx(dx(u)) - pow(u, 3), on: circle, conditions: [.initial(u == sin(x))])
    for fraction in [0, -1, 1.5, .nan, .infinity] {
      for method in [
        Fourier(points: [32], dealiasing: .fraction(fraction)),
        SuitableBasis(points: [32], dealiasing: .fraction(fraction)),
      ] as [any EvolutionMethod] {
        #expect(answer(cubic, method)?.contains("give a number above 0 and up to 1") == true)
      }
    }
    #expect(answer(cubic, Fourier(points: [4]))?.contains("leave no wave free of aliases") == true)
    #expect(answer(cubic, Fourier(points: [32], dealiasing: .fraction(1))) == nil)
  }

  @Test("names that do not tell quantities apart")
  func names() {
    let initial: [Condition] = [.initial(u == sin(x))]
    let (one, two) = (ScalarField.parameter("p", 1), ScalarField.parameter("p", 2))
    let parameters = ProblemSketch(dt(u) == one * dx(dx(u)) - two * u, on: circle, conditions: initial)
    #expect(periodic(parameters).contains("two parameters named 'p', with the values 1 and 2"))
    let derived = ProblemSketch(
      dt(u) == dx(dx(u)), on: circle, conditions: initial, derived: [.field("u", 2 * u)])
    #expect(periodic(derived).contains("two fields named 'u'"))
    let path = ScalarField.unknown("../u")
    let file = ProblemSketch(dt(path) == dx(path), on: circle, conditions: [.initial(path == sin(x))])
    #expect(periodic(file).contains("'../u' cannot be the name of a field"))
    let psi = ScalarField.complexUnknown("psi")
    let number = ProblemSketch(
      dt(psi) == .i * dx(dx(psi)), on: circle, conditions: [.initial(psi == sin(x))],
      derived: [.mean("momentum", psi)])
    #expect(periodic(number).contains("the derived number 'momentum' is complex"))
  }
}

@Suite("Small coefficients count")
struct SmallCoefficientTests {
  private func error(_ problem: ProblemSketch, points: Int, step: Double, until: Double) throws -> Double {
    try solve(problem, with: Fourier(points: [points]), stepping: ETDRK4(step: step), until: until)
      .last.exactErrors.map(\.value).max()!
  }

  @Test("a hyperviscosity of 1e-18")
  func hyperviscosity() throws {
    let eighth = biharmonic(dx(dx(dx(dx(u)))))
    // 1e-18 · 100⁸ = 0.01.
    let problem = ProblemSketch(
      dt(u) + dx(u) == -1e-18 * eighth, on: circle, conditions: [.initial(u == sin(100 * x))],
      exact: [u == sin(100 * (x - t)) * exp(-0.01 * t)])
    #expect(try error(problem, points: 256, step: 0.05, until: 2) < 1e-10)
  }

  @Test("lengths of a micrometre")
  func units() throws {
    let size = 1e-6
    let e = sin(2 * .pi * x / size + t)
    let f = { (u: ScalarField) in dt(dx(dx(u))) - 1e-14 * biharmonic(u) + dx(dx(0.1 * u * u)) }
    let problem = ProblemSketch(
      f(u) == f(e), on: .torus(0, ScalarField(size), dimension: 1),
      conditions: [.initial(u == sin(2 * .pi * x / size))], exact: [u == e])
    #expect(try error(problem, points: 32, step: 1e-2, until: 0.5) < 1e-8)
  }

  @Test("constraints of order 0 and 4 at wavenumber 2000")
  func constraints() throws {
    let e = sin(x + t) + 1e-3 * sin(2000 * x)
    let problem = ProblemSketch(
      dt(u) + v - dx(w) == dt(e), v == dx(u), biharmonic(w) == biharmonic(u), on: circle,
      conditions: [.initial(u == sin(x) + 1e-3 * sin(2000 * x))], exact: [u == e, v == dx(e)])
    #expect(try error(problem, points: 4300, step: 1e-2, until: 0.1) < 1e-9)
  }

  @Test("a quotient by a coefficient that depends on space")
  func quotient() throws {
    let e = sin(x + t)
    let f = { (u: ScalarField) in dt(u) - dx(dx(u)) + u * cos(x) / (2 + sin(x)) + u * u / (3 + cos(x)) }
    let problem = ProblemSketch(
      f(u) == f(e), on: circle, conditions: [.initial(u == sin(x))], exact: [u == e])
    #expect(try error(problem, points: 64, step: 1e-3, until: 0.1) < 1e-10)
  }
}
