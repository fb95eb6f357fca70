import Equations
import Geometry
import Tensors

extension CollocationSampler {
  /// Points of a place of a region or a mesh; nil for boxes.
  func shapedPoints(
    _ place: PointwiseSystem.Place, of system: PointwiseSystem, until: Double, round: Int, count: Int
  ) -> Tensor<Double>? {
    let sampler = PointSampler(pattern.sequence, seed: seed)
    let times = system.isEvolution && place != .initial ? 0...until : nil
    var table: Tensor<Double>
    var normals: Tensor<Double>?
    switch (system.extent, place) {
    case (.box, _): return nil
    case (.region(let geometry), .boundary(let name)):
      let part = 2 + (geometry.boundaryNames.firstIndex(of: name) ?? 0)
      // The system was made with these names.
      guard
        let points = try? sampler.points(
          count, on: [name], of: geometry, times: times, round: round, part: part)
      else { preconditionFailure("the region of \(system.name) has no boundary '\(name)'") }
      (table, normals) = (points.points, points.normals)
    case (.mesh(let extent), .boundary(let name)):
      let part = 2 + (extent.boundaryNames.firstIndex(of: name) ?? extent.boundaryNames.count)
      guard
        let points = try? extent.sampler.points(
          count, on: name.isEmpty ? .unnamed : .named(name), sampler, times: times, round: round, part: part)
      else { preconditionFailure("the mesh of \(system.name) has no boundary '\(name)'") }
      (table, normals) = (points.points, points.normals)
    case (.region(let geometry), _):
      table = sampler.points(count, in: geometry, times: times, round: round, part: place == .initial ? 1 : 0)
    case (.mesh(let extent), _):
      table = extent.sampler.points(
        count, sampler, times: times, round: round, part: place == .initial ? 1 : 0)
    }
    if place == .initial { table = .concatenated([table, .zeros([table.shape[0], 1])], axis: 1) }
    if let normals { table = .concatenated([table, normals], axis: 1) }
    return table
  }
}
