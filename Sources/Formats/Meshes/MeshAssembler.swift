import Geometry

/// Turns the elements of a file, of any kinds in any order, into a mesh that passes `Mesh.validate()`.
///
/// The elements of the highest dimension are cells, those of one less that have a tag are facets, others are left out.
struct MeshAssembler {
  let file: String
  /// Three coordinates per point.
  var points: [Double]
  var regionNames: [Int32: String] = [:]
  var boundaryNames: [Int32: String] = [:]
  var compoundRegions: [Int32: [Int32]] = [:]
  var compoundBoundaries: [Int32: [Int32]] = [:]

  private struct Group {
    let kind: ElementKind
    var nodes: [Int32] = []
    var tags: [Int32] = []
  }
  private var groups: [Group] = []
  private var current = -1

  init(file: String, points: [Double]) {
    self.file = file
    self.points = points
  }

  /// Adds an element, whose nodes are in VTK's order and count from 0.
  mutating func add(_ kind: ElementKind, _ nodes: some Sequence<Int32>, tag: Int32) {
    if current < 0 || groups[current].kind != kind {
      current = groups.firstIndex { $0.kind == kind } ?? groups.count
      if current == groups.count { groups.append(Group(kind: kind)) }
    }
    groups[current].nodes.append(contentsOf: nodes)
    groups[current].tags.append(tag)
  }

  /// The highest dimension of the elements added so far.
  var dimension: Int { groups.map(\.kind.shape.dimension).max() ?? 0 }

  /// The mesh.
  ///
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` where a `MeshError` says why it is none.
  func finished() throws(FormatError) -> RepairedMesh {
    let dimension = dimension
    guard dimension > 0 else { throw refusal(.noCells) }
    var completion = SerendipityCompletion(pointCount: points.count / 3)
    var (cells, facets): ([Mesh.Block], [Mesh.Block]) = ([], [])
    for group in groups where group.kind.shape.dimension >= dimension - 1 {
      let isFacet = group.kind.shape.dimension < dimension
      var block = Mesh.Block(
        shape: group.kind.shape, order: group.kind.order,
        nodes: try completed(group.nodes, group.kind, isFacet, &completion), tags: group.tags)
      guard isFacet else {
        cells.append(block)
        continue
      }
      if block.tags.contains(0) {
        let kept = block.tags.indices.filter { block.tags[$0] != 0 }
        block = Mesh.Block(
          shape: block.shape, order: block.order, nodes: kept.flatMap { block.nodes(of: $0) },
          tags: kept.map { block.tags[$0] })
      }
      if block.count > 0 { facets.append(block) }
    }
    let mesh = Mesh(
      dimension: 3, coordinates: completion.extended(points, width: 3), cells: cells,
      facets: facets,
      regionNames: regionNames, boundaryNames: boundaryNames, compoundRegions: compoundRegions,
      compoundBoundaries: compoundBoundaries)
    do throws(MeshError) {
      return try mesh.repaired()
    } catch {
      throw refusal(error)
    }
  }

  private func completed(
    _ nodes: [Int32], _ kind: ElementKind, _ isFacet: Bool,
    _ completion: inout SerendipityCompletion
  ) throws(FormatError) -> [Int32] {
    guard kind.isSerendipity else { return nodes }
    let (size, count) = (kind.nodeCount, points.count / 3)
    if let bad = nodes.firstIndex(where: { $0 < 0 || Int($0) >= count }) {
      throw refusal(
        .indexOutOfRange(
          element: bad / size, isFacet: isFacet, node: Int(nodes[bad]), pointCount: count))
    }
    var result: [Int32] = []
    for first in stride(from: 0, to: nodes.count, by: size) {
      result += completion.completed(kind, nodes[first..<(first + size)])
    }
    return result
  }

  private func refusal(_ error: MeshError) -> FormatError {
    .malformed(file: file, problem: error.problem, remedy: error.remedy)
  }
}
