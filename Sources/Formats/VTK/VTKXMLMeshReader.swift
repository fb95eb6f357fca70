import Foundation
import Geometry

extension VTKXML {
  /// The mesh, fields and time of the `.vtu` file at `url`.
  ///
  /// - Throws: what ``decodeMesh(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func readMesh(_ url: URL) throws(FormatError) -> MeshDataset {
    try decodeMesh(AtomicFile.read(url), file: url.path)
  }

  /// The mesh, fields and time of a `.vtu` file.
  ///
  /// All encodings, both byte orders and both header types are read, and zlib compression. Cells of the highest
  /// dimension make the mesh, and those of one dimension less its tagged facets; the cell data `region` and `boundary`
  /// (or `gmsh:physical` of meshio, `CellEntityIds` of Gmsh) give their tags. Coordinates beyond the dimension of the
  /// cells are dropped where they are zero. Cell fields keep their values on cells; vectors have the three components
  /// that VTK stores.
  ///
  /// The arrays are consistent, but whether the mesh can be computed on is for ``Mesh/validate()`` or
  /// ``MeshDataset/repaired()`` to say.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for cells and compressions that are not known here.
  public static func decodeMesh(_ bytes: [UInt8], file: String = "VTK XML") throws(FormatError) -> MeshDataset
  {
    var reader = try VTKXMLMeshReader(bytes: bytes, file: file)
    let grid = try reader.grid()
    return try grid.dataset(file: file, hasOldLagrangeOrder: reader.document.hasOldLagrangeOrder)
  }
}

struct VTKXMLMeshReader {
  let file: String
  private(set) var document: VTKXMLDocument

  init(bytes: [UInt8], file: String) throws(FormatError) {
    self.file = file
    document = try VTKXMLDocument(bytes: bytes, file: file, expected: ".vtu")
    guard document.type == VTKXML.Kind.unstructuredGrid.rawValue else {
      throw .unsupported(
        file: file, problem: "it holds data of type \"\(document.type)\"",
        remedy:
          "UnstructuredGrid (.vtu) can be read as a mesh, ImageData (.vti) and RectilinearGrid (.vtr) as grids"
      )
    }
  }

  /// The arrays of the file, of its first piece.
  mutating func grid() throws(FormatError) -> VTKUnstructuredGrid {
    let data = try document.dataSet()
    let pieces = data.children.filter { $0.name == "Piece" }
    guard pieces.count == 1 else {
      throw .unsupported(
        file: file, problem: "the mesh is in \(pieces.count) pieces",
        remedy: "save it in one piece (in ParaView: Merge)")
    }
    var grid = try piece(pieces[0])
    let field = (data.child("FieldData")?.children ?? []) + (document.root.child("FieldData")?.children ?? [])
    for element in field where element.name == "DataArray" {
      grid.fieldData.append(
        try document.array(element, name: element.attributes["Name"] ?? "", components: 1))
    }
    return grid
  }

  private mutating func piece(_ piece: MarkupElement) throws(FormatError) -> VTKUnstructuredGrid {
    let pointCount = try count(piece, "NumberOfPoints")
    let cellCount = try count(piece, "NumberOfCells")
    let pointArrays = piece.child("Points")?.children.filter { $0.name == "DataArray" } ?? []
    guard pointCount == 0 || pointArrays.count == 1 else {
      throw .damaged(file, "there are \(pointArrays.count) arrays of points instead of 1")
    }
    let points = try pointArrays.first.map { (element) throws(FormatError) in
      try document.reals(of: element, expected: 3 * pointCount)
    }
    guard (points?.count ?? 0) == 3 * pointCount else {
      throw .damaged(file, "there are \(points?.count ?? 0) coordinates for \(pointCount) points")
    }
    var grid = VTKUnstructuredGrid(points: points ?? [])
    if cellCount > 0 {
      grid.offsets = try cells(piece, "offsets", cellCount)
      grid.types = try cells(piece, "types", cellCount)
      grid.connectivity = try cells(piece, "connectivity", nil)
    }
    grid.pointData = try document.fields(piece.child("PointData"), count: pointCount, of: "points")
    grid.cellData = try document.fields(piece.child("CellData"), count: cellCount, of: "cells")
    return grid
  }

  private mutating func cells<Value: FixedWidthInteger>(
    _ piece: MarkupElement, _ name: String, _ expected: Int?
  ) throws(FormatError) -> [Value] {
    let arrays = piece.child("Cells")?.children ?? []
    guard let element = arrays.first(where: { $0.attributes["Name"] == name }) else {
      throw .damaged(file, "the cells have no array \"\(name)\"")
    }
    guard let values = try document.integers(of: element, as: Value.self, expected: expected) else {
      throw .damaged(
        file,
        "the array \"\(name)\" of cells holds values that are no integers from \(Value.min) to \(Value.max)")
    }
    guard values.count == expected ?? values.count else {
      throw .damaged(file, "the cells have \(values.count) \(name) for \(expected ?? 0) cells")
    }
    return values
  }

  private func count(_ piece: MarkupElement, _ key: String) throws(FormatError) -> Int {
    guard let value = Int(piece.attributes[key] ?? ""), (0...(Int.max / 8)).contains(value) else {
      throw .damaged(file, "<Piece> states no \(key), or an impossible one")
    }
    return value
  }
}
