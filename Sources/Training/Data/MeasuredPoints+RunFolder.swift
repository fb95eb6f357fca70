import Equations
import Foundation
import Simulation
import Tensors

extension MeasuredPoints {
  /// The fields of a run that a classical solver has written, as values to compare with: every point of its grid or mesh at
  /// every kept time up to the end.
  ///
  /// - Parameters:
  ///   - folder: The run folder.
  ///   - problem: The problem that the run should be of.
  ///   - parameters: Its parameters; those that are being found may have other values in the run.
  ///   - system: The problem at points.
  ///   - until: The final time; later frames are left out.
  ///   - limit: The most points; beyond it, as many are drawn, the same each time.
  /// - Throws: ``RunFolderError`` for a folder that is none or damaged, ``TrainingError`` for a run of another problem, with
  ///   other parameters or without the unknowns.
  public init(
    run folder: URL, of problem: some Problem, parameters: ParameterValues = [:], _ system: PointwiseSystem,
    until: Double, limit: Int = 200_000
  ) throws {
    precondition(limit > 0, "a reference of \(limit) points")
    let run = try RunArchive(folder)
    let manifest = run.manifest
    func fail(_ what: String, _ remedy: String) -> TrainingError {
      TrainingError("the run in \(folder.path) \(what): \(remedy)")
    }
    guard manifest.run.problem == problem.name else {
      throw fail(
        "is of the problem '\(manifest.run.problem)', not '\(problem.name)'",
        "give one that 'ansatz solve \(problem.name)' has written")
    }
    for parameter in problem.parameters where !system.free.contains(where: { $0.name == parameter.name }) {
      let own = parameters.values[parameter.name] ?? parameter.defaultValue
      guard let theirs = manifest.run.parameters[parameter.name] else { continue }
      guard abs(own - theirs) <= 1e-12 * max(abs(own), abs(theirs)) else {
        throw fail(
          "has \(parameter.name) = \(theirs), not \(own)",
          "train with --\(parameter.name) \(theirs), or solve with \(own)")
      }
    }
    // Where the unknowns are among the fields.
    var places: [(unknown: Int, field: Int, component: Int)] = []
    for (unknown, real) in system.unknowns.enumerated() {
      for (field, entry) in manifest.fields.enumerated() {
        if let component = entry.components.firstIndex(of: real.name) {
          places.append((unknown, field, component))
        }
      }
    }
    guard !places.isEmpty else {
      let theirs = manifest.fields.flatMap(\.components).joined(separator: ", ")
      throw fail(
        "has the fields \(theirs), and none of the unknowns \(system.unknowns.map(\.name).joined(separator: ", "))",
        "solve the problem again with this version")
    }
    let coordinates =
      run.mesh.map { mesh in
        (0..<mesh.pointCount).map { point in
          Array(mesh.coordinates[point * mesh.dimension..<(point + 1) * mesh.dimension])
        }
      } ?? run.grid.points
    guard coordinates.allSatisfy({ $0.count == system.dimension }) else {
      throw fail(
        "has \(coordinates[0].count) coordinates, and the problem \(system.dimension)",
        "solve the problem again")
    }
    let frames =
      system.isEvolution
      ? run.times.indices.filter { run.times[$0] <= until * (1 + 1e-12) } : [run.frameCount - 1]
    guard !frames.isEmpty else {
      throw fail(
        "has no frame up to the time \(until)", "give a run that begins earlier, or a larger --until")
    }
    let all = coordinates.count * frames.count
    // Drawn without repetition, and read in the order of the frames.
    let chosen =
      all <= limit
      ? nil
      : { () -> [Int] in
        let permutation = IndexPermutation(count: all, seed: 0)
        return (0..<limit).map { permutation[$0] }.sorted()
      }()
    var (points, values) = ([Double](), [Double]())
    var next = 0
    for (place, frame) in frames.enumerated() {
      let fields =
        run.mesh == nil ? try run.dataset(frame).fields : try run.meshDataset(frame).pointFields
      let first = place * coordinates.count
      func add(_ point: Int) throws {
        points += coordinates[point]
        if system.isEvolution { points.append(run.times[frame]) }
        for (unknown, field, component) in places {
          let value = fields[field].components[component][point]
          guard value.isFinite else {
            throw fail(
              "has the value \(value) of \(system.unknowns[unknown].name) at the time \(run.times[frame])",
              "solve again with smaller steps")
          }
          values.append(value)
        }
      }
      guard let chosen else {
        for point in coordinates.indices { try add(point) }
        continue
      }
      while next < chosen.count, chosen[next] < first + coordinates.count {
        try add(chosen[next] - first)
        next += 1
      }
    }
    let count = min(all, limit)
    let columns = system.dimension + (system.isEvolution ? 1 : 0)
    self.init(
      points: Tensor(shape: [count, columns], points), values: Tensor(shape: [count, places.count], values),
      unknowns: places.map(\.unknown))
  }
}
