import Geometry

/// The arrays of VTK's unstructured grid, in which a mesh and its fields are stored.
///
/// Cells come first, then tagged facets as further cells of one dimension less. The cell arrays `region` and `boundary`
/// hold their tags, 0 on the others; each is there only where it has a tag. Names are integer arrays of field data, called
/// as the region or boundary, of its tag and its dimension: where meshio, too, keeps the names of physical groups.
struct VTKUnstructuredGrid {
  /// Three coordinates per point.
  var points: [Double] = []
  /// The points of all cells, one after another.
  var connectivity: [Int32] = []
  /// Where the points of each cell end.
  var offsets: [Int] = []
  /// The type of each cell.
  var types: [UInt8] = []
  var pointData: [VTKArray] = []
  var cellData: [VTKArray] = []
  var fieldData: [VTKArray] = []
  /// Numbers of the points and cells in a whole of which this is a piece.
  var pointNumbers: [Int]?
  var cellNumbers: [Int]?

  static let regionName = "region"
  static let boundaryName = "boundary"
  static let timeName = "TimeValue"
  static let compoundRegionsName = "compound regions"
  static let compoundBoundariesName = "compound boundaries"

  var pointCount: Int { points.count / 3 }
  var cellCount: Int { types.count }

  /// Which tag arrays are written.
  struct Tags: OptionSet {
    let rawValue: Int
    static let regions = Tags(rawValue: 1)
    static let boundaries = Tags(rawValue: 2)

    init(rawValue: Int) { self.rawValue = rawValue }

    /// Those that `mesh` has.
    init(of mesh: Mesh) {
      self = []
      if mesh.cells.contains(where: { $0.tags.contains { $0 != 0 } }) { insert(.regions) }
      if mesh.facets.contains(where: { $0.tags.contains { $0 != 0 } }) { insert(.boundaries) }
    }
  }

  /// The arrays of `dataset`.
  ///
  /// - Parameter tags: the tag arrays to write; by default those that the mesh has.
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` for names that are used twice.
  init(_ dataset: MeshDataset, precision: FloatPrecision, tags: Tags? = nil, file: String) throws(FormatError)
  {
    let mesh = dataset.mesh
    let tags = tags ?? Tags(of: mesh)
    try Self.checkNames(dataset, tags, file: file)
    points = Self.points(of: mesh)
    let blocks = mesh.cells + mesh.facets
    let total = blocks.reduce(0) { $0 + $1.count }
    types.reserveCapacity(total)
    offsets.reserveCapacity(total)
    connectivity.reserveCapacity(blocks.reduce(0) { $0 + $1.nodes.count })
    for block in blocks {
      let number = VTKCellType.number(block.shape, order: block.order)
      types += repeatElement(number, count: block.count)
      let (start, size) = (connectivity.count, block.nodesPerElement)
      for element in 0..<block.count { offsets.append(start + (element + 1) * size) }
      connectivity += block.nodes
    }
    let facetCount = mesh.facets.reduce(0) { $0 + $1.count }
    if tags.contains(.regions) {
      let values = mesh.cells.flatMap(\.tags) + repeatElement(0, count: facetCount)
      cellData.append(VTKArray(name: Self.regionName, values: .int32(values)))
    }
    if tags.contains(.boundaries) {
      let values = repeatElement(0, count: mesh.cellCount) + mesh.facets.flatMap(\.tags)
      cellData.append(VTKArray(name: Self.boundaryName, values: .int32(Array(values))))
    }
    pointData = dataset.pointFields.map { VTKArray($0, precision: precision) }
    let owners = facetCount > 0 && !dataset.cellFields.isEmpty ? mesh.cellsOfFacets : []
    for var field in dataset.cellFields {
      for c in field.components.indices {
        let values = field.components[c]
        field.components[c] += owners.map { $0 < 0 ? .nan : values[$0] }
      }
      cellData.append(VTKArray(field, precision: precision))
    }
    fieldData = Self.names(of: mesh)
    if let time = dataset.time {
      fieldData.append(VTKArray(name: Self.timeName, values: .reals([time], .double)))
    }
  }

  private static func checkNames(_ dataset: MeshDataset, _ tags: Tags, file: String) throws(FormatError) {
    try VTKXML.checkNames(dataset.pointFields, file: file)
    try VTKXML.checkNames(dataset.cellFields, file: file)
    for (tag, name) in [(Tags.regions, regionName), (.boundaries, boundaryName)]
    where tags.contains(tag) && dataset.cellFields.contains(where: { $0.name == name }) {
      throw .unsupported(
        file: file, problem: "a field of cells has the name \"\(name)\", which the mesh's own tags have",
        remedy: "give the field another name")
    }
    let reserved = [timeName, compoundRegionsName, compoundBoundariesName]
    for name in Array(dataset.mesh.regionNames.values) + Array(dataset.mesh.boundaryNames.values)
    where reserved.contains(name) {
      throw .unsupported(
        file: file, problem: "a region or boundary has the name \"\(name)\", which VTK files need otherwise",
        remedy: "give it another name")
    }
  }

  private static func points(of mesh: Mesh) -> [Double] {
    let dimension = mesh.dimension
    guard dimension < 3 else { return mesh.coordinates }
    let count = mesh.pointCount
    return [Double](unsafeUninitializedCapacity: 3 * count) { points, initialized in
      mesh.coordinates.withUnsafeBufferPointer { x in
        for i in 0..<count {
          points[3 * i] = x[dimension * i]
          points[3 * i + 1] = dimension > 1 ? x[dimension * i + 1] : 0
          points[3 * i + 2] = 0
        }
      }
      initialized = 3 * count
    }
  }

  /// The names of tags, and of which tags compound ones consist, each followed by the number of its members and these.
  private static func names(of mesh: Mesh) -> [VTKArray] {
    var tags: [String: [Int32]] = [:]
    for (names, dimension) in [
      (mesh.regionNames, mesh.dimension), (mesh.boundaryNames, mesh.dimension - 1),
    ] {
      for tag in names.keys.sorted() {
        tags[names[tag] ?? "", default: []] += [tag, Int32(dimension)]
      }
    }
    var result = tags.keys.sorted().map { VTKArray(name: $0, values: .int32(tags[$0] ?? [])) }
    for (name, compounds) in [
      (compoundRegionsName, mesh.compoundRegions), (compoundBoundariesName, mesh.compoundBoundaries),
    ] where !compounds.isEmpty {
      let values = compounds.keys.sorted().flatMap { tag -> [Int32] in
        let members = compounds[tag] ?? []
        return [tag, Int32(members.count)] + members
      }
      result.append(VTKArray(name: name, values: .int32(values)))
    }
    return result
  }
}

extension Mesh {
  /// For each tagged facet a cell of which it is one, or −1: the first in the order of cells.
  var cellsOfFacets: [Int] {
    // Only sides whose corners all lie on tagged facets are looked up.
    var isMarked = [Bool](repeating: false, count: pointCount)
    var places: [[Int32]: [Int]] = [:]
    var count = 0
    for block in facets {
      for element in 0..<block.count {
        let corners = block.nodes(of: element).prefix(block.shape.vertexCount)
        for corner in corners where isMarked.indices.contains(Int(corner)) { isMarked[Int(corner)] = true }
        places[corners.sorted(), default: []].append(count)
        count += 1
      }
    }
    var owners = [Int](repeating: -1, count: count)
    var cell = 0
    for block in cells {
      let (sides, size) = (block.shape.facets, block.nodesPerElement)
      for element in 0..<block.count {
        for side in sides
        where side.allSatisfy({ corner in
          let node = Int(block.nodes[element * size + corner])
          return isMarked.indices.contains(node) && isMarked[node]
        }) {
          for place in places[side.map { block.nodes[element * size + $0] }.sorted()] ?? []
          where owners[place] < 0 { owners[place] = cell }
        }
        cell += 1
      }
    }
    return owners
  }
}
