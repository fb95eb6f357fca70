import Equations
import Problems
import TestSupport
import Testing

@Suite("Parameters")
struct ParameterTests {
  private func parameter(_ name: String) -> ScalarField { .parameter(name, 2, in: 1...4) }

  @Test("are found in the order of equations, conditions, domain, derived quantities, exact solutions")
  func order() {
    let u = ScalarField.unknown("u")
    let problem = ProblemSketch(
      dt(u) + parameter("b") * dx(u) == parameter("a") * u,
      on: .interval(0, parameter("d"), periodic: true),
      conditions: [.initial(u == parameter("c") * sin(parameter("a") * .x))],
      derived: [.mean("e", parameter("e") * u)], exact: [u == parameter("f") * .t])
    #expect(problem.parameters.map(\.name) == ["b", "a", "c", "d", "e", "f"])
    #expect(problem.parameters[0] == ProblemParameter?.some(problem.parameters[0]))
    #expect(problem.parameters.allSatisfy { $0.defaultValue == 2 && $0.range == 1...4 })
  }

  @Test("bind to values in equations, conditions, domain, derived quantities and exact solutions")
  func binding() throws {
    let u = ScalarField.unknown("u")
    let problem = ProblemSketch(
      dt(u) + parameter("a") * dx(u) == 0, on: .interval(0, 2 * parameter("a"), periodic: true),
      conditions: [.initial(u == parameter("a") * .x)], derived: [.integral("e", parameter("a") * u)],
      exact: [u == parameter("a") * .x])
    let standard = try PDESystem(problem)
    #expect(standard.rows[0].linear[0].coefficient == 2)
    #expect(standard.box.intervals[0].upper == 4)
    let bound = try PDESystem(problem, parameters: ["a": 3])
    #expect(bound.rows[0].linear[0].coefficient == 3)
    #expect(bound.box.intervals[0].upper == 6)
    #expect(try bound.initial[0]?.value(at: [1]) == 3)
    #expect(try bound.exact[0]?.value(at: [1]) == 3)
    #expect(bound.derived[0].components == [.constant(3) * .jet(Jet(0))])
  }

  @Test("a plain number in place of a parameter leaves none")
  func constant() throws {
    #expect(Burgers(viscosity: 0.5).parameters.isEmpty)
    #expect(try PDESystem(Burgers(viscosity: 0.5)).rows[0].linear[0].coefficient == -0.5)
  }

  @Test("wrong names and values are refused")
  func validation() {
    #expect(
      sentence { _ = try PDESystem(Heat(), parameters: ["viscosity": 1]) }
        == "heat has no parameter 'viscosity': choose one of diffusivity")
    #expect(
      sentence { _ = try PDESystem(KuramotoSivashinsky(), parameters: ["nu": 1]) }
        == "kuramoto-sivashinsky has no parameter 'nu': it has none at all")
    #expect(
      sentence { _ = try PDESystem(Heat(), parameters: ["diffusivity": -1]) }
        == "diffusivity = -1 is outside its range: give a value from 1e-06 to 100")
    #expect(sentence { _ = try PDESystem(Heat(), parameters: ["diffusivity": .nan]) } != nil)
    #expect(sentence { _ = try PDESystem(Heat(), parameters: ["diffusivity": 100]) } == nil)
  }
}
