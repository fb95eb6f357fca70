import Foundation
import Formats
import Geometry

/// A run folder opened for reading.
public struct RunArchive: Sendable {
  /// The folder.
  public let url: URL
  /// What the folder holds.
  public let manifest: RunManifest
  /// The points of all fields; for runs on a mesh, a grid around it, fine enough for pictures.
  public let grid: RectilinearGrid
  /// The mesh of a run on one.
  public let mesh: Mesh?
  private let sampler: MeshSampler?

  /// Opens the run folder at `url`.
  ///
  /// - Throws: ``RunFolderError`` when it is none or damaged, ``FormatError`` when files cannot be read.
  public init(_ url: URL) throws {
    self.url = url
    manifest = try RunManifest.read(url)
    guard let first = manifest.frames.first else {
      throw RunFolderError("\(url.path) has no frames yet: nothing can be read from it")
    }
    mesh = try manifest.readMesh(in: url)
    sampler = try mesh.map { try MeshSampler($0) }
    if let sampler {
      guard sampler.grid.shape == manifest.points else {
        throw RunFolderError.damaged(url.path, "its mesh has other bounds than its manifest states")
      }
      grid = sampler.grid
      return
    }
    let grid: RectilinearGrid
    if let path = first.files.first(where: { $0.hasSuffix(".vti") || $0.hasSuffix(".vtr") }) {
      grid = try Self.existing(url.appendingPathComponent(path)) { try VTKXML.read($0).grid }
      // Image data has three axes; a run has its own.
      self.grid = RectilinearGrid(coordinates: Array(grid.coordinates.prefix(manifest.points.count)))
    } else {
      let axes = try ["x", "y", "z"].prefix(manifest.points.count).map { axis in
        try Self.existing(url.appendingPathComponent("\(FrameFiles.folder)/\(axis).npy")) { file in
          guard let values = try NPY.read(file).doubles else {
            throw RunFolderError.damaged(file.path, "it does not hold coordinates")
          }
          return values
        }
      }
      if let fault = RectilinearGrid.fault(in: axes) {
        throw RunFolderError.damaged(url.path, "its coordinates are no grid (\(fault))")
      }
      self.grid = RectilinearGrid(coordinates: axes)
    }
    guard self.grid.shape == manifest.points else {
      throw RunFolderError.damaged(url.path, "its first frame has other points than its manifest states")
    }
  }

  private static func existing<T>(_ file: URL, _ body: (URL) throws -> T) throws -> T {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw RunFolderError.damaged(file.path, "it is missing")
    }
    return try body(file)
  }

  /// How many frames there are.
  public var frameCount: Int { manifest.frames.count }
  /// The times of the frames.
  public var times: [Double] { manifest.frames.map(\.time) }

  /// The fields of a frame on the grid; for runs on a mesh, interpolated from its points, and NaN outside.
  ///
  /// - Precondition: the frame exists.
  /// - Throws: ``RunFolderError`` when its files are missing or damaged.
  public func dataset(_ frame: Int) throws -> GridDataset {
    var fields = try FrameFiles(root: url, index: frame).read(manifest)
    if let sampler {
      for i in fields.indices { fields[i].components = fields[i].components.map(sampler.values) }
    }
    return GridDataset(grid: grid, fields: fields, time: manifest.frames[frame].time)
  }

  /// The fields of a frame on the run's mesh, or on that of the grid's cells.
  ///
  /// - Precondition: the frame exists.
  /// - Throws: ``RunFolderError`` when its files are missing or damaged.
  public func meshDataset(_ frame: Int) throws -> MeshDataset {
    guard let mesh else { return MeshDataset(try dataset(frame)) }
    let fields = try FrameFiles(root: url, index: frame).read(manifest)
    return MeshDataset(mesh: mesh, pointFields: fields, time: manifest.frames[frame].time)
  }

  /// The main field of a frame, on the grid.
  public func mainField(_ frame: Int) throws -> [Double] {
    let fields = try FrameFiles(root: url, index: frame).read(manifest)
    guard let values = manifest.mainField.values(fields, manifest.fields) else {
      throw RunFolderError.damaged(url.path, "frame \(frame) lacks the field '\(manifest.mainField.name)'")
    }
    return sampler?.values(values) ?? values
  }
}
