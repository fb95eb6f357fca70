import Ansatz
import Foundation

/// Small meshes of every shape and order, with tags, names and fields that another program can repeat.
package enum MeshGallery {
  /// The gallery's meshes by name, all of the unit interval, square or cube.
  package static let meshes: [(name: String, mesh: Mesh)] = {
    let square = RectilinearGrid(coordinates: [[0, 0.25, 0.625, 1], [0, 0.5, 1]])
    let shapes: [(String, Mesh)] = [
      ("intervals", .interval(cells: 5)),
      ("triangles", Mesh(grid: square)), ("quadrilaterals", Mesh(grid: square, simplices: false)),
      ("mixed", mixed(square)),
      ("tetrahedra", .box(cells: [2, 1, 3])), ("hexahedra", .box(cells: [2, 1, 3], simplices: false)),
    ]
    return shapes.flatMap { name, mesh in
      let tagged = tagged(mesh)
      guard let curved = try? tagged.elevated() else { preconditionFailure("\(name) has no second order") }
      return [(name, tagged), ("\(name)-2", curved)]
    }
  }()

  /// A mesh of many points, so that arrays take several compressed blocks.
  package static let large = Mesh.rectangle(cells: [120, 90])

  /// Triangles where x < ½, else quadrilaterals.
  private static func mixed(_ grid: RectilinearGrid) -> Mesh {
    var mesh = Mesh(grid: grid, simplices: false)
    let quadrilaterals = mesh.cells[0]
    var (three, four): ([Int32], [Int32]) = ([], [])
    for cell in 0..<quadrilaterals.count {
      let nodes = Array(quadrilaterals.nodes(of: cell))
      if cell % 2 == 0 {
        four += nodes
      } else {
        three += [nodes[0], nodes[1], nodes[2], nodes[0], nodes[2], nodes[3]]
      }
    }
    mesh.cells = [
      Mesh.Block(shape: .quadrilateral, nodes: four), Mesh.Block(shape: .triangle, nodes: three),
    ]
    return mesh
  }

  /// Three regions in turn, of which one lies in the two others, and awkward names.
  private static func tagged(_ mesh: Mesh) -> Mesh {
    var result = mesh
    for b in result.cells.indices {
      result.cells[b].tags = result.cells[b].tags.indices.map { Int32([7, 2, 40][$0 % 3]) }
    }
    result.regionNames = [7: "air", 2: FormatGallery.awkwardName, 40: "Zwischenwände €"]
    result.compoundRegions = [40: [2, 7]]
    result.compoundBoundaries = [3: [1, 2]]
    // One name for a region and a boundary, and for two boundaries.
    result.boundaryNames[1] = "air"
    result.boundaryNames[2] = "outlet"
    result.boundaryNames[3] = "outlet"
    return result
  }

  /// The fields on a mesh: with s = 3 i − 7 at point or cell i, the scalar s / 3 and a vector (s / 7, s / 9, s / 11), cut
  /// to the mesh's dimension, at points, and the awkwardly named scalar s / 13 and the vector again on cells.
  package static func dataset(_ mesh: Mesh) -> MeshDataset {
    func sums(_ count: Int) -> [Double] { (0..<count).map { Double(3 * $0 - 7) } }
    func vector(_ count: Int) -> [[Double]] {
      [7.0, 9, 11].prefix(mesh.dimension).map { divisor in sums(count).map { $0 / divisor } }
    }
    return MeshDataset(
      mesh: mesh,
      pointFields: [
        FieldArray(name: "pressure", values: sums(mesh.pointCount).map { $0 / 3 }),
        FieldArray(name: "velocity", components: vector(mesh.pointCount)),
      ],
      cellFields: [
        FieldArray(name: FormatGallery.awkwardName, values: sums(mesh.cellCount).map { $0 / 13 }),
        FieldArray(name: "flux", components: vector(mesh.cellCount)),
      ], time: FormatGallery.time)
  }

  /// Writes the meshes into `folder` in every flavour, and what they hold as `.npy` under `expected`.
  package static func write(to folder: URL, _ manifest: inout CSVTable) throws {
    for (name, mesh) in meshes + [("large", large)] {
      let dataset = dataset(mesh)
      try writeExpected(mesh, name, folder.appendingPathComponent("expected"))
      for (flavour, options) in FormatGallery.vtkOptions {
        let file = "mesh-\(name)-\(flavour).vtu"
        try VTKXML.write(dataset, to: folder.appendingPathComponent(file), options: options)
        manifest.append([file, "vtu", name, "\(options.precision)"])
      }
      for encoding in LegacyVTK.Encoding.allCases {
        for precision in FloatPrecision.allCases {
          let file = "mesh-\(name)-\(encoding.rawValue.lowercased())-\(precision).vtk"
          try LegacyVTK.write(
            dataset, to: folder.appendingPathComponent(file), encoding: encoding, precision: precision)
          manifest.append([file, "vtk-mesh", name, "\(precision)"])
        }
      }
    }
    for (name, mesh) in meshes {
      let file = "mesh-\(name).pvtu"
      try VTKXML.write(dataset(mesh), to: folder.appendingPathComponent(file), pieces: 3)
      manifest.append([file, "pvtu", name, "double"])
    }
    for (name, grid) in FormatGallery.grids {
      for (flavour, options) in FormatGallery.vtkOptions {
        let file = "\(name)-\(flavour).vtu"
        try VTKXML.write(
          FormatGallery.dataset(grid), to: folder.appendingPathComponent(file), options: options)
        manifest.append([file, "vtu-grid", name, "\(options.precision)"])
      }
    }
  }

  private static func writeExpected(_ mesh: Mesh, _ name: String, _ folder: URL) throws {
    func put(_ what: String, _ shape: [Int], _ values: [Int32]) throws {
      try NPY.write(
        NumericArray(shape: shape, elements: .int32(values)),
        to: folder.appendingPathComponent("mesh-\(name)-\(what).npy"))
    }
    try NPY.write(
      NumericArray(shape: [mesh.pointCount, mesh.dimension], mesh.coordinates),
      to: folder.appendingPathComponent("mesh-\(name)-points.npy"))
    for (what, blocks) in [("cells", mesh.cells), ("facets", mesh.facets)] {
      for (b, block) in blocks.enumerated() {
        try put("\(what)\(b)", [block.count, block.nodesPerElement], block.nodes)
        try put("\(what)\(b)-tags", [block.count], block.tags)
      }
    }
  }
}
