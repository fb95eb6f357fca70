import Geometry

extension VTKUnstructuredGrid {
  /// Arrays as a file gives them; see `dataset(file:hasOldLagrangeOrder:)` for their checks.
  init(points: [Double]) { self.points = points }

  /// Names of integer arrays that other programs keep tags in: meshio for files of Gmsh, and Gmsh itself.
  private static let foreignTags = ["gmsh:physical", "CellEntityIds"]
  /// Marks of cells that belong to another piece, or are hidden.
  static let ghostName = "vtkGhostType"
  private static let ghostBits: Int32 = 1 | 32

  /// The mesh and fields that the arrays state.
  ///
  /// Cells of the highest dimension are the mesh's, those of one dimension less its tagged facets; cells of still lower
  /// dimension are left out, and so are cells marked as another piece's. Each shape and order becomes one block.
  ///
  /// - Throws: ``FormatError`` where the arrays contradict each other, and for cells that no mesh holds.
  func dataset(file: String, hasOldLagrangeOrder: Bool = false) throws(FormatError) -> MeshDataset {
    try checkCounts(file: file)
    let groups = try groups(file: file, hasOldLagrangeOrder: hasOldLagrangeOrder)
    let highest = groups.reduce(-1) { max($0, $1.shape.dimension) }
    guard highest >= 0 else {
      throw .malformed(
        file: file, problem: "it holds no cells", remedy: "give a mesh with cells that are not hidden")
    }
    let dimension = spaceDimension(atLeast: max(highest, 1))
    let cells = groups.filter { $0.shape.dimension == highest }
    let facets = groups.filter { $0.shape.dimension == highest - 1 }
    let regions = tags(Self.regionName)
    let boundaries = tags(Self.boundaryName)
    let foreign = regions == nil && boundaries == nil ? foreignTags : nil
    let order = cells.flatMap(\.cells)
    let (regionNames, boundaryNames) = names(dimension: Int32(highest))
    let mesh = Mesh(
      dimension: dimension,
      coordinates: dimension == 3
        ? points : (0..<pointCount).flatMap { points[(3 * $0)..<(3 * $0 + dimension)] },
      cells: cells.map { block($0, tags: regions ?? foreign?.tags) },
      facets: facets.map { block($0, tags: boundaries ?? regions ?? foreign?.tags) },
      regionNames: regionNames, boundaryNames: boundaryNames,
      compoundRegions: compounds(Self.compoundRegionsName),
      compoundBoundaries: compounds(Self.compoundBoundariesName))
    let taken = Set([
      regions == nil ? nil : Self.regionName, boundaries == nil ? nil : Self.boundaryName, foreign?.name,
      Self.ghostName,
    ])
    let isWhole = order.count == cellCount && zip(order, 0...).allSatisfy { Int($0) == $1 }
    return MeshDataset(
      mesh: mesh,
      pointFields: pointData.filter { $0.name != Self.ghostName }.map { $0.field() },
      cellFields: cellData.filter { !taken.contains($0.name) }.map { $0.field(at: isWhole ? nil : order) },
      time: fieldData.first { $0.name == Self.timeName && $0.count > 0 }?.doubles[0])
  }

  // MARK: - Cells

  /// Cells of one shape and order.
  private struct Group {
    var shape: CellShape
    var order: Int
    /// Their numbers in the file.
    var cells: [Int32] = []
    /// Their nodes in the mesh's order.
    var nodes: [Int32] = []
  }

  /// Refuses arrays whose counts contradict each other.
  func checkCounts(file: String) throws(FormatError) {
    guard pointCount < Int(Int32.max), cellCount < Int(Int32.max) else {
      throw .unsupported(
        file: file, problem: "\(pointCount) points and \(cellCount) cells are more than a mesh can have",
        remedy: "use a coarser mesh")
    }
    guard offsets.count == types.count else {
      throw .damaged(file, "\(offsets.count) offsets are stated for \(types.count) cells")
    }
    var last = 0
    for (cell, offset) in offsets.enumerated() {
      guard offset >= last, offset <= connectivity.count else {
        throw .damaged(
          file,
          "cell \(cell) ends at \(offset) of the \(connectivity.count) cell points, where \(last) or more is expected"
        )
      }
      last = offset
    }
    guard last == connectivity.count else {
      throw .damaged(file, "cells take \(last) of the \(connectivity.count) cell points")
    }
    for (arrays, count, what) in [(pointData, pointCount, "points"), (cellData, cellCount, "cells")] {
      for array in arrays where array.count != count * array.components {
        throw .damaged(
          file,
          "array \"\(array.name)\" has \(array.count / array.components) values for \(count) \(what)")
      }
    }
  }

  private func groups(file: String, hasOldLagrangeOrder: Bool) throws(FormatError) -> [Group] {
    let ghosts = integers(cellData.first { $0.name == Self.ghostName })
    var groups: [Group] = []
    // The kind of the cells that came last, which most often goes on.
    var (type, size, group): (UInt8, Int, Int) = (0, -1, 0)
    var order: [Int]?
    var start = 0
    for cell in 0..<cellCount {
      let end = offsets[cell]
      defer { start = end }
      if let ghosts, ghosts[cell] & Self.ghostBits != 0 { continue }
      if types[cell] != type || end - start != size {
        (type, size) = (types[cell], end - start)
        let kind = try kind(of: cell, size: size, file: file)
        order = VTKCellType.order(Int(type), nodeCount: size, hasOldLagrangeOrder: hasOldLagrangeOrder)
        if let found = groups.firstIndex(where: { $0.shape == kind.shape && $0.order == kind.order }) {
          group = found
        } else {
          group = groups.count
          groups.append(Group(shape: kind.shape, order: kind.order))
        }
      }
      groups[group].cells.append(Int32(cell))
      for place in 0..<size {
        let node = connectivity[start + (order?[place] ?? place)]
        guard node >= 0, Int(node) < pointCount else {
          throw .damaged(file, "cell \(cell) names the point \(node), but there are \(pointCount) points")
        }
        groups[group].nodes.append(node)
      }
    }
    return groups
  }

  private func kind(of cell: Int, size: Int, file: String) throws(FormatError) -> (
    shape: CellShape, order: Int
  ) {
    let type = Int(types[cell])
    guard let kind = VTKCellType.cell(type, nodeCount: size) else {
      let (name, remedy) = VTKCellType.refusal(type)
      throw .unsupported(
        file: file, problem: "cell \(cell) is of VTK's type \(type) (\(name)), which meshes do not have",
        remedy: remedy)
    }
    guard size == kind.shape.nodeCount(order: kind.order) else {
      if (68...72).contains(type) {
        throw .unsupported(
          file: file, problem: "cell \(cell) is a Lagrange cell of \(size) points",
          remedy: "write cells of first or second order")
      }
      throw .damaged(file, "cell \(cell) of type \(type) has \(size) points")
    }
    return kind
  }

  private func block(_ group: Group, tags: [Int32]?) -> Mesh.Block {
    Mesh.Block(
      shape: group.shape, order: group.order, nodes: group.nodes,
      tags: tags.map { tags in group.cells.map { tags[Int($0)] } })
  }

  /// The number of axes along which the points lie: VTK gives three coordinates even in the plane.
  private func spaceDimension(atLeast least: Int) -> Int {
    var dimension = least
    while dimension < 3,
      !stride(from: 0, to: points.count, by: 3).allSatisfy({ i in
        (dimension..<3).allSatisfy { points[i + $0] == 0 }
      })
    { dimension += 1 }
    return dimension
  }

  // MARK: - Tags

  /// The values of an array of integers, or nil for another one.
  private func integers(_ array: VTKArray?) -> [Int32]? {
    guard let array, array.components == 1 else { return nil }
    if case .int32(let values) = array.values { return values }
    return nil
  }

  private func tags(_ name: String) -> [Int32]? { integers(cellData.first { $0.name == name }) }

  private var foreignTags: (name: String, tags: [Int32])? {
    for name in Self.foreignTags {
      if let tags = tags(name) { return (name, tags) }
    }
    return nil
  }

  /// Names of tags: arrays of pairs of a tag and the dimension of cells or facets.
  private func names(dimension: Int32) -> ([Int32: String], [Int32: String]) {
    var (regions, boundaries): ([Int32: String], [Int32: String]) = ([:], [:])
    for array in fieldData {
      guard let values = integers(array), !values.isEmpty, values.count % 2 == 0,
        array.name != Self.compoundRegionsName, array.name != Self.compoundBoundariesName,
        stride(from: 1, to: values.count, by: 2).allSatisfy({
          values[$0] == dimension || values[$0] == dimension - 1
        })
      else { continue }
      for i in stride(from: 0, to: values.count, by: 2) {
        if values[i + 1] == dimension {
          regions[values[i]] = array.name
        } else {
          boundaries[values[i]] = array.name
        }
      }
    }
    return (regions, boundaries)
  }

  private func compounds(_ name: String) -> [Int32: [Int32]] {
    guard let values = integers(fieldData.first { $0.name == name }) else { return [:] }
    var result: [Int32: [Int32]] = [:]
    var rest = values[...]
    while rest.count >= 2 {
      let (tag, count) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
      rest = rest.dropFirst(2)
      guard count >= 0, count <= rest.count else { break }
      result[tag] = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return result
  }
}

extension VTKArray {
  /// The array as a field, of the values at the given places.
  fileprivate func field(at places: [Int32]? = nil) -> FieldArray {
    let components = VTKOrder.components(doubles, count: components)
    guard let places else { return FieldArray(name: name, components: components) }
    return FieldArray(
      name: name, components: components.map { values in places.map { values[Int($0)] } })
  }
}
