import Ansatz
import Testing

private struct Stated: Problem {
  let u = ScalarField.unknown("u")
  var region: Domain = .interval(0, 1)
  let makeEquations: @Sendable (ScalarField) -> [Equation]
  let makeConditions: @Sendable (ScalarField) -> [Condition]
  var domain: Domain { region }
  var equations: [Equation] { makeEquations(u) }
  var conditions: [Condition] { makeConditions(u) }
}

@Suite("What is missing among conditions")
struct WellPosednessTests {
  private func check(
    _ region: Domain = .interval(0, 1), _ equations: @escaping @Sendable (ScalarField) -> [Equation],
    _ conditions: @escaping @Sendable (ScalarField) -> [Condition]
  ) throws -> WellPosedness {
    WellPosedness(
      try PointwiseSystem(Stated(region: region, makeEquations: equations, makeConditions: conditions)))
  }

  @Test("complete problems are left alone", arguments: Catalogue.all.map(\.name))
  func catalogue(_ name: String) throws {
    // Where a problem is not for points, nothing is asked of it. That no traction acts where nothing is said of it is natural
    // to finite elements alone.
    guard name != "cantilever", let system = try? PointwiseSystem(Catalogue.named(name)!) else { return }
    let found = WellPosedness(system)
    #expect(found.contradictions.isEmpty, "\(found.contradictions)")
    let missing = found.remarks.filter { $0.contains("any of the solutions") }
    #expect(missing.isEmpty, "\(missing)")
  }

  @Test("missing beginnings, sides and constants are said")
  func missing() throws {
    let x = ScalarField.x
    let heat: @Sendable (ScalarField) -> [Equation] = { [dt($0) == dx(dx($0))] }
    let noStart = try check(.interval(0, 1), heat) { [.dirichlet($0 == 0)] }
    #expect(noStart.remarks.count == 1 && noStart.remarks[0].contains("begins with"))
    let noRight = try check(.interval(0, 1), heat) {
      [.initial($0 == x), .dirichlet($0 == 0, on: .left)]
    }
    #expect(noRight.remarks.count == 1 && noRight.remarks[0].contains("no condition on right"))
    let noRate = try check(.interval(0, 1, periodic: true), { [dt(dt($0)) == dx(dx($0))] }) {
      [.initial($0 == sin(2 * .pi * x))]
    }
    #expect(noRate.remarks.count == 1 && noRate.remarks[0].contains(".initial(dt(u) == …)"))
    let noInflow = try check(.interval(0, 1), { [dt($0) + dx($0) == 0] }) { [.initial($0 == x)] }
    #expect(noInflow.remarks.count == 1 && noInflow.remarks[0].contains("comes in"))
    let inflow = try check(.interval(0, 1), { [dt($0) + dx($0) == 0] }) {
      [.initial($0 == x), .dirichlet($0 == 0, on: .left)]
    }
    #expect(inflow.remarks.isEmpty, "\(inflow.remarks)")
    let floating = try check(.interval(0, 1), { [dx(dx($0)) == cos(.pi * x)] }) { [.neumann(dn($0) == 0)] }
    #expect(floating.remarks.count == 1 && floating.remarks[0].contains("up to a constant"))
  }

  @Test("values that are given twice must agree; beginnings that jump at sides are said")
  func contradictions() throws {
    let x = ScalarField.x
    let heat: @Sendable (ScalarField) -> [Equation] = { [dt($0) == dx(dx($0))] }
    let twice = try check(.interval(0, 1), heat) {
      [.initial($0 == 0), .dirichlet($0 == 0), .dirichlet($0 == 1, on: .left)]
    }
    #expect(twice.contradictions.count == 1 && twice.contradictions[0].contains("left"))
    let same = try check(.interval(0, 1), heat) {
      [.initial($0 == 0), .dirichlet($0 == 0), .dirichlet($0 == x, on: .left)]
    }
    #expect(same.contradictions.isEmpty && same.remarks.isEmpty, "\(same.remarks)")
    let jump = try check(.interval(0, 1), heat) { [.initial($0 == 1 + x), .dirichlet($0 == 0)] }
    #expect(jump.remarks.count == 2 && jump.remarks[0].contains("jumps there"))
  }
}
