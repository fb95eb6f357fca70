import Foundation
import Formats

/// A folder that a run writes as it goes: fields frame by frame, derived numbers, pictures, a checkpoint from which the
/// run can go on bit by bit, and a manifest.
///
/// ```
/// burgers.run/
///   manifest.json            what was asked for, what was reached, which files hold it; written last
///   numbers.csv              derived numbers and errors by time
///   fields/0000.vti …        fields by frame (.vtr on uneven grids, .vtu on meshes); u-0000.npy …, x.npy and 0000.csv on request
///   mesh.vtu                 the mesh of runs on one, with its tags
///   fields.pvd               the frames with their times, for ParaView
///   preview.png              the main field: space-time image, four times, or middle planes
///   animation.png            the main field over time
///   checkpoint.safetensors   the state of the run, rewritten at every frame
/// ```
public struct RunFolder: Sendable {
  /// The folder.
  public let url: URL
  /// What is written besides manifest, checkpoint and `numbers.csv`.
  public var formats: [RunFormat]
  /// Whether an earlier run in the folder may be replaced.
  public var replacesEarlierRun: Bool

  /// - Parameters:
  ///   - url: The folder; it is made, with those above it, when it does not exist.
  ///   - formats: What is written besides manifest, checkpoint and `numbers.csv`. Unless one of them is `vtk` or `npy`,
  ///     `npy` is added, from which fields can be read back.
  ///   - replacing: Whether an earlier run in the folder may be replaced.
  public init(_ url: URL, formats: [RunFormat] = [.vtk, .png], replacing: Bool = false) {
    (self.url, self.formats, replacesEarlierRun) = (url, RunFormat.complete(formats), replacing)
  }

  /// A folder in the working directory that does not exist yet: `burgers.run`, or `burgers-2.run`, ….
  public static func numbered(
    _ problem: String, in folder: URL = URL(fileURLWithPath: "."), formats: [RunFormat] = [.vtk, .png]
  ) -> RunFolder {
    var url = folder.appendingPathComponent("\(problem).run")
    var number = 2
    while FileManager.default.fileExists(atPath: url.path) {
      url = folder.appendingPathComponent("\(problem)-\(number).run")
      number += 1
    }
    return RunFolder(url, formats: formats)
  }

  /// Whether the folder may be written as asked; checked before anything is computed.
  ///
  /// - Throws: ``RunFolderError`` when it holds files that may not be replaced, ``FormatError`` when it cannot be
  ///   written.
  public func check() throws {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else {
        throw RunFolderError("\(url.path) is a file, not a folder: give another output folder")
      }
      guard access(url.path, W_OK | X_OK) == 0 else {
        throw FormatError.system(path: url.path, action: "write into", code: errno)
      }
      let content = try FileManager.default.contentsOfDirectory(atPath: url.path)
      if content.isEmpty { return }
      guard replacesEarlierRun else {
        throw RunFolderError(
          "\(url.path) exists and is not empty: give another output folder, or replace the run in it (--force)"
        )
      }
      guard content.contains(RunManifest.fileName) || content.allSatisfy(Self.isOwn) else {
        throw RunFolderError(
          "\(url.path) holds other files than a run's, which are not replaced: give another folder")
      }
    } else {
      // The nearest folder that exists.
      var parent = url.deletingLastPathComponent()
      while !FileManager.default.fileExists(atPath: parent.path), parent.path != "/" {
        parent = parent.deletingLastPathComponent()
      }
      var isParentFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: parent.path, isDirectory: &isParentFolder)
      guard isParentFolder.boolValue else {
        throw FormatError.system(path: url.path, action: "create", code: ENOTDIR)
      }
      guard access(parent.path, W_OK | X_OK) == 0 else {
        throw FormatError.system(path: url.path, action: "create", code: errno)
      }
    }
  }

  /// Makes the folder, runs `body`, and takes away what both have made when `body` fails.
  func begin<T>(_ body: () throws -> T) throws -> T {
    try check()
    let made = try makeFolder()
    if replacesEarlierRun { clear() }
    do {
      try Self.make(url.appendingPathComponent(FrameFiles.folder))
      return try body()
    } catch {
      clear()
      for folder in made.reversed() { rmdir(folder) }
      throw error
    }
  }

  /// Makes the folder and those above it; returns those that did not exist.
  private func makeFolder() throws -> [String] {
    var missing: [URL] = []
    var folder = url
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      missing.append(folder)
      folder = folder.deletingLastPathComponent()
    }
    var made: [String] = []
    for folder in missing.reversed() {
      do { try Self.make(folder) } catch {
        for folder in made.reversed() { rmdir(folder) }
        throw error
      }
      made.append(folder.path)
    }
    return made
  }

  static func make(_ folder: URL) throws {
    if mkdir(folder.path, 0o777) != 0, errno != EEXIST {
      throw FormatError.system(path: folder.path, action: "create", code: errno)
    }
  }

  private static let ownFiles = [
    RunManifest.fileName, RunCheckpoint.fileName, RunPictures.preview, RunPictures.animation, "numbers.csv",
    FrameFiles.series, RunManifest.meshFileName,
  ]

  /// Whether an entry of the folder has a name that runs give.
  private static func isOwn(_ name: String) -> Bool { ownFiles.contains(name) || name == FrameFiles.folder }

  /// Removes the files of a run, and no others.
  private func clear() {
    // Without its manifest first, what is left is no run.
    for name in Self.ownFiles { unlink(url.appendingPathComponent(name).path) }
    let fields = url.appendingPathComponent(FrameFiles.folder)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: fields.path)) ?? [] {
      if ["vti", "vtr", "vtu", "npy", "csv"].contains((name as NSString).pathExtension) {
        unlink(fields.appendingPathComponent(name).path)
      }
    }
    rmdir(fields.path)
  }
}
