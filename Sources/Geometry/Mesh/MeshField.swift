/// A quantity that has values at points: what fields on grids and on meshes have in common.
public protocol EvaluableField: Sendable {
  /// The name under which the field is listed and exported.
  var name: String { get }
  /// Names of the components: one for a scalar.
  var componentNames: [String] { get }
  /// One array per component with the values at given points: `points[i]` holds the coordinates of point i. Outside the
  /// domain values are NaN.
  func values(at points: [[Double]]) throws -> [[Double]]
}

/// A quantity over a mesh that can be evaluated, measured and exported.
public protocol MeshField: EvaluableField {
  /// The mesh.
  var mesh: Mesh { get }
  /// One array per component with one value per point of the mesh, NaN at points that no cell has.
  var pointValues: [[Double]] { get throws }
  /// ∫ f dx for each component.
  var integrals: [Double] { get throws }
  /// √∫|f|² dx, all components together.
  var l2Norm: Double { get throws }
  /// √∫|∇f|² dx, all components together.
  var h1Seminorm: Double { get throws }
  /// The largest |value| of any component, at points of every cell.
  var maxNorm: Double { get throws }
}
