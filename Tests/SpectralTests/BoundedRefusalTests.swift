import Equations
import Geometry
import Spectral
import TestSupport
import Testing

/// What does not fit a basis is refused in one sentence that names it and says what to use.
@Suite("Bounded boxes: refusals")
struct BoundedRefusalTests {
  private func refusal(
    _ equations: Equation..., basis: [AxisBasis], on domain: Domain = .interval(0, 1),
    conditions: [Condition] = [.dirichlet(u == 0)], points: Int = 16
  ) -> String? {
    var problem = ProblemSketch(equations[0], on: domain, conditions: conditions)
    problem.equations = equations
    return sentence {
      let system = try PDESystem(problem)
      _ = try BoundedSystem(system, basis: basis, points: Array(repeating: points, count: system.dimension))
    }
  }

  @Test("Bases that do not suit the domain")
  func domains() {
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.fourier])
        == "the domain is bounded along x, where the Fourier basis was asked for: use a sine, cosine or Chebyshev basis there"
    )
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.sine], on: .torus(0, 1, dimension: 1), conditions: [])
        == "the domain is periodic along x, where the sine basis was asked for: use the Fourier basis there")
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.sine, .sine])
        == "2 bases were given for sketch, which has 1 dimension: give one per axis")
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.chebyshev], points: 4)
        == "4 points along x are too few for the chebyshev basis: give at least 8")
  }

  @Test("Terms of the wrong parity")
  func parity() {
    #expect(
      refusal(dt(u) == dx(dx(u)) + dx(u), basis: [.sine])
        == "the term '∂x u' is even about the sides of x, where the sine basis needs odd terms: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) == dx(dx(u)) + u * u, basis: [.sine])
        == "the term 'u²' is even about the sides of x, where the sine basis needs odd terms: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) + u * dx(u) == dx(dx(u)), basis: [.cosine], conditions: [.neumann(dn(u) == 0)])
        == "the term 'u ∂x u' is odd about the sides of x, where the cosine basis needs even terms: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) == dx(dx(u)) + exp(u), basis: [.sine])
        == "the term 'exp(u)' is neither even nor odd about the sides of x, where the sine basis needs odd terms: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) == x * dx(dx(u)), basis: [.sine])
        == "the term 'x ∂xx u' is neither even nor odd about the sides of x, where the sine basis needs odd terms: use the Chebyshev basis along x"
    )
    // A coefficient of the right parity is fine, and so are odd functions.
    #expect(refusal(dt(u) == (2 + cos(.pi * x)) * dx(dx(u)), basis: [.sine]) == nil)
    #expect(refusal(dt(u) == dx(dx(u)) + sin(u) + pow(u, 3), basis: [.sine]) == nil)
    #expect(refusal(dt(u) == dx(dx(u)) + sin(.pi * x) * dx(u), basis: [.sine]) == nil)
  }

  @Test("Sources and conditions of the wrong kind")
  func sources() {
    #expect(
      refusal(dt(u) == dx(dx(u)) + 1, basis: [.sine])
        == "the source '1' does not vanish on the sides of x, as the sine basis needs: use the Chebyshev basis along x"
    )
    #expect(refusal(dt(u) == dx(dx(u)) + x * (1 - x), basis: [.sine]) == nil)
    #expect(
      refusal(dt(u) == dx(dx(u)) + x * t, basis: [.cosine], conditions: [.neumann(dn(u) == 0)])
        == "the normal derivative of the source 't x' does not vanish on the sides of x, as the cosine basis needs: use the Chebyshev basis along x"
    )
    #expect(
      refusal(
        dt(u) == dx(dx(u)), basis: [.sine],
        conditions: [.dirichlet(u == 0, on: .left), .dirichlet(u == t, on: .right)])
        == "the condition 'u = t' on the right side is not u = 0, which the sine basis along x stands for: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.cosine], conditions: [.robin(u + dn(u) == 0)])
        == "the condition 'u + ∂n u = 0' on the left side is not ∂u/∂n = 0, which the cosine basis along x stands for: use the Chebyshev basis along x"
    )
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.sine], conditions: [.dirichlet(u == 0, on: .left)])
        == "u has no condition on the right side: the sine basis along x stands for u = 0 there, so add that condition, or use the Chebyshev basis along x"
    )
  }

  @Test("What Chebyshev series cannot take")
  func chebyshev() {
    #expect(
      refusal(dt(u) == -dx(dx(dx(dx(u)))), basis: [.chebyshev])
        == "u has a derivative of order 4 along x, for which one condition per side is too few: write the equation as two of second order, or use the sine or cosine basis where the conditions allow it"
    )
    #expect(refusal(dt(u) == -dx(dx(dx(dx(u)))), basis: [.sine]) == nil)
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.chebyshev], conditions: [.dirichlet(u == 0, on: .left)])
        == "u has second derivatives along x, but no condition on the right side: add one, such as .dirichlet(u == 0, on: .right)"
    )
    #expect(
      refusal(dt(u) - dt(dx(dx(u))) == -u * dx(u), basis: [.chebyshev])?.contains(
        "has the time derivative of ∂xx u, which the Chebyshev basis along x cannot invert")
        == true)
    let noisy = ScalarField.random(.noise(standardDeviation: 1))
    #expect(
      refusal(dt(u) == dx(dx(u)), basis: [.chebyshev], conditions: [.dirichlet(u == noisy)])?
        .contains("has a random field") == true)
  }

  @Test("Constraints")
  func constraints() {
    let (velocity, p) = (VectorField.unknown("w"), ScalarField.unknown("p"))
    let system = ProblemSketch(
      dt(velocity) == laplacian(velocity) - grad(p), div(velocity) == 0, on: .box([(0, 1), (0, 1)]),
      conditions: [.dirichlet(velocity == [0, 0])])
    let text = sentence {
      _ = try BoundedSystem(try PDESystem(system), basis: [.chebyshev, .chebyshev], points: [16, 16])
    }
    #expect(text?.contains("has no time derivative: on a bounded box every equation needs one") == true)
  }

  @Test("Fields that do not vanish where a sine series does")
  func fields() throws {
    let system = try BoundedSystem(
      try PDESystem(ProblemSketch(dt(u) == dx(dx(u)), on: .interval(0, 1), conditions: [.dirichlet(u == 0)])),
      basis: [.sine], points: [9])
    #expect(
      sentence { _ = try system.state(of: [Array(repeating: 1, count: 9)], time: 0) }
        == "the field u does not vanish on the sides of x, as the sine basis needs: use the Chebyshev basis along x"
    )
  }
}
