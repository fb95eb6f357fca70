import Formats
import Foundation
import Geometry

/// A mesh that ships with the package, from the folder `Meshes`.
public enum ShippedMesh: String, Sendable, CaseIterable {
  /// The unit square: triangles.
  case square
  /// The unit disc: triangles of second order, curved at the boundary.
  case disc
  /// (−1, 1)² without [0, 1) × (−1, 0]: triangles, fine at the corner.
  case lShape = "l-shape"
  /// Radii 0.5 and 1: quadrilaterals.
  case annulus
  /// The unit cube: tetrahedra.
  case cube
  /// The unit ball: tetrahedra of second order, curved at the boundary.
  case ball
  /// The channel around a cylinder of Schäfer and Turek (1996): triangles.
  case cylinderChannel = "cylinder-channel"
  /// A channel behind a step of half its height: triangles.
  case backwardFacingStep = "backward-facing-step"
  /// The NACA 0012 section in a circle of ten times its chord: triangles.
  case airfoil

  /// Where the file is: among the resources beside the program, or in the package's build folder.
  public var url: URL { Bundle.module.bundleURL.appendingPathComponent("\(rawValue).msh") }
}

extension Mesh {
  /// The mesh of a name that ships with the package.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)`` where the resources are not beside the program.
  public static func named(_ mesh: ShippedMesh) throws(FormatError) -> Mesh { try Gmsh.read(mesh.url) }
}
