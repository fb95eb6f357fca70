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
      try solve(
        problem, with: SuitableBasis(points: suggested.points.map { max(16, $0 / 3) }),
        stepping: method.with(.fixed(step)), until: 20 * step)
    }
    let solution = try run(problem)
    #expect(solution.statistics.steps == 20)
    #expect(try isFinite(solution.last))
    #expect(try solution.last.field(solution.last.fieldNames[0]).maxNorm > 0)
  }

  @Test(
    "steady problems",
    arguments: Catalogue.all.filter { (try? PDESystem($0).isEvolution) == false }.map(\.name))
  func steady(name: String) throws {
    let problem = try #require(Catalogue.named(name))
    func run(_ problem: some Problem) throws -> Solution {
      try solve(problem, with: SuitableBasis(points: [32]))
    }
    let solution = try run(problem)
    #expect(try isFinite(solution.last))
    for (_, error) in try solution.last.exactErrors { #expect(error < 1e-11) }
  }
}
