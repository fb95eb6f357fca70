import Foundation
import Formats
import Spectral
import TimeStepping

/// `checkpoint.safetensors` of a run folder: the state of the run as arrays of doubles, everything else as JSON in the
/// file's metadata.
struct RunCheckpoint {
  static let fileName = "checkpoint.safetensors"

  var checkpoint: Checkpoint
  /// The frames written so far, so that a folder whose manifest is one frame behind can be continued.
  var frames: [RunManifest.Frame]
  var series: [RunManifest.Series]

  /// What is not an array.
  private struct Scalars: Codable {
    var time: Double
    var clock: Checkpoint.Clock
    var framesKept: Int
    var adaptive: AdaptiveState?
    var stepperIndex: Int
    var initialNorm: Double
    var history: Int
    var starting: Int?
    var frames: [RunManifest.Frame]
    var series: [RunManifest.Series]
  }

  func write(to folder: URL, isFlushed: Bool) throws {
    var tensors: [String: NumericArray] = [:]
    func add(_ name: String, _ values: [Double]) {
      tensors[name] = NumericArray(shape: [values.count], values)
    }
    for (v, values) in checkpoint.state.enumerated() { add("state.\(v)", values) }
    for (name, steps) in [("history", checkpoint.history), ("starting", checkpoint.starting ?? [])] {
      for (i, step) in steps.enumerated() {
        add("\(name).\(i).state", step.state)
        add("\(name).\(i).nonlinear", step.nonlinear)
      }
    }
    let scalars = Scalars(
      time: checkpoint.time, clock: checkpoint.clock, framesKept: checkpoint.framesKept,
      adaptive: checkpoint.adaptive, stepperIndex: checkpoint.stepperIndex,
      initialNorm: checkpoint.initialNorm, history: checkpoint.history.count,
      starting: checkpoint.starting?.count, frames: frames, series: series)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let text = String(decoding: try encoder.encode(scalars), as: UTF8.self)
    let file = Safetensors(
      tensors: tensors, metadata: ["run": text, "checksum": Self.checksum(tensors, text)])
    try AtomicFile.write(
      file.encode(), to: folder.appendingPathComponent(Self.fileName), isFlushed: isFlushed)
  }

  /// The checkpoint in a folder, for a system whose sizes it must have.
  ///
  /// - Throws: ``RunFolderError``.
  static func read(_ folder: URL, for system: any SpectralSystem) throws -> RunCheckpoint {
    let url = folder.appendingPathComponent(fileName)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunFolderError.damaged(folder.path, "it has no \(fileName)")
    }
    let file: Safetensors
    do { file = try Safetensors.read(url) } catch {
      if case .system = error { throw error }
      throw RunFolderError.damaged(url.path, "it cannot be understood")
    }
    guard let text = file.metadata["run"], file.metadata["checksum"] == checksum(file.tensors, text) else {
      throw RunFolderError.damaged(url.path, "its checksum is wrong")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let scalars = try? decoder.decode(Scalars.self, from: Data(text.utf8)) else {
      throw RunFolderError.damaged(url.path, "its description cannot be understood")
    }
    let all = system.variables.count * system.coefficientCount
    func array(_ name: String, count: Int) throws -> [Double] {
      guard let values = file.tensors[name]?.doubles, values.count == count else {
        throw RunFolderError.damaged(
          url.path, "its array '\(name)' is missing or of another size than the run's")
      }
      return values
    }
    func steps(_ name: String, _ count: Int) throws -> [StepHistory] {
      try (0..<count).map {
        StepHistory(
          state: try array("\(name).\($0).state", count: all),
          nonlinear: try array("\(name).\($0).nonlinear", count: all))
      }
    }
    let checkpoint = Checkpoint(
      time: scalars.time, clock: scalars.clock, framesKept: scalars.framesKept, adaptive: scalars.adaptive,
      stepperIndex: scalars.stepperIndex, starting: try scalars.starting.map { try steps("starting", $0) },
      state: try system.variables.indices.map { try array("state.\($0)", count: system.coefficientCount) },
      history: try steps("history", scalars.history), initialNorm: scalars.initialNorm)
    return RunCheckpoint(checkpoint: checkpoint, frames: scalars.frames, series: scalars.series)
  }

  /// Fowler-Noll-Vo's hash (2012) over 64-bit words, which reveals damage.
  private static func checksum(_ tensors: [String: NumericArray], _ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }
    for name in tensors.keys.sorted() {
      name.utf8.forEach { add(UInt64($0)) }
      guard case .float64(let values) = tensors[name]!.elements else { continue }
      values.forEach { add($0.bitPattern) }
    }
    text.utf8.forEach { add(UInt64($0)) }
    return String(hash, radix: 16)
  }
}
