import Ansatz
import Foundation
import TestSupport
import Testing

@Suite("Steady problems as sparse systems")
struct GridMethodTests {
  private let sparse: [GridMethod.Solver] = [.sor(factor: nil), .pcg, .multigrid, .amg, .cholesky, .lu]

  @Test("every solver gives what the fast transforms give on the same grid", arguments: [1, 2, 3])
  func agreement(dimension: Int) throws {
    let n = [129, 65, 17][dimension - 1]
    let points = Array(repeating: n, count: dimension)
    let reference = try solve(Poisson(dimension: dimension), with: FiniteDifference(points: points)).field(
      "u")
    for solver in sparse {
      let solution = try solve(
        Poisson(dimension: dimension), with: GridMethod(solver, points: points, tolerance: 1e-11))
      #expect(try solution.field("u").relativeError(to: reference) < 1e-8, "\(solver)")
    }
  }

  @Test("Chebyshev, stencil and elements agree to their discretisation")
  func discretizations() throws {
    // The value in the centre of the square (Timoshenko & Goodier 1951, by the double sine series).
    let centre = 0.07367135328151
    #expect(abs(try solve(Poisson(), with: Chebyshev(points: [33])).field("u")(0.5, 0.5)[0] - centre) < 1e-7)
    #expect(
      abs(try solve(Poisson(), with: GridMethod.multigrid(points: [129])).field("u")(0.5, 0.5)[0] - centre)
        < 2e-5)
    let elements = try solve(Poisson(), with: FiniteElementMethod(order: 2, cells: [32, 32]))
    #expect(abs(try elements.field("u")(0.5, 0.5)[0] - centre) < 2e-6)
  }

  @Test("a random medium: the same field by every solver, another by another seed")
  func darcy() throws {
    let points = [65, 65]
    let reference = try solve(Darcy(), with: GridMethod.cholesky(points: points), seed: 3)
    for solver in [GridMethod.Solver.pcg, .multigrid, .amg] {
      let solution = try solve(Darcy(), with: GridMethod(solver, points: points), seed: 3)
      #expect(try solution.field("u").relativeError(to: reference.field("u")) < 1e-8, "\(solver)")
    }
    let a = try reference.field("permeability").values
    #expect(Set(a).isSubset(of: [4, 8, 12]) && Set(a).count >= 2)
    let other = try solve(Darcy(), with: GridMethod.multigrid(points: points), seed: 4)
    #expect(try other.field("u").relativeError(to: reference.field("u")) > 0.01)
  }

  private struct Insulated: Problem {
    var mean = 0.0
    let u = ScalarField.unknown("u")
    var domain: Domain { .rectangle((0, 1), (0, 2), periodic: [.y]) }
    var equations: [Equation] { [-div((2 + sin(.pi * y)) * grad(u)) == cos(.pi * x) + mean] }
    var conditions: [Condition] { [.neumann(dn(u) == 0, on: .x)] }
  }

  @Test("with fluxes on all sides the mean is zero, and sources must balance")
  func nullSpace() throws {
    let method = GridMethod.pcg(points: [33, 32])
    let u = try solve(Insulated(), with: method).field("u")
    let weighted = try solve(Insulated(), with: GridMethod.amg(points: [33, 32])).field("u")
    #expect(u.maxNorm > 0.01)
    #expect(try weighted.relativeError(to: u) < 1e-6)
    #expect(throws: IterativeSolverError.self) { try solve(Insulated(mean: 1), with: method) }
    // Factorisations hold one value, and take the mean away afterwards.
    for method in [GridMethod.cholesky(points: [33, 32]), .lu(points: [33, 32])] {
      let factored = try solve(Insulated(), with: method).field("u")
      #expect(try factored.relativeError(to: u) < 1e-6)
      #expect(throws: IterativeSolverError.self) { try solve(Insulated(mean: 1), with: method) }
    }
  }

  @Test("iterations of over-relaxation fall from Gauss–Seidel to Young's factor")
  func overRelaxation() throws {
    let counts = try [1.0, 1.5, nil].map { factor in
      try #require(
        try solve(Poisson(), with: GridMethod(.sor(factor: factor), points: [33, 33], tolerance: 1e-8))
          .statistics.iterations)
    }
    // Young (1971): the rate is ρ² for Gauss–Seidel and ω − 1 at the optimum, with ρ = cos πh.
    let h = 1.0 / 32
    let digits = -log(1e-8)
    let gaussSeidel: Double = digits / (-2 * log(cos(Double.pi * h)))
    let factor: Double = 2 / (1 + sin(Double.pi * h))
    let optimal: Double = digits / -log(factor - 1)
    #expect(abs(Double(counts[0]) / gaussSeidel - 1) < 0.25)
    #expect(Double(counts[2]) < 2 * optimal && counts[2] < counts[1] && counts[1] < counts[0])
  }

  @Test("what fits no stencil is refused with what does", arguments: ["multigrid", "cholesky", "fft"])
  func refusal(name: String) {
    let entry = Methods.steady.first { $0.name == name }!
    func run(_ method: some SteadyMethod) throws { _ = try solve(ConvectionDiffusion(), with: method) }
    let error = #expect(throws: EquationError.self) { try run(entry.make([33, 33])) }
    #expect(error != nil)
  }
}
