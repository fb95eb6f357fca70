/// Why arrays are no mesh that can be computed on, or why a part of a mesh is not there.
///
/// Cells are counted through all blocks, points and cells from 0.
public enum MeshError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is nothing to compute on.
  case noCells
  /// More points or elements than 32-bit numbers can count.
  case tooLarge(count: Int)
  /// A coordinate of a point is infinite or no number.
  case notFinite(point: Int)
  /// An element names a point that does not exist; `isFacet` tells tagged facets from cells.
  case indexOutOfRange(element: Int, isFacet: Bool, node: Int, pointCount: Int)
  /// A block of cells or facets has another dimension than the mesh.
  case mixedDimensions(shape: CellShape, isFacet: Bool, dimension: Int)
  /// Some cells are of first order in geometry, others of second.
  case mixedOrders
  /// The points leave the line or plane of the cells.
  case notFlat(shape: CellShape, point: Int)
  /// A cell has one node twice.
  case repeatedNode(cell: Int, node: Int)
  /// The length, area or volume of a cell vanishes.
  case degenerateCell(cell: Int, shape: CellShape)
  /// The nodes of a cell are numbered in the wrong sense.
  case invertedCell(cell: Int, shape: CellShape)
  /// The Jacobian of a cell changes its sign.
  case foldedCell(cell: Int, shape: CellShape)
  /// Points that belong to no cell, of which `point` is the first.
  case orphanPoints(point: Int, count: Int)
  /// More than two cells share a facet.
  case branchingFacet(vertices: [Int32], cells: [Int])
  /// Two cells lie on the same side of the facet that they share.
  case overlappingCells(first: Int, second: Int)
  /// Two cells share only a part of a facet.
  case incompatibleCells(first: Int, second: Int)
  /// A tagged facet is no facet of a cell.
  case strayFacet(facet: Int, vertices: [Int32])
  /// One facet is listed with two tags.
  case repeatedFacet(facet: Int, tags: [Int32])
  /// A boundary is asked for that the mesh does not name.
  case unknownBoundary(name: String, known: [String])
  /// A region is asked for that the mesh does not name.
  case unknownRegion(name: String, known: [String])
  /// Cells that cannot be bisected.
  case notSimplicial(shape: CellShape)
  /// A selection holds no facets.
  case emptySelection(String)

  /// What is wrong.
  public var problem: String {
    switch self {
    case .noCells: "the mesh has no cells"
    case .tooLarge(let count): "\(count) points or elements are more than 32-bit numbers can count"
    case .notFinite(let point): "a coordinate of point \(point) is not finite"
    case .indexOutOfRange(let element, let isFacet, let node, let pointCount):
      "\(isFacet ? "tagged facet" : "cell") \(element) names the point \(node), but there are \(pointCount) points"
    case .mixedDimensions(let shape, let isFacet, let dimension):
      "a block of \(isFacet ? "facets" : "cells") is of shape \(shape), in a mesh of dimension \(dimension)"
    case .mixedOrders: "cells of first and of second order are mixed"
    case .notFlat(let shape, let point):
      "the cells are of shape \(shape), but point \(point) leaves the \(shape.dimension == 1 ? "x-axis" : "plane z = constant")"
    case .repeatedNode(let cell, let node): "cell \(cell) has the point \(node) twice"
    case .degenerateCell(let cell, let shape): "cell \(cell) (\(shape)) has no volume"
    case .invertedCell(let cell, let shape): "cell \(cell) (\(shape)) is inverted"
    case .foldedCell(let cell, let shape): "cell \(cell) (\(shape)) is folded: its Jacobian changes sign"
    case .orphanPoints(let point, let count):
      "\(count) points belong to no cell, the first being point \(point)"
    case .branchingFacet(let vertices, let cells):
      "the facet of points \(Self.list(vertices)) belongs to \(cells.count) cells (\(Self.list(cells)))"
    case .overlappingCells(let first, let second):
      "cells \(first) and \(second) lie on the same side of the facet that they share"
    case .incompatibleCells(let first, let second):
      "cells \(first) and \(second) share a part of a facet only"
    case .strayFacet(let facet, let vertices):
      "tagged facet \(facet), of points \(Self.list(vertices)), is a facet of no cell"
    case .repeatedFacet(let facet, let tags): "tagged facet \(facet) has the tags \(Self.list(tags))"
    case .unknownBoundary(let name, let known):
      "the mesh has no boundary \"\(name)\" (it has \(Self.names(known)))"
    case .unknownRegion(let name, let known):
      "the mesh has no region \"\(name)\" (it has \(Self.names(known)))"
    case .notSimplicial(let shape): "cells of shape \(shape) cannot be bisected"
    case .emptySelection(let text): "\(text) selects no facet of the mesh"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .noCells: "give at least one cell; a file made by Gmsh needs its cells in a physical group"
    case .tooLarge: "use a coarser mesh"
    case .notFinite: "correct the coordinates"
    case .indexOutOfRange: "correct the numbers of nodes, which count from 0 in arrays"
    case .mixedDimensions:
      "give cells of one dimension, and as facets only elements of one dimension less"
    case .mixedOrders: "make all cells of one order"
    case .notFlat: "rotate the mesh into the plane; curved surfaces and curves are not computed on"
    case .repeatedNode, .degenerateCell: "remove the cell or move its points apart"
    case .invertedCell: "number its nodes counter-clockwise, or let repaired() do so"
    case .foldedCell: "move its points until it is convex, or divide it"
    case .orphanPoints: "remove the points, or let repaired() do so"
    case .branchingFacet, .overlappingCells: "remove cells that are there twice or overlap"
    case .incompatibleCells: "make the mesh conforming"
    case .strayFacet: "remove the facet, or let repaired() do so"
    case .repeatedFacet: "keep one tag per facet, and name combinations in compoundBoundaries"
    case .unknownBoundary: "use one of its names, or tag facets with taggingBoundary"
    case .unknownRegion: "use one of its names, or tag cells with taggingRegions"
    case .notSimplicial: "refine uniformly, or use a mesh of intervals, triangles or tetrahedra"
    case .emptySelection: "select facets that the mesh has"
    }
  }

  /// One sentence naming the cause and the remedy.
  public var description: String { "\(problem); \(remedy)" }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    values.prefix(8).map(\.description).joined(separator: " ") + (values.count > 8 ? " …" : "")
  }

  private static func names(_ values: [String]) -> String {
    values.isEmpty ? "no named ones" : values.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
  }
}
