import Foundation
import Geometry

extension VTKXML {
  /// The mesh, fields and time of the `.vtu` or `.pvtu` file at `url`.
  ///
  /// The pieces of a `.pvtu` file are joined: points with the same global number become one, or where the pieces state
  /// none, points of different pieces at the same place. Ghost cells are left out.
  ///
  /// - Throws: what ``decodeMesh(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func readMesh(_ url: URL) throws(FormatError) -> MeshDataset {
    let bytes = try AtomicFile.read(url)
    guard url.pathExtension.lowercased() == "pvtu" else { return try decodeMesh(bytes, file: url.path) }
    return try ParallelVTU.read(bytes, at: url)
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

  /// The arrays of the file, whose pieces are joined.
  mutating func grid() throws(FormatError) -> VTKUnstructuredGrid {
    let data = try document.dataSet()
    var pieces: [VTKUnstructuredGrid] = []
    for element in data.children where element.name == "Piece" { pieces.append(try piece(element)) }
    guard !pieces.isEmpty else { throw .damaged(file, "it has no element <Piece>") }
    var grid = VTKUnstructuredGrid.joined(pieces)
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
    (grid.pointData, grid.pointNumbers) = try fields(piece.child("PointData"), pointCount, "points")
    (grid.cellData, grid.cellNumbers) = try fields(piece.child("CellData"), cellCount, "cells")
    try grid.checkCounts(file: file)
    return grid
  }

  /// The arrays of a kind, and the one that is marked as global numbers.
  private mutating func fields(
    _ place: MarkupElement?, _ count: Int, _ what: String
  ) throws(FormatError) -> ([VTKArray], [Int]?) {
    var arrays = try document.fields(place, count: count, of: what)
    guard let name = place?.attributes["GlobalIds"],
      let index = arrays.firstIndex(where: { $0.name == name && $0.components == 1 })
    else { return (arrays, nil) }
    let numbers = arrays.remove(at: index)
    if case .int32(let values) = numbers.values { return (arrays, values.map { Int($0) }) }
    return (arrays, numbers.doubles.map { Int(exactly: $0) ?? -1 })
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
