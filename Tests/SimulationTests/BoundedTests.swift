import Ansatz
import Foundation
import Testing

/// Burgers' equation between walls: the odd periodic solution restricted to its period.
private struct BurgersBetweenWalls: Problem {
  var viscosity: Double
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dt(u) + u * dx(u) == viscosity * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == -sin(.pi * x)), .dirichlet(u == 0)] }
}

/// Heat conduction with a known solution, a wall that warms up and one that radiates.
private struct Radiation: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] {
    let exact = cos(x) * exp(-t)
    return [dt(u) == laplacian(u) + 0 * exact]
  }
  var conditions: [Condition] {
    [
      .initial(u == cos(x)), .dirichlet(u == exp(-t), on: .left),
      .robin(2 * u + dn(u) == (2 * cos(1.0) - sin(1.0)) * exp(-t), on: .right),
    ]
  }
  var exact: [Equation] { [u == cos(x) * exp(-t)] }
}

/// Phase separation with walls that nothing crosses.
private struct BoxedAllenCahn: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [dt(u) == 0.01 * laplacian(u) + u - pow(u, 3)] }
  var conditions: [Condition] {
    [.initial(u == 0.5 * cos(.pi * x) * cos(2 * .pi * y)), .neumann(dn(u) == 0)]
  }
}

@Suite("Evolution on bounded boxes, from the language")
struct BoundedTests {
  // Basdevant et al. (1986): values of the Cole–Hopf solution at t = 0.5 for ν = 0.01/π.
  @Test("Burgers' equation by sines and by polynomials")
  func burgers() throws {
    let problem = BurgersBetweenWalls(viscosity: 0.01 / .pi)
    let sine = try solve(
      problem, with: Sine(points: [2049]), stepping: ETDRK4(step: 5e-4), until: 0.5
    ).field("u")
    for (x, value) in [
      (0.01, -0.8980496423), (0.05, -0.9789821784), (0.25, -0.8473545245), (0.5, -0.5927695344),
    ] {
      #expect(abs(try sine(x)[0] - value) < 1e-7, "sine u(\(x))")
    }
  }

  @Test("time-dependent and Robin data")
  func radiation() throws {
    let solution = try solve(
      Radiation(), with: SuitableBasis(points: [24]), stepping: ETDRK4(step: 1e-3), until: 0.5)
    #expect(try solution.last.exactErrors[0].value < 1e-8)
  }

  @Test("cosines and polynomials agree, and the automatic choice takes cosines")
  func allenCahn() throws {
    let end = 1.0
    let cosine = try solve(
      BoxedAllenCahn(), with: Cosine(points: [33]), stepping: ETDRK4(step: 1e-2), until: end)
    let automatic = try solve(
      BoxedAllenCahn(), with: SuitableBasis(points: [33]), stepping: ETDRK4(step: 1e-2), until: end)
    let chebyshev = try solve(
      BoxedAllenCahn(), with: Chebyshev(points: [33]), stepping: ETDRK4(step: 1e-2), until: end)
    #expect(try chebyshev.field("u").relativeError(to: cosine.field("u")) < 1e-6)
    #expect(try automatic.field("u").gridValues == cosine.field("u").gridValues)
  }

  @Test("the Fourier method refuses walls with the methods to use instead")
  func refused() {
    #expect {
      _ = try solve(
        BurgersBetweenWalls(viscosity: 0.1), with: Fourier(points: [32]), stepping: ETDRK4(step: 1e-3),
        until: 0.1)
    } throws: { "\($0)".contains("use Chebyshev, Sine or Cosine instead") }
  }
}
