import Foundation
import Geometry

extension VTKXML {
  /// The grid, point data and time of the VTK XML file at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> GridDataset {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The grid, point data and time of a VTK XML file of image data or a rectilinear grid.
  ///
  /// All encodings, both byte orders and both header types are read, and zlib compression; the grid must be
  /// in one piece. Cell data are left out. Trailing axes of a single point are dropped, so that planes have
  /// two axes; vectors keep the three components that VTK stores.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for grids and compressions of other kinds.
  public static func decode(_ bytes: [UInt8], file: String = "VTK XML") throws(FormatError) -> GridDataset {
    var reader = try VTKXMLReader(bytes: bytes, file: file)
    return try reader.dataset()
  }
}

private struct VTKXMLReader {
  let file: String
  let kind: VTKXML.Kind
  private var document: VTKXMLDocument

  init(bytes: [UInt8], file: String) throws(FormatError) {
    self.file = file
    document = try VTKXMLDocument(bytes: bytes, file: file, expected: ".vti or .vtr")
    guard let kind = VTKXML.Kind(rawValue: document.type), kind != .unstructuredGrid else {
      throw .unsupported(
        file: file, problem: "it holds data of type \"\(document.type)\"",
        remedy:
          "ImageData (.vti) and RectilinearGrid (.vtr) can be read as grids, UnstructuredGrid (.vtu) as a mesh"
      )
    }
    self.kind = kind
  }

  mutating func dataset() throws(FormatError) -> GridDataset {
    let data = try document.dataSet()
    let pieces = data.children.filter { $0.name == "Piece" }
    guard pieces.count == 1 else {
      throw .unsupported(
        file: file, problem: "the grid is in \(pieces.count) pieces",
        remedy: "save it in one piece (in ParaView: Merge)")
    }
    let piece = pieces[0]
    let extent = try integers(piece, "Extent", count: 6)
    var sides: [Int] = []
    var pointCount = 1
    for axis in 0..<3 {
      let (last, first) = (extent[2 * axis + 1], extent[2 * axis])
      let (difference, overflow) = last.subtractingReportingOverflow(first)
      guard !overflow, difference >= 0, difference < Int.max else {
        throw .damaged(file, "the extent \(first) to \(last) holds no points")
      }
      sides.append(difference + 1)
      let (product, tooMany) = pointCount.multipliedReportingOverflow(by: difference + 1)
      guard !tooMany else { throw .damaged(file, "the extent is impossibly large") }
      pointCount = product
    }
    // Arrays are read before coordinates are made: their true length exposes a damaged extent.
    let arrays = try document.fields(piece.child("PointData"), count: pointCount, of: "points")
    let coordinates = try coordinates(data, piece, extent: extent, sides: sides, hasArrays: !arrays.isEmpty)
    if let fault = RectilinearGrid.fault(in: coordinates) { throw .damaged(file, fault) }
    let fields = arrays.map { array in
      FieldArray(
        name: array.name,
        components: VTKOrder.components(array.doubles, count: array.components, shape: sides))
    }
    return GridDataset(
      grid: RectilinearGrid(coordinates: VTKOrder.trimmed(coordinates)), fields: fields,
      time: try document.time(data))
  }

  private mutating func coordinates(
    _ data: MarkupElement, _ piece: MarkupElement, extent: [Int], sides: [Int], hasArrays: Bool
  ) throws(FormatError) -> [[Double]] {
    if kind == .rectilinearGrid {
      let arrays = piece.child("Coordinates")?.children.filter { $0.name == "DataArray" } ?? []
      guard arrays.count == 3 else {
        throw .damaged(file, "there are \(arrays.count) coordinate arrays instead of 3")
      }
      var result: [[Double]] = []
      for axis in 0..<3 {
        let values = try document.reals(of: arrays[axis], expected: sides[axis])
        guard values.count == sides[axis] else {
          throw .damaged(file, "axis \(axis) has \(values.count) coordinates for \(sides[axis]) points")
        }
        result.append(values)
      }
      return result
    }
    guard hasArrays || sides.allSatisfy({ $0 <= 1 << 24 }) else {
      throw .damaged(file, "there is no point data for an extent of \(sides) points")
    }
    if let direction = data.attributes["Direction"] {
      guard numbers(direction) == [1, 0, 0, 0, 1, 0, 0, 0, 1] else {
        throw .unsupported(
          file: file, problem: "its axes are rotated (Direction=\"\(direction)\")",
          remedy: "resample it to axes along x, y and z")
      }
    }
    let origin = numbers(data.attributes["Origin"] ?? "0 0 0")
    let spacing = numbers(data.attributes["Spacing"] ?? "1 1 1")
    guard origin.count == 3, spacing.count == 3 else {
      throw .damaged(file, "its origin or spacing is not three numbers")
    }
    return (0..<3).map { axis in
      (0..<sides[axis]).map { origin[axis] + (Double(extent[2 * axis]) + Double($0)) * spacing[axis] }
    }
  }

  private func integers(_ element: MarkupElement, _ key: String, count: Int) throws(FormatError) -> [Int] {
    let words = (element.attributes[key] ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard words.count == count, let values = words as? [Int] else {
      throw .damaged(file, "<\(element.name)> has no attribute \(key) of \(count) integers")
    }
    return values
  }

  private func numbers(_ text: String) -> [Double] {
    text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  }
}
