import Foundation
import Geometry

/// Gmsh's mesh files (`.msh`), versions 2.2 and 4.1, in text and binary.
///
/// Format: Gmsh reference manual (Geuzaine and Remacle), "MSH file format". Physical groups become regions and
/// boundaries: those of the cells' dimension and of one less. An element of several groups has a compound tag.
public enum Gmsh {
  /// The mesh in the file at `url`, with what has an obvious cure repaired.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> Mesh {
    try decode(AtomicFile.read(url), file: url.path).mesh
  }

  /// The mesh that the bytes of a Gmsh file hold, and what had to be repaired.
  ///
  /// Lines, triangles, quadrilaterals, tetrahedra and hexahedra of first and second order are read; elements of 8 and 20
  /// nodes get the nodes that they lack. Numbers of nodes may have gaps and any order. Sections of periodicity and of
  /// data are passed over. Points without cells are removed, a plane mesh (z constant) has two coordinates.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input and for meshes that cannot be computed
  ///   on, ``FormatError/unsupported(file:problem:remedy:)`` for other versions and other elements.
  public static func decode(_ bytes: [UInt8], file: String = "Gmsh mesh") throws(FormatError) -> RepairedMesh
  {
    var reader = GmshReader(bytes: bytes, file: file)
    return try reader.mesh()
  }
}

/// One element as its line states it.
struct GmshElement {
  var type: Int
  /// The first of its nodes in the list of all nodes, as numbers of the file.
  var firstNode: Int
  var groups: [Int32]
}

/// What the sections of a file state, and the mesh that follows.
struct GmshReader {
  var cursor: GmshCursor
  private var major = 0
  private var names: [(dimension: Int, tag: Int32, name: String)] = []
  /// The physical groups of each geometric entity (4.1).
  var entityGroups: [[Int: [Int32]]] = [[:], [:], [:], [:]]
  var nodeTags: [Int] = []
  var coordinates: [Double] = []
  var elements: [GmshElement] = []
  var elementNodes: [Int] = []

  init(bytes: [UInt8], file: String) { cursor = GmshCursor(bytes: bytes, file: file) }

  mutating func mesh() throws(FormatError) -> RepairedMesh {
    guard cursor.section() == "$MeshFormat" else {
      throw .malformed(
        file: cursor.file, problem: "it does not start with $MeshFormat",
        remedy: "give a file that Gmsh has written, of version 2.2 or 4.1")
    }
    try readFormat()
    var (hasNodes, hasElements) = (false, false)
    while let section = cursor.section() {
      switch section {
      case "$PhysicalNames": try readNames()
      case "$Entities" where major == 4: try readEntities()
      case "$Nodes":
        guard !hasNodes else { throw cursor.damaged("there are two sections $Nodes") }
        hasNodes = true
        if major == 4 { try readNodeBlocks() } else { try readNodes() }
      case "$Elements":
        guard !hasElements else { throw cursor.damaged("there are two sections $Elements") }
        hasElements = true
        if major == 4 { try readElementBlocks() } else { try readElements() }
      case "$PartitionedEntities":
        throw .unsupported(
          file: cursor.file, problem: "the mesh is partitioned",
          remedy: "save it unpartitioned (Mesh.Partition…)")
      case let section where section.hasPrefix("$End") || section.count < 2:
        throw cursor.damaged("the line \(section) ends no section")
      default:
        try cursor.skip(section)
        continue
      }
      try cursor.end(section)
    }
    guard hasNodes, hasElements else {
      throw cursor.damaged("there is no section \(hasNodes ? "$Elements" : "$Nodes")")
    }
    return try assembled()
  }

  private mutating func readFormat() throws(FormatError) {
    let version = try cursor.real("the version")
    let mode = try cursor.integer("the file type")
    let size = try cursor.integer("the data size")
    guard version >= 2, version < 3 || version == 4.1 else {
      throw .unsupported(
        file: cursor.file, problem: "its version is \(version)",
        remedy: "save it as version 4.1 or 2.2 (gmsh -format msh41, or Mesh.MshFileVersion = 4.1)")
    }
    guard mode == 0 || mode == 1 else { throw cursor.damaged("the file type \(mode) is neither 0 nor 1") }
    guard size == 8 else {
      throw .unsupported(
        file: cursor.file, problem: "its data size is \(size)", remedy: "save it with a data size of 8")
    }
    major = Int(version)
    if mode == 1 {
      _ = cursor.line()
      cursor.isBinary = true
      let one = try cursor.int("the number 1")
      guard one == 1 || one == 1 << 24 else { throw cursor.damaged("its byte order cannot be told") }
      cursor.bigEndian = one != 1
    }
    try cursor.end("$MeshFormat")
  }

  private mutating func readNames() throws(FormatError) {
    let count = try cursor.integer("the number of names")
    try cursor.check(count, of: "names", size: 6)
    for _ in 0..<count {
      let dimension = try cursor.integer("a dimension")
      let tag = try tag(cursor.integer("a physical tag"))
      let text = cursor.line()
      guard let first = text.firstIndex(of: "\""), let last = text.lastIndex(of: "\""), first < last else {
        throw cursor.damaged("the name of the physical group \(tag) has no quotation marks")
      }
      let name = String(text[text.index(after: first)..<last])
      guard (0...3).contains(dimension) else {
        throw cursor.damaged("the physical group \"\(name.prefix(40))\" has the dimension \(dimension)")
      }
      if let other = names.first(where: { $0.dimension == dimension && $0.tag == tag }), other.name != name {
        throw .malformed(
          file: cursor.file,
          problem:
            "the physical tag \(tag) of dimension \(dimension) has two names, \"\(other.name.prefix(40))\" and \"\(name.prefix(40))\"",
          remedy: "give each physical group its own tag")
      }
      names.append((dimension, tag, name))
    }
  }

  /// A physical tag, of which groups of reversed orientation have the negative.
  func tag(_ value: Int) throws(FormatError) -> Int32 {
    guard let tag = Int32(exactly: value), tag != Int32.min else {
      throw .malformed(
        file: cursor.file, problem: "the physical tag \(value) exceeds 32 bits", remedy: "use smaller tags")
    }
    return abs(tag)
  }

  private mutating func readEntities() throws(FormatError) {
    var counts: [Int] = []
    for _ in 0..<4 { counts.append(try cursor.size("a number of entities")) }
    for dimension in 0..<4 {
      try cursor.check(counts[dimension], of: "entities", size: 8)
      for _ in 0..<counts[dimension] {
        let entity = try cursor.int("an entity")
        for _ in 0..<(dimension == 0 ? 3 : 6) { _ = try cursor.double("a bound of an entity") }
        let groupCount = try cursor.size("a number of physical groups")
        try cursor.check(groupCount, of: "physical groups", size: 2)
        var groups: [Int32] = []
        for _ in 0..<groupCount { groups.append(try tag(cursor.int("a physical tag"))) }
        if dimension > 0 {
          let sides = try cursor.size("a number of bounding entities")
          try cursor.check(sides, of: "bounding entities", size: 2)
          for _ in 0..<sides { _ = try cursor.int("a bounding entity") }
        }
        guard entityGroups[dimension].updateValue(groups, forKey: entity) == nil else {
          throw cursor.damaged("the entity \(entity) of dimension \(dimension) is there twice")
        }
      }
    }
  }

  // MARK: - The mesh

  private func assembled() throws(FormatError) -> RepairedMesh {
    let places = try GmshNodeNumbers(nodeTags, file: cursor.file)
    var groupsOfDimension = [Set<Int32>](repeating: [], count: 4)
    for name in names { groupsOfDimension[name.dimension].insert(name.tag) }
    var kinds: [Int: (kind: ElementKind, order: [Int]?)] = [:]
    for element in elements {
      if kinds[element.type] == nil { kinds[element.type] = GmshElements.kind(element.type) }
      guard let kind = kinds[element.type]?.kind else { continue }
      groupsOfDimension[kind.shape.dimension].formUnion(element.groups)
    }
    var compounds = groupsOfDimension.map { CompoundTags(above: $0) }
    var assembler = MeshAssembler(file: cursor.file, points: coordinates)
    let repeated = major == 2 ? repeatedElements(kinds) : [:]
    var nodes: [Int32] = []
    for (number, element) in elements.enumerated() {
      guard let (kind, order) = kinds[element.type], repeated[number].map({ !$0.isEmpty }) ?? true else {
        continue
      }
      let size = kind.nodeCount
      nodes.removeAll(keepingCapacity: true)
      for n in 0..<size {
        let tag = elementNodes[element.firstNode + (order?[n] ?? n)]
        guard let place = places[tag] else {
          throw .damaged(
            cursor.file, "element \(number + 1) of its list names the node \(tag), which is not there")
        }
        nodes.append(place)
      }
      let groups = element.groups + (repeated[number] ?? [])
      assembler.add(
        kind, nodes, tag: compounds[kind.shape.dimension].tag(groups))
    }
    let dimension = assembler.dimension
    for (d, tag, name) in names {
      if d == dimension { assembler.regionNames[tag] = name }
      if d == dimension - 1 { assembler.boundaryNames[tag] = name }
    }
    assembler.compoundRegions = compounds[dimension].members
    if dimension > 0 { assembler.compoundBoundaries = compounds[dimension - 1].members }
    return try assembler.finished()
  }

  /// Version 2 lists an element of several groups once for each: the groups of all others, for the first of them, and
  /// nothing for the others.
  private func repeatedElements(_ kinds: [Int: (kind: ElementKind, order: [Int]?)]) -> [Int: [Int32]] {
    var keys: [(hash: UInt64, number: Int32)] = []
    keys.reserveCapacity(elements.count)
    for (number, element) in elements.enumerated() {
      guard let kind = kinds[element.type]?.kind else { continue }
      var hash = UInt64(element.type)
      // A sum does not depend on the order of the nodes.
      for n in 0..<kind.nodeCount {
        var x = UInt64(bitPattern: Int64(elementNodes[element.firstNode + n])) &+ 0x9e37_79b9_7f4a_7c15
        x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
        x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
        hash &+= x ^ (x >> 31)
      }
      keys.append((hash, Int32(number)))
    }
    keys.sort { ($0.hash, $0.number) < ($1.hash, $1.number) }
    func nodes(_ number: Int32) -> [Int] {
      let element = elements[Int(number)]
      let size = kinds[element.type]?.kind.nodeCount ?? 0
      return elementNodes[element.firstNode..<(element.firstNode + size)].sorted()
    }
    var result: [Int: [Int32]] = [:]
    var start = 0
    while start < keys.count {
      var end = start + 1
      while end < keys.count, keys[end].hash == keys[start].hash { end += 1 }
      if end > start + 1 {
        let first = Int(keys[start].number)
        let own = nodes(keys[start].number)
        for i in (start + 1)..<end where nodes(keys[i].number) == own {
          // Two entries of the same group are one cell twice, which the mesh's own check refuses.
          let groups = elements[Int(keys[i].number)].groups
          guard groups != elements[first].groups else { continue }
          result[first, default: []] += groups
          result[Int(keys[i].number)] = []
        }
      }
      start = end
    }
    return result
  }
}

/// The place of each node in the list of nodes, by its number in the file.
struct GmshNodeNumbers {
  private var dense: [Int32] = []
  private var lowest = 0
  private var sparse: [Int: Int32] = [:]

  init(_ tags: [Int], file: String) throws(FormatError) {
    guard tags.count < Int(Int32.max) else {
      throw .unsupported(file: file, problem: "it has \(tags.count) nodes", remedy: "use a coarser mesh")
    }
    let (least, greatest) = (tags.min() ?? 0, tags.max() ?? 0)
    let (width, overflow) = greatest.subtractingReportingOverflow(least)
    func twice(_ tag: Int) -> FormatError { .damaged(file, "the node \(tag) is there twice") }
    if !overflow, width < 4 * tags.count + 1000 {
      lowest = least
      dense = Array(repeating: -1, count: width + 1)
      for (i, tag) in tags.enumerated() {
        guard dense[tag - least] < 0 else { throw twice(tag) }
        dense[tag - least] = Int32(i)
      }
    } else {
      sparse.reserveCapacity(tags.count)
      for (i, tag) in tags.enumerated() {
        guard sparse.updateValue(Int32(i), forKey: tag) == nil else { throw twice(tag) }
      }
    }
  }

  subscript(tag: Int) -> Int32? {
    if dense.isEmpty { return sparse[tag] }
    guard tag >= lowest, tag - lowest < dense.count, dense[tag - lowest] >= 0 else { return nil }
    return dense[tag - lowest]
  }
}
