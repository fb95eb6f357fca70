import Foundation
import Geometry

extension Gmsh {
  /// A version of the format.
  public enum Version: String, Sendable, CaseIterable {
    /// Nodes and elements in rows.
    case v2_2 = "2.2"
    /// Blocks by geometric entity, the current version.
    case v4_1 = "4.1"
  }

  /// How numbers are stored.
  public enum Encoding: String, Sendable, CaseIterable {
    /// Decimal text, exact.
    case ascii
    /// Little-endian bytes.
    case binary
  }

  /// The bytes of a Gmsh file of `mesh`: cells and tagged facets, each tag a physical group of its name, an element with
  /// a compound tag in each of its groups.
  public static func encode(_ mesh: Mesh, version: Version = .v4_1, encoding: Encoding = .ascii) -> [UInt8] {
    var writer = GmshWriter(mesh: mesh, isBinary: encoding == .binary)
    writer.write(version)
    return writer.bytes
  }

  /// Writes `mesh` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(
    _ mesh: Mesh, to url: URL, version: Version = .v4_1, encoding: Encoding = .ascii
  ) throws(FormatError) {
    try AtomicFile.write(encode(mesh, version: version, encoding: encoding), to: url)
  }
}

private struct GmshWriter {
  let mesh: Mesh
  let isBinary: Bool
  var bytes: [UInt8] = []
  private var atLineStart = true

  init(mesh: Mesh, isBinary: Bool) {
    self.mesh = mesh
    self.isBinary = isBinary
  }

  // MARK: - Numbers

  private mutating func text(_ text: String) { bytes += text.utf8 }

  private mutating func word<Word: FixedWidthInteger>(_ value: Word) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  private mutating func separate() {
    if !atLineStart { bytes.append(UInt8(ascii: " ")) }
    atLineStart = false
  }

  private mutating func int(_ value: Int) {
    if isBinary { return word(Int32(truncatingIfNeeded: value)) }
    separate()
    text(value.description)
  }

  private mutating func size(_ value: Int) {
    if isBinary { return word(Int64(value)) }
    separate()
    text(value.description)
  }

  private mutating func double(_ value: Double) {
    if isBinary { return word(value.bitPattern) }
    separate()
    text(value.description)
  }

  /// Ends a row of text.
  private mutating func endRow() {
    if !isBinary { bytes.append(10) }
    atLineStart = true
  }

  // MARK: - Sections

  mutating func write(_ version: Gmsh.Version) {
    text("$MeshFormat\n\(version.rawValue) \(isBinary ? 1 : 0) 8\n")
    if isBinary {
      word(Int32(1))
      text("\n")
    }
    text("$EndMeshFormat\n")
    names()
    switch version {
    case .v2_2: rows()
    case .v4_1: blocks()
    }
  }

  private mutating func names() {
    let groups =
      mesh.boundaryNames.sorted { $0.key < $1.key }.map { (mesh.dimension - 1, $0.key, $0.value) }
      + mesh.regionNames.sorted { $0.key < $1.key }.map { (mesh.dimension, $0.key, $0.value) }
    guard !groups.isEmpty else { return }
    text("$PhysicalNames\n\(groups.count)\n")
    for (dimension, tag, name) in groups {
      let word = name.map { $0 == "\"" ? "'" : $0.isNewline ? " " : $0 }
      text("\(dimension) \(tag) \"\(String(word))\"\n")
    }
    text("$EndPhysicalNames\n")
  }

  /// The groups that a tag stands for.
  private func groups(_ tag: Int32, _ compounds: [Int32: [Int32]]) -> [Int32] {
    compounds[tag] ?? (tag == 0 ? [] : [tag])
  }

  private func point(_ index: Int) -> [Double] {
    let own = mesh.point(index)
    return Array(own) + repeatElement(0, count: 3 - mesh.dimension)
  }

  private mutating func rows() {
    text("$Nodes\n\(mesh.pointCount)\n")
    for i in 0..<mesh.pointCount {
      int(i + 1)
      for x in point(i) { double(x) }
      endRow()
    }
    text("\(isBinary ? "\n" : "")$EndNodes\n$Elements\n")
    let parts = [(mesh.facets, mesh.compoundBoundaries), (mesh.cells, mesh.compoundRegions)]
    let total = parts.reduce(0) { sum, part in
      part.0.reduce(sum) { $0 + $1.tags.reduce(0) { $0 + max(1, groups($1, part.1).count) } }
    }
    text("\(total)\n")
    var number = 1
    for (blocks, compounds) in parts {
      for block in blocks {
        let (type, order) = GmshElements.type(block.shape, order: block.order)
        let inverse = Self.inverse(order, block.nodesPerElement)
        for element in 0..<block.count {
          let own = groups(block.tags[element], compounds)
          let nodes = Array(block.nodes(of: element))
          // An element of several groups is there once for each, as Gmsh itself writes it.
          for group in own.isEmpty ? [0] : own {
            if isBinary {
              for value in [type, 1, 2, number] { int(value) }
            } else {
              for value in [number, type, 2] { int(value) }
            }
            int(Int(group))
            int(Int(block.tags[element]))
            for place in inverse { int(Int(nodes[place]) + 1) }
            endRow()
            number += 1
          }
        }
      }
    }
    text("\(isBinary ? "\n" : "")$EndElements\n")
  }

  private mutating func blocks() {
    // An entity for each tag: its number is the place of the tag.
    let (facetTags, cellTags) = (
      Set(mesh.facets.flatMap(\.tags)).sorted(), Set(mesh.cells.flatMap(\.tags)).sorted()
    )
    let d = mesh.dimension
    text("$Entities\n")
    for dimension in 0..<4 {
      size(dimension == d ? cellTags.count : dimension == d - 1 ? facetTags.count : 0)
    }
    endRow()
    var lower = [Double](repeating: 0, count: 3)
    var upper = lower
    for axis in 0..<d {
      let values = stride(from: axis, to: mesh.coordinates.count, by: d).map { mesh.coordinates[$0] }
      (lower[axis], upper[axis]) = (values.min() ?? 0, values.max() ?? 0)
    }
    for (tags, dimension, compounds) in [
      (facetTags, d - 1, mesh.compoundBoundaries), (cellTags, d, mesh.compoundRegions),
    ] {
      for (i, tag) in tags.enumerated() {
        int(i + 1)
        for x in dimension == 0 ? lower : lower + upper { double(x) }
        let own = groups(tag, compounds)
        size(own.count)
        for group in own { int(Int(group)) }
        if dimension > 0 { size(0) }
        endRow()
      }
    }
    text("\(isBinary ? "\n" : "")$EndEntities\n$Nodes\n")
    for value in [1, mesh.pointCount, 1, mesh.pointCount] { size(value) }
    endRow()
    for value in [d, 1, 0] { int(value) }
    size(mesh.pointCount)
    endRow()
    for i in 0..<mesh.pointCount {
      size(i + 1)
      endRow()
    }
    for i in 0..<mesh.pointCount {
      for x in point(i) { double(x) }
      endRow()
    }
    text("\(isBinary ? "\n" : "")$EndNodes\n$Elements\n")
    elementBlocks(facetTags, cellTags)
    text("\(isBinary ? "\n" : "")$EndElements\n")
  }

  private mutating func elementBlocks(_ facetTags: [Int32], _ cellTags: [Int32]) {
    var parts: [(dimension: Int, entity: Int, block: Mesh.Block, elements: [Int])] = []
    for (blocks, tags, dimension) in [
      (mesh.facets, facetTags, mesh.dimension - 1), (mesh.cells, cellTags, mesh.dimension),
    ] {
      for block in blocks {
        let byTag = Dictionary(grouping: 0..<block.count) { block.tags[$0] }
        for (i, tag) in tags.enumerated() where byTag[tag] != nil {
          parts.append((dimension, i + 1, block, byTag[tag] ?? []))
        }
      }
    }
    let total = parts.reduce(0) { $0 + $1.elements.count }
    for value in [parts.count, total, 1, total] { size(value) }
    endRow()
    var number = 1
    for part in parts {
      let (type, order) = GmshElements.type(part.block.shape, order: part.block.order)
      let inverse = Self.inverse(order, part.block.nodesPerElement)
      for value in [part.dimension, part.entity, type] { int(value) }
      size(part.elements.count)
      endRow()
      for element in part.elements {
        size(number)
        let nodes = Array(part.block.nodes(of: element))
        for place in inverse { size(Int(nodes[place]) + 1) }
        endRow()
        number += 1
      }
    }
  }

  /// For each node in Gmsh's order its place in VTK's.
  private static func inverse(_ order: [Int]?, _ count: Int) -> [Int] {
    guard let order else { return Array(0..<count) }
    var result = [Int](repeating: 0, count: count)
    for (vtk, gmsh) in order.enumerated() { result[gmsh] = vtk }
    return result
  }
}
