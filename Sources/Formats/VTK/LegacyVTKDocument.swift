import Foundation

/// A legacy VTK file as it is read: the arrays of its sections, whatever the kind of its data set.
struct LegacyVTKDocument {
  let bytes: [UInt8]
  let file: String
  private var position = 0
  private var isBinary = false

  /// What the DATASET line states.
  private(set) var kind = ""
  private(set) var sides: [Int]?
  private(set) var (origin, spacing) = ([0.0, 0, 0], [1.0, 1, 1])
  private(set) var coordinates: [[Double]?] = [nil, nil, nil]
  private(set) var points: [Double]?
  private(set) var connectivity: [Int32] = []
  /// Where the points of each cell end, or nil without a section CELLS.
  private(set) var offsets: [Int]?
  private(set) var types: [UInt8] = []
  private(set) var pointData: [VTKArray] = []
  private(set) var cellData: [VTKArray] = []
  private(set) var fieldData: [VTKArray] = []
  /// The numbers that POINT_DATA and CELL_DATA state.
  private(set) var (pointDataCount, cellDataCount) = (0, 0)

  /// The time that the field data state.
  var time: Double? {
    fieldData.last { ($0.name == VTKUnstructuredGrid.timeName || $0.name == "TIME") && $0.count > 0 }?
      .doubles[0]
  }

  /// Parses `bytes`.
  ///
  /// - Parameters:
  ///   - kinds: the kinds of data set that are wanted; others are refused at once.
  ///   - remedy: what to do about others.
  /// - Throws: ``FormatError``.
  init(bytes: [UInt8], file: String, kinds: [String], remedy: String) throws(FormatError) {
    (self.bytes, self.file) = (bytes, file)
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
    var section = Section.dataSet
    while let keyword = optionalWord()?.uppercased() {
      switch keyword {
      case "DATASET":
        kind = try word().uppercased()
        guard kinds.contains(kind) else {
          throw .unsupported(
            file: file, problem: "it holds a data set of type \(kind)", remedy: remedy)
        }
      case "DIMENSIONS":
        sides = [try count("dimension"), try count("dimension"), try count("dimension")]
      case "ORIGIN": for axis in 0..<3 { origin[axis] = try number("origin") }
      case "SPACING", "ASPECT_RATIO": for axis in 0..<3 { spacing[axis] = try number("spacing") }
      case "X_COORDINATES": coordinates[0] = try coordinateValues()
      case "Y_COORDINATES": coordinates[1] = try coordinateValues()
      case "Z_COORDINATES": coordinates[2] = try coordinateValues()
      case "POINTS":
        let count = try count("number of points")
        points = try array(name: "points", type: word(), count: count, width: 3).doubles
      case "CELLS": try readCells()
      case "CELL_TYPES":
        let count = try count("number of cells")
        types = try integers("int", count: count, name: "cell types")
      case "METADATA": skipMetadata()
      case "POINT_DATA":
        section = .points
        pointDataCount = try count("number of points")
      case "CELL_DATA":
        section = .cells
        cellDataCount = try count("number of cells")
      default: try attribute(keyword, section)
      }
    }
  }

  private enum Section {
    case dataSet, points, cells
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

  /// Skips a block of information keys, which ends at an empty line.
  private mutating func skipMetadata() {
    _ = line()
    while position < bytes.count, !line().trimmingCharacters(in: .whitespaces).isEmpty {}
  }

  // MARK: - Sections

  private mutating func coordinateValues() throws(FormatError) -> [Double] {
    let count = try count("number of coordinates")
    return try array(name: "coordinates", type: word(), count: count).doubles
  }

  /// Cells as counts and points in turn, or since version 5 as starts and points apart.
  private mutating func readCells() throws(FormatError) {
    let (count, size) = (try count("number of cells"), try count("number of cell points"))
    let start = position
    if optionalWord()?.uppercased() == "OFFSETS" {
      let starts: [Int] = try integers(word(), count: count, name: "offsets")
      try expect("CONNECTIVITY")
      connectivity = try integers(word(), count: size, name: "connectivity")
      guard starts.first ?? 0 == 0 else { throw .damaged(file, "the offsets of cells do not start at 0") }
      offsets = Array(starts.dropFirst())
      return
    }
    position = start
    let words: [Int32] = try integers("int", count: size, name: "cells")
    guard count <= size else { throw .damaged(file, "\(size) numbers cannot list \(count) cells") }
    var ends: [Int] = []
    ends.reserveCapacity(count)
    connectivity = []
    connectivity.reserveCapacity(size - count)
    var place = 0
    for cell in 0..<count {
      guard place < size, words[place] >= 0, Int(words[place]) < size - place else {
        throw .damaged(file, "cell \(cell) ends beyond the \(size) numbers of the section CELLS")
      }
      connectivity += words[(place + 1)..<(place + 1 + Int(words[place]))]
      place += 1 + Int(words[place])
      ends.append(connectivity.count)
    }
    guard place == size else {
      throw .damaged(file, "\(count) cells take \(place) of the \(size) numbers of the section CELLS")
    }
    offsets = ends
  }

  private mutating func attribute(_ keyword: String, _ section: Section) throws(FormatError) {
    let count = section == .points ? pointDataCount : cellDataCount
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
      try add(name, String(type), width: width, section, count: count)
    case "VECTORS", "NORMALS": try add(word(), word(), width: 3, section, count: count)
    case "TENSORS": try add(word(), word(), width: 9, section, count: count)
    case "GLOBAL_IDS", "PEDIGREE_IDS", "EDGE_FLAGS":
      try add(word(), word(), width: 1, section, count: count)
    case "TEXTURE_COORDINATES":
      let name = try word()
      let width = try self.count("number of components")
      try add(name, word(), width: width, section, count: count)
    case "COLOR_SCALARS":
      let name = try word()
      let width = try self.count("number of components")
      try add(name, isBinary ? "unsigned_char" : "float", width: width, section, count: count)
    case "LOOKUP_TABLE":
      _ = try word()
      let size = try self.count("table size")
      // Four numbers per colour: bytes in binary files, decimals in text.
      _ = try array(
        name: "lookup table", type: isBinary ? "unsigned_char" : "float", count: size, width: 4)
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
        if type.lowercased() == "string" {
          try skipStrings(count: tuples, width: width, name: name)
        } else if section == .dataSet {
          fieldData.append(
            try array(name: LegacyVTK.unescaped(name), type: type, count: tuples, width: width))
        } else {
          guard tuples == count else {
            throw .damaged(file, "array \"\(name)\" has \(tuples) values for \(count) points or cells")
          }
          try add(name, type, width: width, section, count: count)
        }
      }
    default:
      throw .unsupported(
        file: file, problem: "the section \(keyword.prefix(40)) is not known",
        remedy: "write it as SCALARS, VECTORS or FIELD")
    }
  }

  private mutating func add(
    _ name: String, _ type: String, width: Int, _ section: Section, count: Int
  ) throws(FormatError) {
    guard (1...64).contains(width) else {
      throw .damaged(file, "array \"\(name)\" has \(width) components")
    }
    let array = try array(name: LegacyVTK.unescaped(name), type: type, count: count, width: width)
    switch section {
    case .points: if count > 0 { pointData.append(array) }
    case .cells: if count > 0 { cellData.append(array) }
    case .dataSet: break
    }
  }

  // MARK: - Values

  private static let types: [String: NumberType] = [
    "char": .int8, "signed_char": .int8, "unsigned_char": .uint8, "short": .int16,
    "unsigned_short": .uint16,
    "int": .int32, "unsigned_int": .uint32, "long": .int64, "unsigned_long": .uint64,
    "float": .float32, "double": .float64, "vtktypefloat32": .float32, "vtktypefloat64": .float64,
    "vtktypeint8": .int8, "vtktypeint16": .int16, "vtktypeint32": .int32, "vtktypeint64": .int64,
    "vtktypeuint8": .uint8, "vtktypeuint16": .uint16, "vtktypeuint32": .uint32, "vtktypeuint64": .uint64,
  ]

  private func numberType(_ name: String, of array: String) throws(FormatError) -> NumberType {
    // VTK writes its index type as int, whatever its width in memory.
    if name.lowercased() == "vtkidtype" { return isBinary ? .int32 : .int64 }
    guard let type = Self.types[name.lowercased()] else {
      throw .unsupported(
        file: file, problem: "array \"\(array)\" has the type \(name)", remedy: "save it as double")
    }
    return type
  }

  /// The array that starts here: as integers where they are 32 bits wide at most, else as doubles.
  private mutating func array(
    name: String, type: String, count: Int, width: Int = 1
  ) throws(FormatError) -> VTKArray {
    guard type.lowercased() != "bit" else {
      return VTKArray(
        name: name, components: width, values: .int32(try bits(count: count, width: width, name: name)))
    }
    let type = try numberType(type, of: name)
    let total = try total(count, width, bytesEach: isBinary ? type.size : 1, name)
    let start = position
    if type.isInteger, let values: [Int32] = try integers(type, total, name) {
      return VTKArray(name: name, components: width, values: .int32(values))
    }
    position = start
    if isBinary {
      let data = try binary(total * type.size, name)
      return VTKArray(
        name: name, components: width, values: .reals(type.values(data, bigEndian: true), .double))
    }
    var result: [Double] = []
    result.reserveCapacity(total)
    try words(total, name) { word in
      guard let value = DecimalText.parse(word) else { return false }
      result.append(type.rounded(value))
      return true
    }
    return VTKArray(name: name, components: width, values: .reals(result, .double))
  }

  private mutating func integers<Value: FixedWidthInteger>(
    _ typeName: String, count: Int, name: String
  ) throws(FormatError) -> [Value] {
    let type = try numberType(typeName, of: name)
    let total = try total(count, 1, bytesEach: isBinary ? type.size : 1, name)
    guard let values: [Value] = try integers(type, total, name) else {
      throw .damaged(
        file, "the \(name) hold values that are no integers from \(Value.min) to \(Value.max)")
    }
    return values
  }

  /// The integers that stand here, or nil when one does not fit.
  private mutating func integers<Value: FixedWidthInteger>(
    _ type: NumberType, _ total: Int, _ name: String
  ) throws(FormatError) -> [Value]? {
    if isBinary { return type.integers(try binary(total * type.size, name), bigEndian: true) }
    var result: [Value] = []
    result.reserveCapacity(total)
    var fits = true
    try words(total, name) { word in
      if let value: Value = DecimalText.integer(word) {
        result.append(value)
      } else {
        fits = false
      }
      return true
    }
    return fits ? result : nil
  }

  /// The number of values, refused where the file is too short: text takes at least two bytes a value, so that no
  /// count beyond the file's size is believed.
  private func total(
    _ count: Int, _ width: Int, bytesEach size: Int, _ name: String
  ) throws(FormatError) -> Int {
    let (total, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow, total <= (bytes.count - position) / size + 1 else {
      throw .damaged(file, "array \"\(name)\" ends early")
    }
    return total
  }

  /// The next bytes after the end of this line.
  private mutating func binary(_ count: Int, _ name: String) throws(FormatError) -> ArraySlice<UInt8> {
    _ = line()
    guard count <= bytes.count - position else { throw .damaged(file, "array \"\(name)\" ends early") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  private mutating func words(
    _ count: Int, _ name: String, _ take: (ArraySlice<UInt8>) -> Bool
  ) throws(FormatError) {
    var scanner = DecimalScanner(bytes: bytes, position: position, end: bytes.count)
    for _ in 0..<count {
      guard let range = scanner.nextWord() else { throw .damaged(file, "array \"\(name)\" ends early") }
      guard take(bytes[range]) else {
        throw .damaged(file, "array \"\(name)\": \"\(DecimalText.excerpt(bytes[range]))\" is not a number")
      }
    }
    position = scanner.position
  }

  /// Truth values: eight to a byte, the first in the highest bit.
  private mutating func bits(count: Int, width: Int, name: String) throws(FormatError) -> [Int32] {
    let (total, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow, total / (isBinary ? 8 : 1) <= bytes.count - position else {
      throw .damaged(file, "array \"\(name)\" ends early")
    }
    guard isBinary else { return try integers("int", count: total, name: name) }
    let data = try binary((total + 7) / 8, name)
    return (0..<total).map { Int32(data[data.startIndex + $0 / 8] >> UInt8(7 - $0 % 8) & 1) }
  }

  /// Skips an array of text: a line each, or bytes behind a length whose first two bits tell its width.
  private mutating func skipStrings(count: Int, width: Int, name: String) throws(FormatError) {
    let total = try total(count, width, bytesEach: 1, name)
    _ = line()
    for _ in 0..<total {
      guard position < bytes.count else { throw .damaged(file, "array \"\(name)\" ends early") }
      guard isBinary else {
        _ = line()
        continue
      }
      let size = [8, 4, 2, 1][Int(bytes[position] >> 6)]
      guard size <= bytes.count - position else { throw .damaged(file, "array \"\(name)\" ends early") }
      let length = (0..<size).reduce(0) { $0 << 8 | Int(bytes[position + $1] & ($1 == 0 ? 0x3F : 0xFF)) }
      guard length <= bytes.count - position - size else {
        throw .damaged(file, "array \"\(name)\" ends early")
      }
      position += size + length
    }
  }
}
