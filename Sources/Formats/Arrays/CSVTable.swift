import Foundation

/// A table of comma-separated values (RFC 4180, 2005) with a header line.
public struct CSVTable: Hashable, Sendable {
  /// The names of the columns.
  public let header: [String]
  /// The records, each of as many fields as the header.
  public private(set) var rows: [[String]]

  /// A table; a record of another length than the header is a programmer error.
  public init(header: [String], rows: [[String]] = []) {
    precondition(!header.isEmpty, "CSVTable: no columns")
    self.header = header
    self.rows = []
    for row in rows { append(row) }
  }

  /// A table of numeric columns of equal length, each number written so that it reads back bit for bit.
  public init(columns: [(name: String, values: [Double])]) {
    precondition(!columns.isEmpty, "CSVTable: no columns")
    precondition(
      columns.allSatisfy { $0.values.count == columns[0].values.count },
      "CSVTable: columns of \(columns.map(\.values.count)) values")
    header = columns.map(\.name)
    rows = columns[0].values.indices.map { i in columns.map { $0.values[i].description } }
  }

  /// Adds a record.
  public mutating func append(_ row: [String]) {
    precondition(row.count == header.count, "CSVTable: \(row.count) fields for \(header.count) columns")
    rows.append(row)
  }

  /// Adds a record of numbers.
  public mutating func append(_ row: [Double]) { append(row.map(\.description)) }

  /// The numbers of the column `name`; empty fields are NaN.
  ///
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` when there is no such column, or a field is no
  ///   number.
  public func column(_ name: String) throws(FormatError) -> [Double] {
    guard let index = header.firstIndex(of: name) else {
      throw .malformed(
        file: "CSV", problem: "there is no column \"\(name)\"",
        remedy: "the columns are \(header.joined(separator: ", "))")
    }
    var result: [Double] = []
    result.reserveCapacity(rows.count)
    for (i, row) in rows.enumerated() {
      let text = row[index].trimmingCharacters(in: .whitespaces)
      guard let value = text.isEmpty ? .nan : Double(text) else {
        throw .malformed(
          file: "CSV",
          problem: "\"\(text.prefix(24))\" in record \(i + 1) of column \"\(name)\" is not a number",
          remedy: "correct the field or choose a numeric column")
      }
      result.append(value)
    }
    return result
  }

  /// The table as text, with lines that end in a line feed (which all readers take, and tools compare more
  /// easily).
  public func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    for row in [header] + rows {
      for (i, field) in row.enumerated() {
        if i > 0 { bytes.append(UInt8(ascii: ",")) }
        // A record of one empty field would otherwise be an empty line.
        if field.utf8.contains(where: { Self.special.contains($0) }) || row == [""] {
          bytes += "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"".utf8
        } else {
          bytes += field.utf8
        }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private static let special = Array(",\"\r\n".utf8)

  /// Writes the table to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public func write(to url: URL) throws(FormatError) { try AtomicFile.write(encode(), to: url) }

  /// The table at `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``, ``FormatError/malformed(file:problem:remedy:)``.
  public static func read(_ url: URL) throws(FormatError) -> CSVTable {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The table that the text `bytes` holds; lines end in a line feed, with or without a carriage return.
  ///
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)``.
  public static func decode(_ bytes: [UInt8], file: String = "CSV") throws(FormatError) -> CSVTable {
    var records: [[String]] = []
    var record: [String] = []
    var field: [UInt8] = []
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 1
    let (quote, comma, newline, carriage) = (
      UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")
    )
    while position < bytes.count {
      var isQuoted = false
      field.removeAll(keepingCapacity: true)
      if bytes[position] == quote {
        isQuoted = true
        let start = line
        position += 1
        while true {
          guard position < bytes.count else {
            throw .damaged(file, "a quoted field that starts in line \(start) does not end")
          }
          if bytes[position] == quote {
            position += 1
            guard position < bytes.count, bytes[position] == quote else { break }
          }
          if bytes[position] == newline { line += 1 }
          field.append(bytes[position])
          position += 1
        }
      }
      while position < bytes.count, bytes[position] != comma, bytes[position] != newline {
        let isLineEnd =
          bytes[position] == carriage && (position + 1 == bytes.count || bytes[position + 1] == newline)
        if !isLineEnd {
          guard !isQuoted, bytes[position] != quote else {
            throw .malformed(
              file: file, problem: "line \(line) has a quote inside a field",
              remedy: "enclose the whole field in quotes and double those inside")
          }
          field.append(bytes[position])
        }
        position += 1
      }
      record.append(String(decoding: field, as: UTF8.self))
      let endsWithComma = position < bytes.count && bytes[position] == comma
      position += 1
      if endsWithComma, position < bytes.count { continue }
      if endsWithComma { record.append("") }
      line += 1
      // Empty lines are no records; a record of one empty field is written in quotes.
      if record != [""] || isQuoted {
        if let header = records.first, record.count != header.count {
          throw .malformed(
            file: file,
            problem: "line \(line - 1) has \(record.count) fields, the header has \(header.count)",
            remedy: "give every line a value per column")
        }
        records.append(record)
      }
      record.removeAll(keepingCapacity: true)
    }
    guard let header = records.first else {
      throw .malformed(file: file, problem: "it is empty", remedy: "give a table with a header line")
    }
    return CSVTable(header: header, rows: Array(records.dropFirst()))
  }
}
