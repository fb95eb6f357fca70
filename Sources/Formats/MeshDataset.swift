import Geometry

/// Fields on an unstructured mesh at one time: what one file of a mesh holds.
public struct MeshDataset: Equatable, Sendable {
  /// The mesh.
  public var mesh: Mesh
  /// Fields with one value per point of the mesh and component.
  public var pointFields: [FieldArray]
  /// Fields with one value per cell and component, cells being counted through the blocks of `mesh.cells`.
  public var cellFields: [FieldArray]
  /// The time, where one is stated.
  public var time: Double?

  /// Fields on `mesh`; a field with another number of values than the mesh has points, or cells, is a programmer error.
  public init(
    mesh: Mesh, pointFields: [FieldArray] = [], cellFields: [FieldArray] = [], time: Double? = nil
  ) {
    for (fields, count, place) in [
      (pointFields, mesh.pointCount, "points"), (cellFields, mesh.cellCount, "cells"),
    ] {
      for field in fields {
        precondition(
          field.components[0].count == count,
          "MeshDataset: field \(field.name) has \(field.components[0].count) values, the mesh has \(count) \(place)"
        )
      }
    }
    (self.mesh, self.pointFields, self.cellFields, self.time) = (mesh, pointFields, cellFields, time)
  }

  /// The fields of a grid on the mesh of its cells: intervals, quadrilaterals or hexahedra, as many axes as have more
  /// than one point.
  ///
  /// Points keep the grid's order (x slowest), and nothing is tagged.
  ///
  /// - Precondition: fewer than 2³¹ points.
  public init(_ dataset: GridDataset) {
    let grid = dataset.grid
    precondition(grid.pointCount < Int(Int32.max), "\(grid.pointCount) points for 32-bit numbers")
    var coordinates: [Double] = []
    coordinates.reserveCapacity(grid.dimension * grid.pointCount)
    for point in 0..<grid.pointCount {
      var (rest, stride) = (point, grid.pointCount)
      for values in grid.coordinates {
        stride /= values.count
        coordinates.append(values[rest / stride])
        rest %= stride
      }
    }
    self.init(
      mesh: Mesh(dimension: grid.dimension, coordinates: coordinates, cells: [Self.cells(of: grid)]),
      pointFields: dataset.fields, time: dataset.time)
  }

  private static func cells(of grid: RectilinearGrid) -> Mesh.Block {
    let (nx, ny, nz) = VTKOrder.sides(grid.shape)
    let strides = zip([nx, ny, nz], [ny * nz, nz, 1]).filter { $0.0 > 1 }.map(\.1)
    let shape: CellShape = [.vertex, .interval, .quadrilateral, .hexahedron][strides.count]
    let corners = ReferenceCell(shape).nodes.map { corner in
      Int32(zip(corner, strides).reduce(0) { $0 + Int($1.0) * $1.1 })
    }
    var nodes: [Int32] = []
    nodes.reserveCapacity(grid.pointCount * corners.count)
    for i in 0..<max(nx - 1, 1) {
      for j in 0..<max(ny - 1, 1) {
        for k in 0..<max(nz - 1, 1) {
          let first = Int32((i * ny + j) * nz + k)
          for corner in corners { nodes.append(first + corner) }
        }
      }
    }
    return Mesh.Block(shape: shape, nodes: nodes)
  }

  /// The dataset on the mesh that ``Mesh/repaired()`` makes, with the values of the points that remain.
  ///
  /// - Throws: ``MeshError`` for a fault without a cure.
  public func repaired() throws(MeshError) -> MeshDataset {
    let repaired = try mesh.repaired()
    var result = self
    result.mesh = repaired.mesh
    if let kept = repaired.originalPoints {
      for i in result.pointFields.indices {
        result.pointFields[i].components = pointFields[i].components.map { values in
          kept.map { values[Int($0)] }
        }
      }
    }
    return result
  }
}
