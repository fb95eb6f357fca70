import Ansatz
import Foundation

/// What networks are compared with: the exact solution where the problem states one, else a classical solution of twice
/// the resolution; and the classical method's own row.
struct PinnReference {
  /// Values at points that nothing is trained on.
  let points: MeasuredPoints
  /// Relative L² error of the classical method, against the exact or the finer solution, and the seconds it took.
  let classicalError, classicalSeconds: Double
  /// The name of the classical method.
  let method: String

  init(_ item: PinnCase) throws { self = try Self.make(item.problem, item.classical, item.until) }

  private static func make(_ problem: some Problem, _ recipe: ClassicalRecipe, _ end: Double) throws
    -> PinnReference
  {
    let system = try PointwiseSystem(problem)
    let times = system.isEvolution ? 100 : 1
    func solution(_ points: [Int], _ step: Double?) throws -> Solution {
      let basis = SuitableBasis(points: points)
      guard let step else { return try solve(problem, with: basis) }
      return try solve(
        problem, with: basis, stepping: ETDRK4(step: step), until: end, saving: .count(times + 1))
    }
    let start = DispatchTime.now().uptimeNanoseconds
    let coarse = try solution(recipe.points, recipe.step)
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9

    // Between grid points of the classical solution, and away from the points of any grid of training.
    let count = system.dimension == 1 ? 256 : 101
    let axes = system.box.intervals.map { interval in
      (0..<count).map {
        interval.lower + (Double($0) + 0.5) / Double(count) * (interval.upper - interval.lower)
      }
    }
    var space: [[Double]] = [[]]
    for axis in axes { space = space.flatMap { point in axis.map { point + [$0] } } }
    let kept = coarse.frames.dropFirst(system.isEvolution ? 1 : 0)
    func values(_ solution: Solution) throws -> [Double] {
      try solution.frames.dropFirst(system.isEvolution ? 1 : 0).flatMap { frame in
        try frame.field(system.unknowns[0].name).values(at: space)[0]
      }
    }
    let table = Tensor<Double>(
      shape: [space.count * kept.count, system.dimension + (system.isEvolution ? 1 : 0)],
      kept.flatMap { frame in space.flatMap { $0 + (system.isEvolution ? [frame.time] : []) } })
    let own = try values(coarse)
    let best: [Double]
    if let exact = system.exact[0] {
      let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
      best = try formula(exact).elements
    } else {
      best = try values(solution(recipe.points.map { 2 * $0 - $0 % 2 }, recipe.step.map { $0 / 2 }))
    }
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(own, best) {
      difference += (a - b) * (a - b)
      size += b * b
    }
    return PinnReference(
      points: MeasuredPoints(points: table, values: Tensor(shape: [best.count, 1], best), unknowns: [0]),
      error: (difference / size).squareRoot(), seconds: seconds, method: coarse.method)
  }

  private init(points: MeasuredPoints, error: Double, seconds: Double, method: String) {
    (self.points, classicalError, classicalSeconds, self.method) = (points, error, seconds, method)
  }
}
