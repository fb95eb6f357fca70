import Equations
import Geometry
import Problems
import TestSupport
import Testing

/// Every sentence that the language can answer with; each names the term and the remedy.
@Suite("Errors")
struct ErrorTests {
  private let u = ScalarField.unknown("u")
  private let v = VectorField.unknown("v")
  private let psi = ScalarField.complexUnknown("psi")
  private let x = ScalarField.x
  private let y = ScalarField.y
  private let t = ScalarField.t
  private let plane = Domain.torus(0, 1, dimension: 2)
  private let space = Domain.torus(0, 1, dimension: 3)

  private func refusal(
    _ equations: Equation..., on domain: Domain = .torus(0, 1, dimension: 1), conditions: [Condition] = [],
    derived: [Derived] = [], exact: [Equation] = []
  ) -> String? {
    var problem = ProblemSketch(on: domain, conditions: conditions, derived: derived, exact: exact)
    problem.equations = equations
    return sentence { _ = try PDESystem(problem) }
  }

  private func refusal(of condition: Condition, on domain: Domain = .interval(0, 1)) -> String? {
    refusal(dt(u) == laplacian(u), on: domain, conditions: [condition])
  }

  // MARK: Dimensions

  @Test("coordinates, derivatives and components beyond the domain's dimension")
  func dimension() {
    #expect(refusal(dt(u) == y) == "the coordinate y does not exist: the domain has 1 dimension")
    #expect(
      refusal(dt(u) == dy(u * u)) == "'∂y (u u)' cannot be taken: the domain has 1 dimension")
    #expect(refusal(dt(v) == dz(v), on: plane) == "'∂z v' cannot be taken: the domain has 2 dimensions")
    #expect(refusal(dt(u) == v.z, on: plane) == "'v_z' does not exist: the domain has 2 dimensions")
  }

  @Test("vector calculus in the wrong dimension")
  func vectorCalculus() {
    #expect(
      refusal(dt(u) == rot(v), on: space)
        == "'∇×v' is the scalar curl of two dimensions; the domain has 3 dimensions")
    #expect(
      refusal(dt(v) == perp(u), on: space) == "'∇⊥u' needs two dimensions; the domain has 3 dimensions")
    #expect(
      refusal(dt(v) == curl(v), on: plane) == "'∇×v' needs three dimensions; the domain has 2 dimensions")
    #expect(
      refusal(dt(v) == cross(v, v), on: plane)
        == "'v×v' needs three dimensions; the domain has 2 dimensions")
  }

  @Test("vectors of the wrong length")
  func vectorLength() {
    #expect(
      refusal(dt(v) == [x, y], on: space)
        == "the vector (x, y) has 2 components, but the domain has 3 dimensions")
    #expect(
      refusal(dt(v) == v, on: plane, conditions: [.initial(v == [x, y, 1])])
        == "the vector (x, y, 1) has 3 components, but the domain has 2 dimensions")
  }

  @Test("a vector in place of a scalar")
  func vectorAsScalar() throws {
    guard case .unknown(let unknown) = v.node else { return }
    #expect(
      refusal(dt(u) == ScalarField(.unknown(unknown)), on: plane)
        == "the vector 'v' stands where a scalar belongs: take a component, dot or div")
  }

  // MARK: Complex quantities

  @Test("complex quantities where real ones belong")
  func complex() {
    #expect(
      refusal(dt(psi) == max(psi, 0))
        == "'ψ' in 'max(ψ, 0)' is complex where a real quantity belongs: use re, im or abs2")
    #expect(
      refusal(dt(u) == .i * u)
        == "the equation '∂t u = i u' is complex, but its unknowns are real: declare one with complexUnknown")
    #expect(
      refusal(dt(psi) == pow(psi, 0.5))
        == "'√ψ' is a complex base to a power other than 1 to 8: write it with abs2")
    #expect(
      refusal(dt(psi) == sin(psi)) == "'sin(ψ)' applies sin to a complex quantity: only exp may")
    #expect(
      refusal(dt(u) == u, conditions: [.initial(u == .i * x)])
        == "the initial condition 'u = i x' gives a complex value to a real unknown")
  }

  // MARK: Equations

  @Test("missing and superfluous equations")
  func equationCount() {
    let w = ScalarField.unknown("w")
    #expect(
      refusal(dt(u) == w)
        == "sketch has 1 scalar equation for 2 unknowns (u, w): add the missing ones")
    #expect(
      refusal(dt(u) == 0, dx(u) == 1)
        == "sketch has 2 scalar equations for 1 unknown (u): remove the superfluous ones")
    #expect(
      refusal(dt(v) == -grad(u), on: plane)
        == "sketch has 2 scalar equations for 3 unknowns (v_x, v_y, u): add the missing ones")
    #expect(refusal(x == 1) == "sketch has no unknown: its equations must contain one")
    #expect(
      refusal(u - u == dx(u) - dx(u))
        == "the equation 'u - u = ∂x u - ∂x u' says 0 = 0: remove it or correct it")
  }

  @Test("time derivatives that no stepper takes")
  func timeDerivatives() {
    let remedy = "solve it for the time derivative, so that it stands alone with a constant factor"
    #expect(
      refusal(u * dt(u) == dx(u))
        == "'u ∂t u = ∂x u' multiplies a time derivative by something that is not a number: \(remedy)")
    #expect(refusal(dt(u * u) == dx(u))?.hasSuffix(remedy) == true)
    #expect(refusal(dt(u) + sin(dt(u)) == 0)?.hasSuffix(remedy) == true)
    #expect(refusal((1 + x) * dt(u) == 0)?.hasSuffix(remedy) == true)
    #expect(refusal(u * dt(dt(u)) == 1)?.hasSuffix(remedy) == true)
    #expect(
      refusal(dt(dt(dt(u))) == u)
        == "'∂ttt u = u' has a time derivative of order 3: name the second one as an unknown of its own")
  }

  @Test("normal derivatives outside conditions")
  func normalDerivative() {
    #expect(
      refusal(dt(u) == dn(u)) == "'∂n u' is a normal derivative: it belongs in a condition on a side")
  }

  @Test("random fields cannot be differentiated symbolically")
  func randomDerivative() {
    #expect(
      refusal(dt(u) == dx(.random(.noise(standardDeviation: 1))))
        == "the random field Noise cannot be differentiated symbolically: make it the initial value of an unknown"
    )
  }

  // MARK: Initial conditions and exact solutions

  @Test("initial conditions")
  func initial() {
    #expect(
      refusal(of: .initial(u == 2 * u))
        == "the initial condition 'u = 2 u' has an unknown on its right: give numbers, coordinates and parameters"
    )
    #expect(
      refusal(of: .initial(2 * u == 1)) == "the initial condition '2 u = 1' must have u or dt(u) on its left")
    #expect(
      refusal(of: .initial(dx(u) == 1)) == "the initial condition '∂x u = 1' must have u or dt(u) on its left"
    )
    #expect(
      refusal(of: .initial(u == sin(x - t)))
        == "the initial condition 'u = sin(x - t)' depends on t: it holds at the initial time only")
    #expect(
      refusal(of: .initial(dt(u) == 1))
        == "the initial condition '∂t u = 1' sets a velocity, but the equation is of first order in time: set u"
    )
    #expect(
      refusal(of: .initial(.unknown("w") == 1))
        == "'w' is not an unknown of any equation: remove it or add its equation")
    #expect(
      refusal(dt(u) == u, conditions: [.initial(u == 1), .initial(u == 2)])
        == "u has two initial conditions: keep one")
  }

  @Test("exact solutions")
  func exact() throws {
    #expect(
      refusal(dt(u) == u, exact: [dx(u) == 1])
        == "the exact solution '∂x u = 1' must have one unknown on its left")
    #expect(
      refusal(dt(u) == u, exact: [u == u + 1])
        == "the exact solution 'u = u + 1' has an unknown on its right: give numbers, coordinates and parameters"
    )
    let system = try PDESystem(Burgers())
    #expect(
      sentence { _ = try system.exactResidual(at: [[0]], times: [0]) }
        == "burgers states no exact solution for 'u': add one to 'exact'")
  }

  @Test("derived quantities with time derivatives")
  func derived() {
    #expect(
      refusal(dt(u) == dx(u), derived: [.mean("rate", u * dt(u))])
        == "the derived quantity 'rate' contains a time derivative of u that the equations determine: "
        + "write what they say it equals")
  }

  // MARK: Boundary conditions

  @Test("conditions on sides that cannot have them")
  func sides() {
    #expect(
      refusal(of: .dirichlet(u == 0, on: .left), on: .interval(0, 1, periodic: true))
        == "the condition 'u = 0' is set on the left side, but the domain is periodic along x")
    #expect(
      refusal(of: .dirichlet(u == 0, on: .top))
        == "the condition 'u = 0' is set on the top side, which the domain does not have: it has 1 dimension")
    #expect(
      refusal(
        dt(u) == laplacian(u), on: .interval(0, 1),
        conditions: [.dirichlet(u == 0), .neumann(dn(u) == 1, on: .right)])
        == "u has two conditions on the right side, 'u = 0' and '∂n u = 1': keep one")
  }

  @Test("conditions of a form that no method takes")
  func form() {
    let form = "is not of the form a u + b ∂n u = g with numbers a, b for one unknown u"
    let square = Domain.cube(0, 1, dimension: 2)
    #expect(refusal(of: .robin(dn(u) == u * u, on: .left)) == "the condition '∂n u = u u' \(form)")
    #expect(refusal(of: .robin(x * u == 1)) == "the condition 'x u = 1' \(form)")
    #expect(refusal(of: .neumann(dn(dn(u)) == 1))?.hasSuffix(form) == true)
    #expect(refusal(of: .robin(dt(u) + dn(u) == 0)) == "the condition '∂t u + ∂n u = 0' \(form)")
    #expect(refusal(of: .neumann(dy(u) == 0, on: .left), on: square) == "the condition '∂y u = 0' \(form)")
    #expect(
      refusal(dt(v) == laplacian(v), on: square, conditions: [.robin(v.x + v.y == 0, on: .left)])
        == "the condition 'v_x + v_y = 0' \(form)")
    #expect(
      refusal(of: .dirichlet(x == 1, on: .left))
        == "the condition 'x = 1' has no unknown: write it as u == g or dn(u) == g")
  }

  // MARK: Domains and point values

  @Test("domains")
  func domains() {
    #expect(
      refusal(dt(u) == u, on: .interval(0, x))
        == "the bound x of the domain along x is not a number: use numbers and parameters only")
    #expect(
      refusal(dt(u) == u, on: .rectangle((0, 1), (3, 2)))
        == "the domain is empty along y, from 3.0 to 2.0: give the lower bound first")
  }

  @Test("values at points")
  func values() {
    let value = { (field: ScalarField) in sentence { _ = try field.node.value(at: [1]) } }
    #expect(
      value(x + u)
        == "'u' contains an unknown: only expressions of coordinates and time have values")
    #expect(
      value(dx(u * x))
        == "'∂x (u x)' contains an unknown: only expressions of coordinates and time have values")
    #expect(
      value(2 * .random(.fourierSeries(highest: 3)))
        == "the random field RandomFourierSeries has no value at a point: it exists on a grid, drawn from a seed"
    )
    #expect(
      value(y)
        == "the coordinate y has no value at a point with 1 coordinate: use the axes of the domain only")
    #expect(value(.i * x) == "'i x' in 'i x' is complex where a real quantity belongs: use re, im or abs2")
  }
}
