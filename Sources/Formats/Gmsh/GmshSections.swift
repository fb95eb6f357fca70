import Geometry

// The sections of nodes and elements in versions 2.2 and 4.1.
extension GmshReader {
  /// Version 2.2: number and coordinates in one row.
  mutating func readNodes() throws(FormatError) {
    let count = try cursor.integer("the number of nodes")
    try cursor.check(count, of: "nodes", size: cursor.isBinary ? 28 : 8)
    if cursor.isBinary { _ = cursor.line() }
    nodeTags.reserveCapacity(count)
    coordinates.reserveCapacity(3 * count)
    for _ in 0..<count {
      nodeTags.append(try cursor.int("the number of a node"))
      for _ in 0..<3 { coordinates.append(try cursor.double("a coordinate")) }
    }
  }

  /// Version 4.1: blocks of numbers, then of coordinates.
  mutating func readNodeBlocks() throws(FormatError) {
    let blocks = try cursor.size("the number of blocks of nodes")
    let total = try cursor.size("the number of nodes")
    for _ in 0..<2 { _ = try cursor.size("a bound of node numbers") }
    try cursor.check(total, of: "nodes", size: cursor.isBinary ? 32 : 8)
    try cursor.check(blocks, of: "blocks of nodes", size: cursor.isBinary ? 20 : 8)
    nodeTags.reserveCapacity(total)
    coordinates.reserveCapacity(3 * total)
    for _ in 0..<blocks {
      let dimension = try cursor.int("the dimension of an entity")
      _ = try cursor.int("an entity")
      let parameters = try cursor.int("whether nodes have parameters") == 0 ? 0 : max(0, min(dimension, 3))
      let count = try cursor.size("a number of nodes")
      try cursor.check(count, of: "nodes", size: cursor.isBinary ? 32 : 8)
      for _ in 0..<count { nodeTags.append(try cursor.size("the number of a node")) }
      for _ in 0..<count {
        for _ in 0..<3 { coordinates.append(try cursor.double("a coordinate")) }
        for _ in 0..<parameters { _ = try cursor.double("a parameter of a node") }
      }
    }
    guard nodeTags.count == total else {
      throw cursor.damaged("its blocks hold \(nodeTags.count) nodes, but it states \(total)")
    }
  }

  /// The number of nodes of a type of elements.
  private func nodeCount(_ type: Int) throws(FormatError) -> Int {
    guard let kind = GmshElements.kind(type)?.kind else {
      throw .unsupported(
        file: cursor.file, problem: "it holds \(GmshElements.name(type)) (type \(type))",
        remedy: "mesh with lines, triangles, quadrilaterals, tetrahedra or hexahedra of order 1 or 2")
    }
    return kind.nodeCount
  }

  /// Version 2.2: rows in text; in binary, runs of elements of one type.
  mutating func readElements() throws(FormatError) {
    let total = try cursor.integer("the number of elements")
    try cursor.check(total, of: "elements", size: 8)
    if cursor.isBinary { _ = cursor.line() }
    elements.reserveCapacity(total)
    var groupLists: [Int32: [Int32]] = [:]
    while elements.count < total {
      var (type, count, tags) = (0, 1, 0)
      if cursor.isBinary {
        type = try cursor.int("a type of elements")
        count = try cursor.int("a number of elements")
        tags = try cursor.int("a number of tags")
        guard (1...(total - elements.count)).contains(count) else {
          throw cursor.damaged("a run of \(count) elements, where \(total - elements.count) are left")
        }
      }
      for _ in 0..<count {
        _ = try cursor.int("the number of an element")
        if !cursor.isBinary {
          type = try cursor.int("a type of elements")
          tags = try cursor.int("a number of tags")
        }
        let size = try nodeCount(type)
        try cursor.check(tags, of: "tags", size: cursor.isBinary ? 4 : 2)
        var physical: Int32 = 0
        for i in 0..<tags {
          let value = try cursor.int("a tag")
          if i == 0 { physical = try tag(value) }
        }
        // Lists are shared between elements, so that a list per element costs no memory.
        if groupLists[physical] == nil { groupLists[physical] = physical == 0 ? [] : [physical] }
        elements.append(
          GmshElement(type: type, firstNode: elementNodes.count, groups: groupLists[physical] ?? []))
        for _ in 0..<size { elementNodes.append(try cursor.int("a node of an element")) }
      }
    }
  }

  /// Version 4.1: blocks of elements of one entity and type.
  mutating func readElementBlocks() throws(FormatError) {
    let blocks = try cursor.size("the number of blocks of elements")
    let total = try cursor.size("the number of elements")
    for _ in 0..<2 { _ = try cursor.size("a bound of element numbers") }
    try cursor.check(total, of: "elements", size: cursor.isBinary ? 16 : 4)
    try cursor.check(blocks, of: "blocks of elements", size: cursor.isBinary ? 20 : 8)
    elements.reserveCapacity(total)
    for _ in 0..<blocks {
      let dimension = try cursor.int("the dimension of an entity")
      let entity = try cursor.int("an entity")
      let type = try cursor.int("a type of elements")
      let count = try cursor.size("a number of elements")
      let size = try nodeCount(type)
      guard (0...3).contains(dimension) else {
        throw cursor.damaged("an entity has the dimension \(dimension)")
      }
      let (bytes, overflow) = (size + 1).multipliedReportingOverflow(by: cursor.isBinary ? 8 : 2)
      try cursor.check(count, of: "elements", size: overflow ? Int.max : bytes)
      let groups = entityGroups[dimension][entity] ?? []
      for _ in 0..<count {
        _ = try cursor.size("the number of an element")
        elements.append(GmshElement(type: type, firstNode: elementNodes.count, groups: groups))
        for _ in 0..<size { elementNodes.append(try cursor.size("a node of an element")) }
      }
    }
    guard elements.count == total else {
      throw cursor.damaged("its blocks hold \(elements.count) elements, but it states \(total)")
    }
  }
}
