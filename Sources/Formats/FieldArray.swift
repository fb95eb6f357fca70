import Geometry

/// A named scalar or vector field sampled at the points of a grid.
public struct FieldArray: Hashable, Sendable {
  /// The name under which programs list the field.
  public var name: String
  /// One array per component, each of `pointCount` values in the order of ``RectilinearGrid`` (x slowest).
  public var components: [[Double]]

  /// A field of one or more components, all of the same number of values.
  public init(name: String, components: [[Double]]) {
    precondition(!components.isEmpty, "FieldArray \(name): no components")
    precondition(
      components.allSatisfy { $0.count == components[0].count },
      "FieldArray \(name): components of \(components.map(\.count)) values")
    self.name = name
    self.components = components
  }

  /// A scalar field.
  public init(name: String, values: [Double]) { self.init(name: name, components: [values]) }
}

/// Fields on a grid at one time: what one VTK file holds.
public struct GridDataset: Hashable, Sendable {
  /// The points.
  public var grid: RectilinearGrid
  /// The fields, each with `grid.pointCount` values per component.
  public var fields: [FieldArray]
  /// The time, where one is stated.
  public var time: Double?

  /// Fields on `grid`; a field with another number of values than the grid has points is a programmer error.
  public init(grid: RectilinearGrid, fields: [FieldArray], time: Double? = nil) {
    for field in fields {
      precondition(
        field.components[0].count == grid.pointCount,
        "GridDataset: field \(field.name) has \(field.components[0].count) values, the grid of shape \(grid.shape) has "
          + "\(grid.pointCount) points")
    }
    self.grid = grid
    self.fields = fields
    self.time = time
  }
}
