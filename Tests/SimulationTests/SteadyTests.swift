import Ansatz
import Foundation
import TestSupport
import Testing

@Suite("Steady problems")
struct SteadyTests {
  @Test("Poisson and Helmholtz of the catalogue", arguments: 1...3)
  func catalogue(dimension: Int) throws {
    let points = [40, 32, 24][dimension - 1]
    for problem in [PoissonManufactured(dimension: dimension), Helmholtz(dimension: dimension)]
      as [any Problem]
    {
      let solution = try solve(problem, with: SuitableBasis(points: [points]))
      for (name, error) in try solution.last.exactErrors { #expect(error < 1e-12, "\(problem.name) \(name)") }
      #expect(try !solution.last.exactErrors.isEmpty)
    }
  }

  // −Δu = 1, u = 0: series solution of the square and of the cube.
  @Test("unit source on the square and the cube")
  func unitSource() throws {
    let square = try solve(Poisson(dimension: 2), with: Chebyshev(points: [64])).field("u")
    #expect(abs(try square(0.5, 0.5)[0] - 0.07367135328151) < 1e-8)
    #expect(abs(square.integrals[0] - 0.03514425373904) < 1e-8)
    let cube = try solve(Poisson(dimension: 3), with: Chebyshev(points: [32])).field("u")
    #expect(abs(try cube(0.5, 0.5, 0.5)[0] - 0.05621282982944) < 1e-7)
    #expect(try square(1.5, 0.5)[0].isNaN)
  }

  @Test("the stencil converges at second order towards the square's centre")
  func stencil() throws {
    let steps = [16, 32, 64, 128].map { 1 / Double($0) }
    let errors = try [17, 33, 65, 129].map { n in
      let u = try solve(Poisson(dimension: 2), with: FiniteDifference(points: [n])).field("u")
      return abs(u.values[(n / 2) * n + n / 2] - 0.07367135328151)
    }
    #expect(abs(observedOrder(steps, errors) - 2) < 0.1)
    #expect(errors[3] < 1e-5)
  }

  /// Δ²u = f on a periodic square: any linear equation with constant coefficients is solved mode by mode.
  private struct Biharmonic: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
    var equations: [Equation] { [biharmonic(u) + u == 26 * sin(x) * sin(2 * y)] }
    var exact: [Equation] { [u == sin(x) * sin(2 * y)] }
  }

  @Test("a biharmonic equation on a periodic square")
  func periodic() throws {
    let solution = try solve(Biharmonic(), with: Fourier(points: [16]))
    #expect(try solution.last.exactErrors[0].value < 1e-14)
  }

  @Test("an evolution equation is refused with what to give")
  func refused() {
    #expect {
      _ = try solve(Burgers(), with: SuitableBasis(points: [32]))
    } throws: { "\($0)".contains("has a time derivative: give a time stepper and a final time") }
  }
}
