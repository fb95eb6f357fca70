/// An unstructured mesh in one to three dimensions: points, cells, and tags on cells (regions) and on facets
/// (boundaries).
///
/// A value; its arrays obey the rules that ``MeshError`` names, which every initialiser from outside checks.
public struct Mesh: Sendable, Equatable {
  /// Cells, or facets, of one shape and order.
  public struct Block: Sendable, Equatable {
    /// The shape of each element of the block.
    public var shape: CellShape
    /// The order of the geometry: 1 (corners alone), or 2 (corners and further nodes in VTK's order).
    public var order: Int
    /// The nodes of the elements, one after another: `shape.nodeCount(order:)` indices of points each.
    public var nodes: [Int32]
    /// The tag of each element, 0 where it has none.
    public var tags: [Int32]

    /// A block; without tags, every element has the tag 0.
    public init(shape: CellShape, order: Int = 1, nodes: [Int32], tags: [Int32]? = nil) {
      let size = shape.nodeCount(order: order)
      precondition(
        nodes.count % size == 0, "\(nodes.count) nodes are no whole number of elements of \(size) nodes")
      (self.shape, self.order, self.nodes) = (shape, order, nodes)
      self.tags = tags ?? Array(repeating: 0, count: nodes.count / size)
      precondition(
        self.tags.count == nodes.count / size, "\(self.tags.count) tags for \(nodes.count / size) elements")
    }

    /// Nodes per element.
    public var nodesPerElement: Int { shape.nodeCount(order: order) }
    /// The number of elements.
    public var count: Int { tags.count }
    /// The nodes of one element.
    public func nodes(of element: Int) -> ArraySlice<Int32> {
      nodes[element * nodesPerElement..<(element + 1) * nodesPerElement]
    }
  }

  /// The dimension of space, 1 to 3, which is that of the cells.
  public var dimension: Int
  /// Coordinates, `dimension` numbers per point.
  public var coordinates: [Double]
  /// The cells, by shape and order.
  public var cells: [Block]
  /// Tagged facets: those of the boundary, and of interfaces where the mesh has any.
  public var facets: [Block]
  /// Names of the tags of cells.
  public var regionNames: [Int32: String]
  /// Names of the tags of facets.
  public var boundaryNames: [Int32: String]
  /// Tags of cells that lie in several regions at once, and the tags of those regions.
  public var compoundRegions: [Int32: [Int32]]
  /// Tags of facets that lie in several boundaries at once, and the tags of those boundaries.
  public var compoundBoundaries: [Int32: [Int32]]

  /// A mesh from arrays that hold to the rules; see `validate()` for arrays from outside.
  public init(
    dimension: Int, coordinates: [Double], cells: [Block], facets: [Block] = [],
    regionNames: [Int32: String] = [:], boundaryNames: [Int32: String] = [:],
    compoundRegions: [Int32: [Int32]] = [:], compoundBoundaries: [Int32: [Int32]] = [:]
  ) {
    precondition((1...3).contains(dimension), "a mesh has 1 to 3 dimensions, not \(dimension)")
    precondition(
      coordinates.count % dimension == 0,
      "\(coordinates.count) coordinates of points in \(dimension) dimensions")
    (self.dimension, self.coordinates, self.cells, self.facets) = (dimension, coordinates, cells, facets)
    (self.regionNames, self.boundaryNames) = (regionNames, boundaryNames)
    (self.compoundRegions, self.compoundBoundaries) = (compoundRegions, compoundBoundaries)
  }

  /// The number of points.
  public var pointCount: Int { coordinates.count / dimension }
  /// The number of cells.
  public var cellCount: Int { cells.reduce(0) { $0 + $1.count } }
  /// The coordinates of one point.
  public func point(_ index: Int) -> ArraySlice<Double> {
    coordinates[index * dimension..<(index + 1) * dimension]
  }
}
