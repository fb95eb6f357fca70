import Foundation
import Formats
import Geometry
import TimeStepping

/// What determines a run: the same settings give the same files, bit by bit.
public struct RunSettings: Codable, Equatable, Sendable {
  /// The problem's name.
  public var problem: String
  /// Values of all parameters.
  public var parameters: [String: Double]
  /// The discretisation in space.
  public var method: MethodSettings
  /// The time stepper, or nil for a steady problem.
  public var stepper: String?
  /// The length of steps, where it is fixed.
  public var step: Double?
  /// What chooses the steps otherwise.
  public var control: StepControl?
  /// The final time.
  public var until: Double?
  /// What random fields are drawn from.
  public var seed: UInt64
  /// Frames at equal distances, the initial and the final one included.
  public var frames: Int?
  /// The time between frames, where that is given instead.
  public var frameInterval: Double?
  /// The times of frames, where those are given instead.
  public var frameTimes: [Double]?
  /// What is written.
  public var formats: [RunFormat]

  var schedule: FrameSchedule {
    if let frameInterval { return .every(frameInterval) }
    if let frameTimes { return .at(frameTimes) }
    return .count(frames ?? 2)
  }

  /// About how many frames a run keeps; infinite where the settings make no sense.
  func frameEstimate(until end: Double) -> Double {
    if let frameInterval { return frameInterval > 0 ? end / frameInterval : .infinity }
    return Double(frameTimes?.count ?? frames ?? 2)
  }

  mutating func set(_ schedule: FrameSchedule) {
    switch schedule {
    case .count(let n): frames = n
    case .every(let interval): frameInterval = interval
    case .at(let times): frameTimes = times
    }
  }
}

/// How far a run has come.
public enum RunStatus: String, Codable, Sendable {
  case running, completed, interrupted, failed
}

/// `manifest.json` of a run folder: what was asked for, what was reached, which files hold it.
public struct RunManifest: Codable, Equatable, Sendable {
  /// A field and its components.
  public struct FieldEntry: Codable, Equatable, Sendable {
    /// The field's name.
    public var name: String
    /// The names of its components, one for a scalar.
    public var components: [String]
  }

  /// One kept time and the files of its fields, relative to the folder.
  public struct Frame: Codable, Equatable, Sendable {
    /// The time.
    public var time: Double
    /// The files.
    public var files: [String]
  }

  /// The mesh of a run on one.
  public struct MeshEntry: Codable, Equatable, Sendable {
    /// Its file, relative to the folder.
    public var file: String
    /// A hash of its points, cells and tags.
    public var checksum: String
    /// How many points and cells it has.
    public var points, cells: Int

    init(_ mesh: Mesh) {
      (file, checksum) = (RunManifest.meshFileName, mesh.checksum)
      (points, cells) = (mesh.pointCount, mesh.cellCount)
    }
  }

  /// A number followed over the frames.
  public struct Series: Codable, Equatable, Sendable {
    /// The quantity; "error(u)" is the relative L² error of u against the exact solution.
    public var name: String
    /// Its values, one per frame.
    public var values: [Double]
  }

  /// The file's kind, always "ansatz-run".
  public var kind = "ansatz-run"
  /// The layout's version.
  public var layout = 1
  /// How far the run has come.
  public var status: RunStatus
  /// Why the run was interrupted or failed.
  public var message: String?
  /// The problem's summary.
  public var summary: String
  /// What was asked for.
  public var run: RunSettings
  /// The number of points along each axis.
  public var points: [Int]
  /// The mesh, for runs on one; ``points`` are then those of the grid that pictures show.
  public var mesh: MeshEntry?
  /// The fields that every frame holds.
  public var fields: [FieldEntry]
  /// What pictures show: one component, or the magnitude of several.
  public var mainField: MainField
  /// What computed the run.
  public var versions: SoftwareVersions
  /// The threads that computed it, on which results do not depend.
  public var threads: Int
  /// What the run cost, continued parts included.
  public var statistics: RunStatistics
  /// The time reached.
  public var time: Double
  /// The kept times, ascending.
  public var frames: [Frame]
  /// Derived numbers and errors.
  public var series: [Series]
  /// Files of the folder that belong to no frame.
  public var files: [String]

  /// The file's name.
  public static let fileName = "manifest.json"
  /// The name of the file of the mesh.
  public static let meshFileName = "mesh.vtu"

  /// Values per component of a field in a frame's files.
  var valueCount: Int { mesh?.points ?? points.reduce(1, *) }

  /// The JSON text, with keys in alphabetical order.
  public func encode() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// The manifest of the run folder at `url`.
  ///
  /// - Throws: ``RunFolderError`` when there is none or it is damaged.
  public static func read(_ url: URL) throws -> RunManifest {
    let file = url.appendingPathComponent(fileName)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunFolderError("\(url.path) does not exist: give a folder that 'ansatz solve' has written")
    }
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw RunFolderError(
        "\(url.path) has no \(fileName), so it is no run folder: give one that 'ansatz solve' has written")
    }
    let bytes = try AtomicFile.read(file)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let manifest = try? decoder.decode(RunManifest.self, from: Data(bytes)),
      manifest.kind == "ansatz-run"
    else { throw RunFolderError.damaged(file.path, "it cannot be understood") }
    guard manifest.layout == 1 else {
      throw RunFolderError(
        "\(file.path) has layout \(manifest.layout), and this version reads 1: use the version that wrote it")
    }
    guard manifest.series.allSatisfy({ $0.values.count == manifest.frames.count }),
      manifest.frames.allSatisfy({ $0.files.allSatisfy(isInside) }), manifest.files.allSatisfy(isInside),
      (1...3).contains(manifest.points.count), manifest.points.allSatisfy({ (1...1 << 40).contains($0) }),
      manifest.mesh.map({ $0.file == meshFileName && $0.points > 0 }) ?? true
    else { throw RunFolderError.damaged(file.path, "its frames contradict each other") }
    return manifest
  }

  /// Checks that the run can go on.
  ///
  /// - Throws: ``RunFolderError`` when it is complete or failed.
  func requireUnfinished(in url: URL) throws {
    switch status {
    case .completed:
      throw RunFolderError("the run in \(url.path) is complete: there is nothing to resume")
    case .failed:
      throw RunFolderError(
        "the run in \(url.path) failed and would fail again: solve again with other settings")
    case .running, .interrupted: break
    }
  }

  /// Whether a listed file lies in the folder, so that a forged manifest names no other.
  private static func isInside(_ path: String) -> Bool {
    !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
  }
}
