import Foundation
import Geometry

extension LegacyVTK {
  /// The grid, point data and time of the legacy VTK file at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> GridDataset {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The grid, point data and time of a legacy VTK file of structured points or a rectilinear grid.
  ///
  /// Text and binary files are read, with the attributes SCALARS, VECTORS, NORMALS, TENSORS,
  /// TEXTURE_COORDINATES and FIELD. Cell data are left out. Trailing axes of a single point are dropped, so
  /// that planes have two axes.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for other kinds of grid and attribute.
  public static func decode(_ bytes: [UInt8], file: String = "legacy VTK") throws(FormatError) -> GridDataset
  {
    var reader = Reader(bytes: bytes, file: file)
    return try reader.dataset()
  }

  private struct Reader {
    let bytes: [UInt8]
    let file: String
    private var position = 0
    private var isBinary = false
    /// The point data in VTK's order, `width` components of a point side by side.
    private var arrays: [(name: String, values: [Double], width: Int)] = []
    private var time: Double?

    init(bytes: [UInt8], file: String) {
      (self.bytes, self.file) = (bytes, file)
    }

    // MARK: - Words and lines

    private mutating func word() throws(FormatError) -> String {
      guard let word = optionalWord() else { throw .damaged(file, "it ends early") }
      return word
    }

    private mutating func optionalWord() -> String? {
      var scanner = DecimalScanner(bytes: bytes, position: position, end: bytes.count)
      guard let range = scanner.nextWord() else { return nil }
      position = range.upperBound
      return String(decoding: bytes[range.prefix(256)], as: UTF8.self)
    }

    private mutating func count(_ what: String) throws(FormatError) -> Int {
      let text = try word()
      guard let value = Int(text), value >= 0 else { throw .damaged(file, "\"\(text)\" is no \(what)") }
      return value
    }

    private mutating func number(_ what: String) throws(FormatError) -> Double {
      let text = try word()
      guard let value = Double(text) else { throw .damaged(file, "\"\(text)\" is no \(what)") }
      return value
    }

    private mutating func expect(_ keyword: String) throws(FormatError) {
      let text = try word()
      guard text.uppercased() == keyword else {
        throw .damaged(file, "\"\(text)\" stands where \(keyword) should")
      }
    }

    private mutating func line() -> String {
      let start = position
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      position = min(end + 1, bytes.count)
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The words of the rest of this line.
    private mutating func restOfLine() -> [Substring] { line().split(whereSeparator: \.isWhitespace) }

    // MARK: - Sections

    mutating func dataset() throws(FormatError) -> GridDataset {
      guard line().hasPrefix("# vtk DataFile") else {
        throw .malformed(
          file: file, problem: "it does not start with \"# vtk DataFile\"", remedy: "give a legacy .vtk file")
      }
      _ = line()
      switch line().trimmingCharacters(in: .whitespaces).uppercased() {
      case "ASCII": isBinary = false
      case "BINARY": isBinary = true
      default: throw .damaged(file, "its third line is neither ASCII nor BINARY")
      }
      var kind = ""
      var sides: [Int]?
      var (origin, spacing) = ([0.0, 0, 0], [1.0, 1, 1])
      var coordinates: [[Double]?] = [nil, nil, nil]
      var section = "DATASET"
      var pointCount = 0
      while let keyword = optionalWord()?.uppercased() {
        switch keyword {
        case "DATASET":
          kind = try word().uppercased()
          guard kind == "STRUCTURED_POINTS" || kind == "RECTILINEAR_GRID" else {
            throw .unsupported(
              file: file, problem: "it holds a data set of type \(kind)",
              remedy: "STRUCTURED_POINTS and RECTILINEAR_GRID can be read")
          }
        case "DIMENSIONS":
          sides = [try count("dimension"), try count("dimension"), try count("dimension")]
        case "ORIGIN": for axis in 0..<3 { origin[axis] = try number("origin") }
        case "SPACING", "ASPECT_RATIO": for axis in 0..<3 { spacing[axis] = try number("spacing") }
        case "X_COORDINATES": coordinates[0] = try coordinateValues()
        case "Y_COORDINATES": coordinates[1] = try coordinateValues()
        case "Z_COORDINATES": coordinates[2] = try coordinateValues()
        case "METADATA": skipMetadata()
        case "POINT_DATA", "CELL_DATA":
          section = keyword
          pointCount = try count("number of points")
        default: try attribute(keyword, section: section, count: pointCount)
        }
      }
      guard let sides else { throw .damaged(file, "it states no DIMENSIONS") }
      let total = sides.reduce(Int?(1)) { product, side in
        product.flatMap {
          let (result, overflow) = $0.multipliedReportingOverflow(by: side)
          return overflow ? nil : result
        }
      }
      guard let total, total > 0 else { throw .damaged(file, "its dimensions \(sides) are impossible") }
      for (name, values, width) in arrays where values.count / width != total {
        throw .damaged(file, "array \"\(name)\" has \(values.count / width) values for \(total) points")
      }
      guard !arrays.isEmpty || total <= 1 << 24 else {
        throw .damaged(file, "there is no point data for \(sides) points")
      }
      var axes: [[Double]] = []
      for axis in 0..<3 {
        if kind == "STRUCTURED_POINTS" {
          axes.append((0..<sides[axis]).map { origin[axis] + Double($0) * spacing[axis] })
        } else {
          guard let values = coordinates[axis], values.count == sides[axis] else {
            throw .damaged(
              file, "axis \(axis) has \(coordinates[axis]?.count ?? 0) coordinates for \(sides[axis]) points")
          }
          axes.append(values)
        }
      }
      if let fault = RectilinearGrid.fault(in: axes) { throw .damaged(file, fault) }
      return GridDataset(
        grid: RectilinearGrid(coordinates: VTKOrder.trimmed(axes)),
        fields: arrays.map {
          FieldArray(name: $0.name, components: VTKOrder.components($0.values, count: $0.width, shape: sides))
        }, time: time)
    }

    private mutating func coordinateValues() throws(FormatError) -> [Double] {
      let count = try count("number of coordinates")
      return try values(typeName: word(), count: count, name: "coordinates")
    }

    /// Skips a block of information keys, which ends at an empty line.
    private mutating func skipMetadata() {
      _ = line()
      while position < bytes.count, !line().trimmingCharacters(in: .whitespaces).isEmpty {}
    }

    private mutating func attribute(_ keyword: String, section: String, count: Int) throws(FormatError) {
      switch keyword {
      case "SCALARS":
        let name = try word()
        let rest = restOfLine()
        guard let type = rest.first, let width = rest.count > 1 ? Int(rest[1]) : 1, (1...4).contains(width)
        else {
          throw .damaged(file, "SCALARS \(name) states no type or a wrong number of components")
        }
        try expect("LOOKUP_TABLE")
        _ = try word()
        try add(name, String(type), width: width, section: section, count: count)
      case "VECTORS", "NORMALS": try add(word(), word(), width: 3, section: section, count: count)
      case "TENSORS": try add(word(), word(), width: 9, section: section, count: count)
      case "TEXTURE_COORDINATES":
        let name = try word()
        let width = try self.count("number of components")
        try add(name, word(), width: width, section: section, count: count)
      case "LOOKUP_TABLE":
        _ = try word()
        let size = try self.count("table size")
        // Four numbers per colour: bytes in binary files, decimals in text.
        _ = try values(
          typeName: isBinary ? "unsigned_char" : "float", count: size, width: 4, name: "lookup table")
      case "FIELD":
        _ = try word()
        for _ in 0..<(try self.count("number of arrays")) {
          var name = try word()
          if name.uppercased() == "METADATA" {
            skipMetadata()
            name = try word()
          }
          let width = try self.count("number of components")
          let tuples = try self.count("number of values")
          let type = try word()
          if section == "DATASET" {
            let data = try values(typeName: type, count: tuples, width: width, name: name)
            if name == "TimeValue" || name == "TIME" { time = data.first }
          } else {
            guard tuples == count else {
              throw .damaged(file, "array \"\(name)\" has \(tuples) values for \(count) points")
            }
            try add(name, type, width: width, section: section, count: count)
          }
        }
      default:
        throw .unsupported(
          file: file, problem: "the section \(keyword.prefix(40)) is not known",
          remedy: "write it as SCALARS, VECTORS or FIELD")
      }
    }

    private mutating func add(
      _ name: String, _ type: String, width: Int, section: String, count: Int
    ) throws(FormatError) {
      guard (1...64).contains(width) else {
        throw .damaged(file, "array \"\(name)\" has \(width) components")
      }
      let values = try values(typeName: type, count: count, width: width, name: name)
      guard section == "POINT_DATA", !values.isEmpty else { return }
      arrays.append((LegacyVTK.unescaped(name), values, width))
    }

    // MARK: - Values

    private static let types: [String: NumberType] = [
      "char": .int8, "signed_char": .int8, "unsigned_char": .uint8, "short": .int16,
      "unsigned_short": .uint16,
      "int": .int32, "unsigned_int": .uint32, "long": .int64, "unsigned_long": .uint64, "vtkidtype": .int64,
      "vtktypeint64": .int64, "vtktypeuint64": .uint64, "float": .float32, "double": .float64,
    ]

    private mutating func values(
      typeName: String, count: Int, width: Int = 1, name: String
    ) throws(FormatError) -> [Double] {
      guard let type = Self.types[typeName.lowercased()] else {
        throw .unsupported(
          file: file, problem: "array \"\(name)\" has the type \(typeName)", remedy: "save it as double")
      }
      let (total, overflow) = count.multipliedReportingOverflow(by: width)
      // Text takes at least two bytes a value, so that no count beyond the file's size is believed.
      guard !overflow, total <= (bytes.count - position) / (isBinary ? type.size : 1) + 1 else {
        throw .damaged(file, "array \"\(name)\" ends early")
      }
      if isBinary {
        _ = line()
        guard total * type.size <= bytes.count - position else {
          throw .damaged(file, "array \"\(name)\" ends early")
        }
        defer { position += total * type.size }
        return type.values(bytes[position..<(position + total * type.size)], bigEndian: true)
      }
      var scanner = DecimalScanner(bytes: bytes, position: position, end: bytes.count)
      var result: [Double] = []
      result.reserveCapacity(total)
      while result.count < total {
        guard let range = scanner.nextWord() else { throw .damaged(file, "array \"\(name)\" ends early") }
        guard let value = DecimalText.parse(bytes[range]) else {
          throw .damaged(file, "array \"\(name)\": \"\(DecimalText.excerpt(bytes[range]))\" is not a number")
        }
        result.append(type.rounded(value))
      }
      position = scanner.position
      return result
    }
  }
}
