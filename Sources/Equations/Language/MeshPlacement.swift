import Geometry

/// A mesh to pose a problem on, and which of its boundaries the problem's conditions mean.
public struct MeshPlacement: Sendable {
  /// The mesh; nil for the problem's own domain.
  public var mesh: Mesh?
  /// Boundaries of the mesh by the names in the problem's conditions: `["left": ["inlet"]]`. The empty name stands for
  /// conditions on the whole boundary; where it is given, they hold on those boundaries only.
  public var boundaries: [String: [String]]

  /// A mesh with the boundaries that conditions mean, where these have other names.
  public init(mesh: Mesh? = nil, boundaries: [String: [String]] = [:]) {
    (self.mesh, self.boundaries) = (mesh, boundaries)
  }
}

extension PDESystem {
  /// Lowers a problem posed on a mesh of its own or of another's.
  ///
  /// - Throws: ``EquationError``.
  public init(_ problem: some Problem, parameters: ParameterValues = [:], on placement: MeshPlacement) throws
  {
    try self.init(problem, parameters: parameters, mesh: placement.mesh, boundaries: placement.boundaries)
  }
}
