import Equations
import Simulation
import Tensors

extension GaussianTask: FieldTask {
  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: found, until: settings.until, solver: "sum of Gaussians", method: "pig",
      unknowns: objective.layout.count, steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Double>(system: $0, time: $1, grid: $2, pointwise: system, model: { self.model($0) })
    }
  }
}
