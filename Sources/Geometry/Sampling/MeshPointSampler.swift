import Tensors

/// Points in the cells and on the facets of a mesh, uniform by volume and by area, curved cells included.
///
/// The first coordinate of a point of the unit cube chooses the cell by its share of the volume, the others the place
/// therein, so that evenly spread sequences stay even from cell to cell. Where the Jacobian varies within a cell, places are
/// accepted by it (von Neumann 1951).
public final class MeshPointSampler: Sendable {
  /// The mesh.
  public let mesh: Mesh
  private let topology: MeshTopology
  private let cells: [Int32]
  /// Volumes of `cells`, summed up.
  private let volumes: [Double]
  private let maps: [CellMap]

  /// Prepares for the cells of a mesh, or of one of its regions.
  /// - Throws: ``MeshError`` where the mesh has no topology, or no such region.
  public init(_ mesh: Mesh, region: String? = nil) throws(MeshError) {
    self.mesh = mesh
    topology = try MeshTopology(mesh)
    maps = mesh.cells.map { CellMap($0.shape, order: $0.order) }
    var selected = Array(0..<Int32(mesh.cellCount))
    if let region {
      let tags = try mesh.regionTags(named: region)
      let all = mesh.cells.flatMap(\.tags)
      selected = selected.filter { tags.contains(all[Int($0)]) }
      guard !selected.isEmpty else { throw .emptySelection("the region \(region)") }
    }
    let sizes = mesh.volumes
    var sum = 0.0
    volumes = selected.map { cell in
      sum += sizes[Int(cell)]
      return sum
    }
    cells = selected
  }

  /// Points inside, [count, dimension]; with a time, [count, dimension + 1] with the time last.
  ///
  /// A grid has no meaning on a mesh: it places points like Sobol's sequence.
  public func points(
    _ count: Int, _ sampler: PointSampler, times: ClosedRange<Double>? = nil, round: Int = 0, part: Int = 0
  ) -> Tensor<Double> {
    let d = mesh.dimension
    let unit = Self.sequence(sampler).unitPoints(
      count, dimension: d + 1 + (times == nil ? 0 : 1), round: round, part: part)
    let again = sampler.stream(round, part, axis: 255)
    let (from, to) = (unit.shape[1], d + (times == nil ? 0 : 1))
    return Tensor(shape: [count, to]) { out in
      unit.withUnsafeBufferPointer { unit in
        for i in 0..<count {
          let row = unit.baseAddress! + i * from
          let chosen = Self.chosen(row[0], volumes)
          let (block, element) = topology.place(ofCell: Int(cells[chosen]))
          let nodes = mesh.cells[block].nodes(of: element)
          let map = maps[block]
          let bound = map.bound(nodes, mesh)
          var place = SIMD3<Double>.zero
          for axis in 0..<d { place[axis] = row[1 + axis] }
          for attempt in 0..<1000 {
            let (x, density) = map.point(map.shape.uniform(place), nodes, mesh)
            for axis in 0..<d { out[i * to + axis] = x[axis] }
            // Four numbers of the stream for each attempt: whether to accept, and another place.
            let first = UInt64(i * 4000 + 4 * attempt)
            if bound == nil || again.uniform(at: first) * bound! <= density { break }
            for axis in 0..<d { place[axis] = again.uniform(at: first + 1 + UInt64(axis)) }
          }
          if let times {
            out[i * to + d] = times.lowerBound + (times.upperBound - times.lowerBound) * row[d + 1]
          }
        }
      }
    }
  }

  /// Points on a part of the facets, with normals out of the (first) cell: [count, dimension], or with a time
  /// [count, dimension + 1] with the time last. In one dimension without a time, each facet comes once.
  /// - Throws: ``MeshError`` where the selection names no facet.
  public func points(
    _ count: Int, on selection: BoundarySelection, _ sampler: PointSampler, times: ClosedRange<Double>? = nil,
    round: Int = 0, part: Int = 1
  ) throws(MeshError) -> BoundaryPoints {
    let facets = try mesh.facets(selection, of: topology)
    guard !facets.isEmpty else { throw .emptySelection("the boundary") }
    let d = mesh.dimension
    let sides = facets.map { side(of: Int($0)) }
    var sum = 0.0
    let areas = sides.map { side in
      sum += side.area(mesh)
      return sum
    }
    let isPoint = d == 1 && times == nil
    let count = isPoint ? facets.count : count
    let unit = Self.sequence(sampler).unitPoints(
      count, dimension: d + (times == nil ? 0 : 1), round: round, part: part)
    let again = sampler.stream(round, part, axis: 255)
    let (from, to) = (unit.shape[1], d + (times == nil ? 0 : 1))
    var normals = Tensor<Double>.zeros([count, d])
    var tags: [Int32] = []
    let points = Tensor<Double>(shape: [count, to]) { out in
      unit.withUnsafeBufferPointer { unit in
        normals.withUnsafeMutableBufferPointer { normals in
          for i in 0..<count {
            let row = unit.baseAddress! + i * from
            let chosen = isPoint ? i : Self.chosen(row[0], areas)
            let side = sides[chosen]
            var place = SIMD2<Double>.zero
            for axis in 0..<d - 1 { place[axis] = row[1 + axis] }
            let bound = side.bound(mesh)
            for attempt in 0..<1000 {
              let (x, normal, density) = side.point(side.shape.uniform(place), mesh)
              for axis in 0..<d {
                out[i * to + axis] = x[axis]
                normals[i * d + axis] = normal[axis]
              }
              let first = UInt64(i * 4000 + 4 * attempt)
              if bound == nil || again.uniform(at: first) * bound! <= density { break }
              for axis in 0..<d - 1 { place[axis] = again.uniform(at: first + 1 + UInt64(axis)) }
            }
            if let times {
              out[i * to + d] = times.lowerBound + (times.upperBound - times.lowerBound) * row[d]
            }
            tags.append(topology.facetTags[Int(facets[chosen])])
          }
        }
      }
    }
    return BoundaryPoints(points: points, normals: normals, tags: tags)
  }

  /// The length or area of a part of the facets; their number in one dimension.
  /// - Throws: ``MeshError`` where the selection names no facet.
  public func measure(of selection: BoundarySelection) throws(MeshError) -> Double {
    try mesh.facets(selection, of: topology).reduce(0) { $0 + side(of: Int($1)).area(mesh) }
  }

  private func side(of facet: Int) -> FacetMap {
    let cell = Int(topology.facetCells[2 * facet])
    let (block, element) = topology.place(ofCell: cell)
    return FacetMap(
      cell: maps[block], nodes: mesh.cells[block].nodes(of: element),
      side: Int(topology.facetSides[2 * facet]))
  }

  private static func sequence(_ sampler: PointSampler) -> PointSampler {
    sampler.sequence == .grid ? PointSampler(.sobol, seed: sampler.seed) : sampler
  }

  /// The first entry whose running sum exceeds a part of the whole.
  private static func chosen(_ part: Double, _ sums: [Double]) -> Int {
    let target = part * (sums.last ?? 0)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
