import Foundation

/// The built program, run as a user runs it.
struct ProgramRunner {
  /// What a run of the program left.
  struct Outcome {
    var code: Int32
    var output: String
    var error: String
  }

  /// A folder of its own, removed by ``remove()``.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The program stands beside the test bundle.
  static var program: URL {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    var place = URL(fileURLWithPath: own).deletingLastPathComponent()
    while place.path != "/" {
      let candidate = place.appendingPathComponent("ansatz")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      place = place.deletingLastPathComponent()
    }
    return URL(fileURLWithPath: "ansatz")
  }

  /// Starts the program without waiting for it.
  func start(_ words: [String], environment: [String: String] = [:]) throws -> (Process, URL, URL) {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = words
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes, which fill up.
    let place = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let (output, error) = (place.appendingPathExtension("out"), place.appendingPathExtension("err"))
    for file in [output, error] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, error)
  }

  func finish(_ started: (Process, URL, URL)) throws -> Outcome {
    let (process, output, error) = started
    process.waitUntilExit()
    defer { for file in [output, error] { try? FileManager.default.removeItem(at: file) } }
    return Outcome(
      code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
  }

  func run(_ words: String..., environment: [String: String] = [:]) throws -> Outcome {
    try finish(start(words, environment: environment))
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path)
  }
}
