import Ansatz
import Foundation

let problem = Catalogue.named("burgers-cole-hopf")!
let solution = try solve(problem, with: Fourier(points: [512]), stepping: ETDRK4(step: 1e-3), until: 1)
print(solution.statistics, try solution.last.exactErrors, try solution.last.numbers)
for p in Catalogue.all where p.domain.intervals.allSatisfy(\.isPeriodic) {
  do {
    let s = p.suggested
    let solution = try solve(p, with: Fourier(points: s.points), stepping: try Steppers.named(s.stepper ?? "ETDRK4").with(.fixed(s.step)), until: s.until)
    print(p.name, s.points, solution.statistics.steps, String(format: "%.2f s, %.1f us/step", solution.statistics.secondsSolve, solution.statistics.secondsSolve / Double(solution.statistics.steps) * 1e6), solution.statistics.transformsPerEvaluation!, try solution.last.exactErrors, try solution.last.numbers)
  } catch { print(p.name, "ERROR", error) }
}
