import Tensors

/// A mesh as a place to draw points from: its cells, and those parts of its boundary that have a name, or none.
public final class MeshExtent: Sendable {
  /// The mesh.
  public let mesh: Mesh
  /// What draws points.
  public let sampler: MeshPointSampler
  /// What finds the cell of a point.
  public let locator: MeshLocator
  /// The names of boundaries of which a facet lies on the boundary of the mesh, sorted.
  public let boundaryNames: [String]
  /// Whether facets of the boundary have no name.
  public let hasUnnamedBoundary: Bool
  /// Length, area or volume.
  public let volume: Double

  /// - Throws: ``MeshError`` where the mesh has no topology.
  public init(_ mesh: Mesh) throws(MeshError) {
    self.mesh = mesh
    sampler = try MeshPointSampler(mesh)
    locator = try MeshLocator(mesh)
    let topology = try MeshTopology(mesh)
    let tags = Set(topology.boundaryFacets.map { topology.facetTags[Int($0)] })
    var names: [String] = []
    for name in Set(mesh.boundaryNames.values).sorted()
    where !(try mesh.boundaryTags(named: name).isDisjoint(with: tags)) { names.append(name) }
    boundaryNames = names
    hasUnnamedBoundary = tags.contains { !mesh.hasName(boundaryTag: $0) }
    volume = mesh.volumes.reduce(0, +)
  }
}

extension Mesh {
  /// Whether a tag of facets, or one of those that it stands for, has a name.
  func hasName(boundaryTag tag: Int32) -> Bool {
    tag != 0
      && (boundaryNames[tag] != nil || (compoundBoundaries[tag] ?? []).contains { boundaryNames[$0] != nil })
  }
}
