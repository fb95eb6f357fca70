import Ansatz
import Foundation

/// The gallery's meshes as Gmsh files, for other programs to read.
package enum GmshGallery {
  /// Writes the meshes into `folder` in every flavour.
  package static func write(to folder: URL, _ manifest: inout CSVTable) throws {
    for (name, mesh) in MeshGallery.meshes {
      for version in Gmsh.Version.allCases {
        for encoding in Gmsh.Encoding.allCases {
          let file = "mesh-\(name)-\(version.rawValue)-\(encoding.rawValue).msh"
          try Gmsh.write(
            mesh, to: folder.appendingPathComponent(file), version: version, encoding: encoding)
          manifest.append([file, "msh", name, "double"])
        }
      }
    }
  }
}
