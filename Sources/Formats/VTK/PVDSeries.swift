import Foundation

/// A ParaView data file (`.pvd`): the files of a time series and their times.
public struct PVDSeries: Hashable, Sendable {
  /// One file of the series.
  public struct Entry: Hashable, Sendable {
    /// The time.
    public var time: Double
    /// The file's path relative to the folder of the `.pvd` file.
    public var file: String

    /// The entry of `file` at `time`.
    public init(time: Double, file: String) {
      self.time = time
      self.file = file
    }
  }

  /// The files in the order of time.
  public var entries: [Entry]

  /// A series of the given files.
  public init(entries: [Entry] = []) { self.entries = entries }

  /// Adds a file and rewrites the series at `url`, which a viewer may read at any moment.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public mutating func append(time: Double, file: String, rewriting url: URL) throws(FormatError) {
    entries.append(Entry(time: time, file: file))
    try write(to: url)
  }

  /// The XML text.
  public func encode() -> [UInt8] {
    var text = "<?xml version=\"1.0\"?>\n"
    text += "<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n  <Collection>\n"
    for entry in entries {
      text +=
        "    <DataSet timestep=\"\(entry.time)\" group=\"\" part=\"0\" file=\"\(Markup.escaped(entry.file))\"/>\n"
    }
    text += "  </Collection>\n</VTKFile>\n"
    return Array(text.utf8)
  }

  /// Writes the series to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public func write(to url: URL) throws(FormatError) { try AtomicFile.write(encode(), to: url) }

  /// The series at `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``, ``FormatError/malformed(file:problem:remedy:)``.
  public static func read(_ url: URL) throws(FormatError) -> PVDSeries {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The series that the XML text `bytes` states.
  ///
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)``.
  public static func decode(_ bytes: [UInt8], file: String = "PVD") throws(FormatError) -> PVDSeries {
    let root: MarkupElement
    do throws(MarkupError) {
      root = try Markup(bytes).root
    } catch {
      throw .damaged(file, "it is not XML: \(error.reason)")
    }
    guard root.name == "VTKFile", root.attributes["type"] == "Collection",
      let collection = root.child("Collection")
    else { throw .malformed(file: file, problem: "it holds no <Collection>", remedy: "give a .pvd file") }
    var entries: [Entry] = []
    for element in collection.children where element.name == "DataSet" {
      guard let name = element.attributes["file"], let time = Double(element.attributes["timestep"] ?? "")
      else {
        throw .damaged(file, "data set \(entries.count) has no file or no time")
      }
      entries.append(Entry(time: time, file: name))
    }
    return PVDSeries(entries: entries)
  }
}
