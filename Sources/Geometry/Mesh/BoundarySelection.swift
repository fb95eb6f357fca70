/// A part of the facets of a mesh, by name, by tag or by place.
public enum BoundarySelection: Sendable {
  /// Every facet of the boundary.
  case all
  /// The facets, of the boundary or inside, whose tag has one of these names.
  case named([String])
  /// The facets, of the boundary or inside, with one of these tags.
  case tags(Set<Int32>)
  /// The facets of the boundary whose tag has no name.
  case unnamed
  /// The facets of the boundary all of whose vertices satisfy a condition on their coordinates.
  case vertices(@Sendable (ArraySlice<Double>) -> Bool)

  /// The facets with this name.
  public static func named(_ name: String) -> BoundarySelection { .named([name]) }
}

extension Mesh {
  /// The tags that a name of regions stands for: those of that name, and compounds that hold one of them.
  ///
  /// - Throws: ``MeshError/unknownRegion(name:known:)``.
  public func regionTags(named name: String) throws(MeshError) -> Set<Int32> {
    guard let tags = Self.tags(named: name, regionNames, compoundRegions) else {
      throw .unknownRegion(name: name, known: regionNames.values.sorted())
    }
    return tags
  }

  /// The tags that a name of boundaries stands for: those of that name, and compounds that hold one of them.
  ///
  /// - Throws: ``MeshError/unknownBoundary(name:known:)``.
  public func boundaryTags(named name: String) throws(MeshError) -> Set<Int32> {
    guard let tags = Self.tags(named: name, boundaryNames, compoundBoundaries) else {
      throw .unknownBoundary(name: name, known: boundaryNames.values.sorted())
    }
    return tags
  }

  private static func tags(
    named name: String, _ names: [Int32: String], _ compounds: [Int32: [Int32]]
  ) -> Set<Int32>? {
    let direct = Set(names.keys.filter { names[$0] == name })
    guard !direct.isEmpty else { return nil }
    return direct.union(compounds.keys.filter { !direct.isDisjoint(with: compounds[$0] ?? []) })
  }

  /// The numbers of the selected facets in `topology`, which is this mesh's, in ascending order.
  ///
  /// - Throws: ``MeshError/unknownBoundary(name:known:)``, and ``MeshError/emptySelection(_:)`` where tags or a condition
  ///   select nothing.
  public func facets(_ selection: BoundarySelection, of topology: MeshTopology) throws(MeshError) -> [Int32] {
    switch selection {
    case .all: return topology.boundaryFacets
    case .named(let names):
      var tags: Set<Int32> = []
      for name in names { tags.formUnion(try boundaryTags(named: name)) }
      return topology.facets(tagged: tags)
    case .tags(let tags):
      let wanted = tags.union(
        compoundBoundaries.keys.filter { !tags.isDisjoint(with: compoundBoundaries[$0] ?? []) })
      let result = topology.facets(tagged: wanted)
      guard !result.isEmpty else {
        throw .emptySelection("the tag \(tags.sorted().map(\.description).joined(separator: ", "))")
      }
      return result
    case .unnamed:
      let result = topology.boundaryFacets.filter { !hasName(boundaryTag: topology.facetTags[Int($0)]) }
      guard !result.isEmpty else { throw .emptySelection("a boundary without a name") }
      return result
    case .vertices(let condition):
      let result = topology.boundaryFacets.filter { facet in
        topology.vertices(ofFacet: Int(facet)).allSatisfy { condition(point(Int($0))) }
      }
      guard !result.isEmpty else { throw .emptySelection("the condition") }
      return result
    }
  }

  /// The mesh with a name, and a tag of its own, on the boundary facets all of whose vertices satisfy a condition; their
  /// former tags are lost.
  ///
  /// - Throws: ``MeshError`` where the mesh has no topology or no facet satisfies the condition.
  public func taggingBoundary(
    _ name: String, where condition: @Sendable @escaping (ArraySlice<Double>) -> Bool
  ) throws(MeshError) -> Mesh {
    let topology = try MeshTopology(self)
    let selected = try facets(.vertices(condition), of: topology)
    let known = boundaryNames.keys.filter { boundaryNames[$0] == name }.min()
    let tag =
      known
      ?? ((facets.flatMap(\.tags) + boundaryNames.keys + compoundBoundaries.keys).max().map { max($0, 0) }
        ?? 0)
      + 1
    var result = self
    result.boundaryNames[tag] = name
    let isSelected = Set(selected)
    for i in facets.indices {
      for element in 0..<facets[i].count {
        let vertices = facets[i].nodes(of: element).prefix(facets[i].shape.vertexCount)
        if let facet = topology.facet(of: vertices), isSelected.contains(Int32(facet)) {
          result.facets[i].tags[element] = tag
        }
      }
    }
    result.facets += tagged(selected.filter { topology.facetTags[Int($0)] == 0 }, of: topology, tag: tag)
    // Facets that were listed without a tag are now there twice.
    return try result.removingRepeatedFacets()
  }

  /// The mesh with a name, and a tag of its own, on the cells whose centre satisfies a condition; their former tags are
  /// lost.
  public func taggingRegion(_ name: String, where condition: ([Double]) -> Bool) -> Mesh {
    var result = self
    let known = regionNames.keys.filter { regionNames[$0] == name }.min()
    let tag =
      known
      ?? ((cells.flatMap(\.tags) + regionNames.keys + compoundRegions.keys).max().map { max($0, 0) } ?? 0) + 1
    result.regionNames[tag] = name
    for i in cells.indices {
      let corners = cells[i].shape.vertexCount
      for element in 0..<cells[i].count {
        let nodes = cells[i].nodes(of: element).prefix(corners)
        let centre = (0..<dimension).map { axis in
          nodes.reduce(0) { $0 + coordinates[dimension * Int($1) + axis] } / Double(corners)
        }
        if condition(centre) { result.cells[i].tags[element] = tag }
      }
    }
    return result
  }

  /// Blocks of the given facets, by shape, in first order or, on cells of second order, with their further nodes.
  func tagged(_ numbers: [Int32], of topology: MeshTopology, tag: Int32) -> [Block] {
    let order = cells.first?.order ?? 1
    var nodes: [CellShape: [Int32]] = [:]
    for facet in numbers {
      let (block, element) = topology.place(ofCell: Int(topology.facetCells[2 * Int(facet)]))
      let shape = cells[block].shape
      let local = shape.facetNodes(Int(topology.facetSides[2 * Int(facet)]), order: order)
      let all = cells[block].nodes(of: element)
      nodes[shape.facetShape, default: []] += local.map { all[all.startIndex + $0] }
    }
    return CellShape.allCases.compactMap { shape in
      nodes[shape].map { nodes in
        Block(
          shape: shape, order: order, nodes: nodes,
          tags: Array(repeating: tag, count: nodes.count / shape.nodeCount(order: order)))
      }
    }
  }

  private func removingRepeatedFacets() throws(MeshError) -> Mesh {
    let topology = try MeshTopology(self)
    var result = self
    var isListed = [Bool](repeating: false, count: topology.facetCount)
    for i in facets.indices.reversed() {
      let block = facets[i]
      let kept = (0..<block.count).filter { element in
        guard let facet = topology.facet(of: block.nodes(of: element).prefix(block.shape.vertexCount)) else {
          return true
        }
        defer { isListed[facet] = true }
        return !isListed[facet]
      }
      guard kept.count < block.count else { continue }
      result.facets[i] = Block(
        shape: block.shape, order: block.order, nodes: kept.flatMap { block.nodes(of: $0) },
        tags: kept.map { block.tags[$0] })
    }
    result.facets.removeAll { $0.count == 0 }
    return result
  }
}

extension MeshTopology {
  /// The facets with one of these tags, in ascending order.
  public func facets(tagged tags: Set<Int32>) -> [Int32] {
    facetTags.indices.filter { facetTags[$0] != 0 && tags.contains(facetTags[$0]) }.map { Int32($0) }
  }

  /// The vertices of a facet, such that its normal points out of its first cell.
  public func vertices(ofFacet facet: Int) -> ArraySlice<Int32> {
    let all = facetVertices[(verticesPerFacet * facet)..<(verticesPerFacet * facet + verticesPerFacet)]
    return all.last == -1 ? all.dropLast() : all
  }
}

extension CellShape {
  /// The local numbers of the nodes of a side, in the order of a cell of the side's shape.
  public func facetNodes(_ side: Int, order: Int) -> [Int] {
    let corners = facets[side]
    guard order == 2, facetShape != .vertex else { return corners }
    let sets = innerNodes.map { Set($0) }
    return corners
      + facetShape.innerNodes.map { ends in
        vertexCount + (sets.firstIndex(of: Set(ends.map { corners[$0] })) ?? 0)
      }
  }
}
