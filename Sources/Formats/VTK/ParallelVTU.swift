import Foundation
import Geometry

/// A mesh in several files (`.pvtu`), as computations on many processes write it.
enum ParallelVTU {
  static let type = "PUnstructuredGrid"

  /// Reads the pieces that the file at `url`, whose bytes are given, names.
  static func read(_ bytes: [UInt8], at url: URL) throws(FormatError) -> MeshDataset {
    let document = try VTKXMLDocument(bytes: bytes, file: url.path, expected: ".pvtu")
    guard document.type == type else {
      throw .unsupported(
        file: url.path, problem: "it holds data of type \"\(document.type)\"",
        remedy: "give a .pvtu file of type \(type), or name a .vtu file .vtu")
    }
    let elements = try document.dataSet().children.filter { $0.name == "Piece" }
    guard !elements.isEmpty else { throw .damaged(url.path, "it names no pieces") }
    var pieces: [VTKUnstructuredGrid] = []
    var seen: Set<String> = []
    var hasOldOrder = false
    for (number, element) in elements.enumerated() {
      guard let source = element.attributes["Source"], !source.isEmpty else {
        throw .damaged(url.path, "piece \(number) names no file")
      }
      let file = URL(fileURLWithPath: source, relativeTo: url.deletingLastPathComponent()).standardizedFileURL
      guard seen.insert(file.path).inserted else {
        throw .malformed(
          file: url.path, problem: "it names the piece \(source) twice", remedy: "name each piece once")
      }
      // A device would never end.
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
      if let kind = attributes?[.type] as? FileAttributeType, kind != .typeRegular {
        throw .malformed(
          file: url.path, problem: "its piece \(source) is no file", remedy: "name .vtu files as pieces")
      }
      var reader = try VTKXMLMeshReader(bytes: AtomicFile.read(file), file: file.path)
      pieces.append(try reader.grid())
      hasOldOrder = hasOldOrder || reader.document.hasOldLagrangeOrder
    }
    return try VTKUnstructuredGrid.joined(pieces)
      .dataset(file: url.path, hasOldLagrangeOrder: hasOldOrder)
  }
}

extension VTKXML {
  /// Writes `dataset` in pieces: `url`, whose extension must be `.pvtu`, and beside it `NAME_0.vtu`, `NAME_1.vtu`, ….
  ///
  /// Each piece has successive cells and the facets at them. Points and cells carry global numbers (`GlobalPointIds`,
  /// `GlobalCellIds`), so that reading gives back an equal mesh.
  ///
  /// - Precondition: at least one piece; all node numbers are in range.
  /// - Throws: what ``encode(_:options:)`` and ``AtomicFile/write(_:to:)`` throw, and
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for another extension.
  public static func write(
    _ dataset: MeshDataset, to url: URL, pieces count: Int, options: VTKOptions = VTKOptions()
  ) throws(FormatError) {
    precondition(count >= 1, "a mesh in \(count) pieces")
    let grid = try VTKUnstructuredGrid(dataset, precision: options.precision, file: url.path)
    let pieces = grid.pieces(
      count, cellCount: dataset.mesh.cellCount, owners: dataset.mesh.cellsOfFacets)
    try write(pieces, to: url, options: options)
  }

  /// Writes a mesh that is given in pieces, such as the parts of a decomposed domain: `url`, whose extension must be
  /// `.pvtu`, and beside it `NAME_0.vtu`, `NAME_1.vtu`, ….
  ///
  /// Reading joins points of different pieces at the same place.
  ///
  /// - Precondition: at least one piece.
  /// - Throws: what ``encode(_:options:)`` and ``AtomicFile/write(_:to:)`` throw, and
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for another extension, and for pieces with different fields.
  public static func write(
    _ pieces: [MeshDataset], to url: URL, options: VTKOptions = VTKOptions()
  ) throws(FormatError) {
    precondition(!pieces.isEmpty, "a mesh of no pieces")
    var tags: VTKUnstructuredGrid.Tags = []
    for piece in pieces { tags.formUnion(VTKUnstructuredGrid.Tags(of: piece.mesh)) }
    func layout(_ fields: [FieldArray]) -> [String] { fields.map { "\($0.name) \($0.components.count)" } }
    var grids: [VTKUnstructuredGrid] = []
    for (p, piece) in pieces.enumerated() {
      guard layout(piece.pointFields) == layout(pieces[0].pointFields),
        layout(piece.cellFields) == layout(pieces[0].cellFields)
      else {
        throw .unsupported(
          file: url.path, problem: "piece \(p) has other fields than piece 0",
          remedy: "give all pieces the same fields in the same order")
      }
      grids.append(
        try VTKUnstructuredGrid(piece, precision: options.precision, tags: tags, file: url.path))
    }
    try write(grids, to: url, options: options)
  }

  private static func write(
    _ pieces: [VTKUnstructuredGrid], to url: URL, options: VTKOptions
  ) throws(FormatError) {
    guard url.pathExtension.lowercased() == "pvtu" else {
      throw .unsupported(
        file: url.path, problem: "the name does not end in .pvtu", remedy: "name it .pvtu")
    }
    let base = url.deletingPathExtension().lastPathComponent
    var text = options
    text.encoding = .ascii
    var writer = VTKXMLDocumentWriter(options: text, file: url.path)
    writer.begin(ParallelVTU.type, attributes: " GhostLevel=\"0\"")
    func line(_ array: VTKArray) {
      let width = array.components == 1 ? "" : " NumberOfComponents=\"\(array.components)\""
      writer.line(
        "      <PDataArray type=\"\(array.xmlType)\" Name=\"\(Markup.escaped(array.name))\"\(width)/>")
    }
    for (place, arrays, numbers) in pieces[0].attributes where !arrays.isEmpty || numbers != nil {
      writer.line("    <P\(place)\(numbers.map { " GlobalIds=\"\($0.name)\"" } ?? "")>")
      for array in arrays + (numbers.map { [$0] } ?? []) { line(array) }
      writer.line("    </P\(place)>")
    }
    writer.line("    <PPoints>")
    line(VTKArray(name: "Points", components: 3, values: .reals([], .double)))
    writer.line("    </PPoints>")
    for (p, piece) in pieces.enumerated() {
      let name = "\(base)_\(p).vtu"
      let file = url.deletingLastPathComponent().appendingPathComponent(name)
      try AtomicFile.write(encode(piece, options: options, file: file.path), to: file)
      writer.line("    <Piece Source=\"\(Markup.escaped(name))\"/>")
    }
    writer.end(ParallelVTU.type)
    // Last, so that it never names files that are not there.
    try AtomicFile.write(writer.bytes, to: url)
  }
}
