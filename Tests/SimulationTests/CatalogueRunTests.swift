import Ansatz
import Foundation
import Testing

@Suite("Every problem of the catalogue runs")
struct CatalogueRunTests {
  private func isFinite(_ frame: Solution.Frame) throws -> Bool {
    try frame.fields.allSatisfy { $0.gridValues.joined().allSatisfy(\.isFinite) }
      && frame.numbers.allSatisfy(\.value.isFinite)
  }

  /// Twenty steps as suggested, at a third of the resolution.
  @Test(
    "evolutions", arguments: Catalogue.all.filter { (try? PDESystem($0).isEvolution) == true }.map(\.name))
  func evolution(name: String) throws {
    let problem = try #require(Catalogue.named(name))
    let suggested = problem.suggested
    let method = try Steppers.named(suggested.stepper ?? "ETDRK4")
    let step = suggested.step
    func run(_ problem: some Problem) throws -> Solution {
      if problem.domain.mesh != nil {
        return try solve(
          problem, with: FiniteElementMethod(order: 2), stepping: ImplicitStepping(step: step),
          until: 20 * step)
      }
      return try solve(
        problem, with: SuitableBasis(points: suggested.points.map { max(16, $0 / 3) }),
        stepping: method.with(.fixed(step)), until: 20 * step)
    }
    let solution = try run(problem)
    #expect(solution.statistics.steps == 20)
    if problem.domain.mesh == nil {
      #expect(try isFinite(solution.last))
      #expect(try solution.last.field(solution.last.fieldNames[0]).maxNorm > 0)
    } else {
      // Sampling grids reach beyond a mesh, with NaN outside.
      let values = try solution.last.fields.flatMap(\.gridValues).joined()
      #expect(values.contains { $0.isFinite && $0 != 0 } && !values.contains(where: \.isInfinite))
    }
  }

  @Test(
    "steady problems",
    arguments: Catalogue.all.filter { (try? PDESystem($0).isEvolution) == false }.map(\.name))
  func steady(name: String) throws {
    let problem = try #require(Catalogue.named(name))
    func run(_ problem: some Problem, _ method: some SteadyMethod) throws -> Solution {
      try solve(problem, with: method)
    }
    let system = try PDESystem(problem)
    let suited = Methods.suitedSteady(to: system)
    var solution: Solution
    if suited == "fem" {
      let hasVectors = system.unknowns.contains { $0.source.kind == .vector }
      let cells = Array(repeating: 16, count: system.dimension)
      let method =
        system.mesh == nil
        ? FiniteElementMethod(order: hasVectors ? 2 : 1, cells: cells)
        : FiniteElementMethod(order: hasVectors ? 2 : 1)
      solution = try run(problem, method)
    } else {
      let entry = try #require(Methods.steady.first { $0.name == suited })
      solution = try run(
        problem, entry.make(Array(repeating: suited == "automatic" ? 32 : 33, count: system.dimension)))
    }
    #expect(
      try solution.last.fields.allSatisfy { field in
        // Sampling grids reach beyond a mesh.
        try system.mesh != nil || isFinite(solution.last) && field.maxNorm > 0
      })
    let bound = suited == "automatic" ? 1e-11 : 0.05
    for (_, error) in try solution.last.exactErrors { #expect(error < bound) }
  }
}
