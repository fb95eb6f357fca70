import Foundation
import Formats

/// `checkpoint.safetensors` of a run folder: the state of the run as arrays of doubles, everything else as JSON in the
/// file's metadata.
struct RunCheckpoint {
  static let fileName = "checkpoint.safetensors"

  /// What is not an array, as JSON: of the run's own, and of the folder.
  private var numbers: String
  private var arrays: [String: [Double]]
  /// The frames written so far, so that a folder whose manifest is one frame behind can be continued.
  var frames: [RunManifest.Frame]
  var series: [RunManifest.Series]
  private var path = ""

  private struct Written: Codable {
    var frames: [RunManifest.Frame]
    var series: [RunManifest.Series]
  }

  init(_ state: any SavedState, frames: [RunManifest.Frame], series: [RunManifest.Series]) throws {
    numbers = try Self.text(state.numbers)
    arrays = state.arrays
    (self.frames, self.series) = (frames, series)
  }

  func write(to folder: URL, isFlushed: Bool) throws {
    let tensors = arrays.mapValues { NumericArray(shape: [$0.count], $0) }
    let written = try Self.text(Written(frames: frames, series: series))
    let file = Safetensors(
      tensors: tensors,
      metadata: ["state": numbers, "run": written, "checksum": Self.checksum(arrays, numbers, written)])
    try AtomicFile.write(
      file.encode(), to: folder.appendingPathComponent(Self.fileName), isFlushed: isFlushed)
  }

  /// The checkpoint in a folder.
  ///
  /// - Throws: ``RunFolderError``.
  init(in folder: URL) throws {
    let url = folder.appendingPathComponent(Self.fileName)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunFolderError.damaged(folder.path, "it has no \(Self.fileName)")
    }
    let file: Safetensors
    do { file = try Safetensors.read(url) } catch {
      if case .system = error { throw error }
      throw RunFolderError.damaged(url.path, "it cannot be understood")
    }
    arrays = file.tensors.compactMapValues(\.doubles)
    guard let numbers = file.metadata["state"], let written = file.metadata["run"],
      arrays.count == file.tensors.count,
      file.metadata["checksum"] == Self.checksum(arrays, numbers, written)
    else { throw RunFolderError.damaged(url.path, "its checksum is wrong") }
    self.numbers = numbers
    path = url.path
    let list = try Self.value(Written.self, written, path)
    (frames, series) = (list.frames, list.series)
  }

  /// The run's own numbers.
  ///
  /// - Throws: ``RunFolderError`` when they are of another kind of run.
  func numbers<Numbers: Decodable>(as kind: Numbers.Type) throws -> Numbers {
    try Self.value(kind, numbers, path)
  }

  /// An array by its name.
  ///
  /// - Throws: ``RunFolderError`` when it is missing or has another size.
  func array(_ name: String, count: Int) throws -> [Double] {
    guard let values = arrays[name], values.count == count else {
      throw RunFolderError.damaged(path, "its array '\(name)' is missing or of another size than the run's")
    }
    return values
  }

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func value<Value: Decodable>(_ kind: Value.Type, _ text: String, _ path: String) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let value = try? decoder.decode(kind, from: Data(text.utf8)) else {
      throw RunFolderError.damaged(path, "its description cannot be understood")
    }
    return value
  }

  private static func checksum(_ arrays: [String: [Double]], _ texts: String...) -> String {
    var hash = WordHash()
    for name in arrays.keys.sorted() {
      hash.add(name)
      hash.add(arrays[name]!)
    }
    texts.forEach { hash.add($0) }
    return hash.text
  }
}

/// What a run saves in order to go on bit by bit.
protocol SavedState {
  /// What is not an array.
  var numbers: any Encodable { get }
  /// The rest, by name.
  var arrays: [String: [Double]] { get }
}
