import Ansatz
import Foundation

/// What models are compared with: the exact solution where the problem states one, else a classical solution of twice the
/// resolution; and the classical method's own row.
struct PinnReference {
  /// Values at points that nothing is trained on.
  let points: MeasuredPoints
  /// The classical method and its relative L² error, against the exact or the finer solution, and the seconds it took.
  let classical: (method: String, error: Double, seconds: Double)?
  /// The finer classical solution, where it is what is compared with.
  private let solution: Solution?
  private let system: PointwiseSystem

  init(_ item: PinnCase) throws {
    self = try Self.make(item.problem, item.classical, item.until, item.unknowns)
  }

  private static func make(
    _ problem: some Problem, _ recipe: ClassicalRecipe, _ end: Double, _ compared: [String]?
  ) throws -> PinnReference {
    let system = try PointwiseSystem(problem)
    let times = !system.isEvolution ? 1 : system.dimension == 1 ? 100 : 20
    func solution(_ refinement: Int) throws -> Solution? {
      switch recipe {
      case .spectral(let points, let step):
        let basis = SuitableBasis(points: points.map { refinement * $0 - $0 % refinement })
        guard let step else { return try solve(problem, with: basis) }
        return try solve(
          problem, with: basis, stepping: ETDRK4(step: step / Double(refinement)), until: end,
          saving: .count(times + 1))
      case .method(let method): return try method(refinement)
      case .none: return nil
      }
    }
    let start = DispatchTime.now().uptimeNanoseconds
    let coarse = try solution(1)
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let chosen = system.unknowns.indices.filter { compared?.contains(system.unknowns[$0].name) ?? true }
    let hasExact = chosen.allSatisfy { system.exact[$0] != nil }
    let fine = hasExact ? nil : try solution(2)
    guard hasExact || fine != nil else {
      throw UsageError("\(system.name) states no exact solution: it needs a classical one to compare with")
    }

    // Between grid points of the classical solution, and away from the points of any grid of training.
    let count = (system.isEvolution ? [256, 41, 17] : [1024, 101, 31])[system.dimension - 1]
    let axes = system.box.intervals.map { interval in
      (0..<count).map {
        interval.lower + (Double($0) + 0.5) / Double(count) * (interval.upper - interval.lower)
      }
    }
    var space: [[Double]] = [[]]
    for axis in axes { space = space.flatMap { point in axis.map { point + [$0] } } }
    // Where the domain is a part of the box: within it, and, on meshes, within its straight cells too.
    if case .region(let geometry) = system.extent {
      space = space.filter {
        geometry.signedDistance($0) < -1e-3 * (geometry.bounds.intervals.map(\.length).max() ?? 1)
      }
    } else {
      space = zip(space, system.contains(space)).filter(\.1).map(\.0)
    }
    let moments: [Double]
    if !system.isEvolution {
      moments = [0]
    } else if let some = fine ?? coarse {
      moments = Array(some.times.dropFirst())
    } else {
      moments = (1...times).map { Double($0) / Double(times) * end }
    }
    let names = chosen.map { system.unknowns[$0].name }
    // [points, unknowns], time by time.
    func values(_ solution: Solution) throws -> [Double] {
      try solution.frames.dropFirst(system.isEvolution ? 1 : 0).flatMap { frame in
        let columns = try frame.components(names, at: space)
        return space.indices.flatMap { i in columns.map { $0[i] } }
      }
    }
    let table = Tensor<Double>(
      shape: [space.count * moments.count, system.dimension + (system.isEvolution ? 1 : 0)],
      moments.flatMap { time in space.flatMap { $0 + (system.isEvolution ? [time] : []) } })
    let best: [Double]
    if let fine {
      best = try values(fine)
    } else {
      let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
      let columns = try chosen.map { try formula(system.exact[$0]!).broadcast(to: [table.shape[0], 1]) }
      best = Tensor.concatenated(columns, axis: 1).elements
    }
    var classical: (String, Double, Double)?
    if let coarse {
      var (difference, size) = (0.0, 0.0)
      for (a, b) in zip(try values(coarse), best) {
        difference += (a - b) * (a - b)
        size += b * b
      }
      classical = (coarse.method, (difference / size).squareRoot(), seconds)
    }
    return PinnReference(
      points: MeasuredPoints(
        points: table, values: Tensor(shape: [table.shape[0], names.count], best),
        unknowns: chosen),
      classical: classical, solution: fine, system: system)
  }

  private init(
    points: MeasuredPoints, classical: (method: String, error: Double, seconds: Double)?, solution: Solution?,
    system: PointwiseSystem
  ) {
    (self.points, self.classical, self.solution, self.system) = (points, classical, solution, system)
  }

  /// Values of the first unknown at points and a time that no training knows of.
  func values(at points: [[Double]], time: Double) throws -> [Double] {
    if let solution {
      let frame = solution.frames.min { abs($0.time - time) < abs($1.time - time) }!
      return try frame.components([system.unknowns[0].name], at: points)[0]
    }
    let table = Tensor<Double>(
      shape: [points.count, system.dimension + (system.isEvolution ? 1 : 0)],
      points.flatMap { $0 + (system.isEvolution ? [time] : []) })
    let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
    return try formula(system.exact[0]!).broadcast(to: [points.count, 1]).elements
  }
}

extension Solution.Frame {
  /// Components of fields by their names, at points.
  func components(_ names: [String], at points: [[Double]]) throws -> [[Double]] {
    var found: [String: [Double]] = [:]
    for field in try fields where field.componentNames.contains(where: names.contains) {
      for (name, values) in zip(field.componentNames, try field.values(at: points)) { found[name] = values }
    }
    return try names.map { name in
      guard let values = found[name] else { throw UsageError("the solution has no component '\(name)'") }
      return values
    }
  }
}
