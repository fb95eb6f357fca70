import Foundation
import Formats
import Geometry

/// Writes a run folder frame by frame. Every file is whole at any moment; the manifest is written last.
struct RunWriter {
  let url: URL
  private(set) var manifest: RunManifest
  private var pictures: RunPictures?
  /// Carries fields on a mesh to the grid of pictures. Those of evolutions show what the files hold, so that a run that
  /// goes on can draw them again.
  private var sampler: MeshSampler?
  /// Checkpoints are flushed to disk now and then, and at the end: doing so at each frame would take longer than many
  /// runs.
  private var flushedAt = Date()
  private static let secondsBetweenFlushes = 10.0

  /// - Parameter frameCount: how many frames the whole run keeps, the initial one included.
  init(
    _ url: URL, settings: RunSettings, summary: String, first: Solution.Frame, frameCount: Int, threads: Int
  ) throws {
    self.url = url
    let state = first.state
    let main = MainField(first)
    let shape = state.grid.shape
    let isEvolution = settings.until != nil
    var files = ["numbers.csv"]
    if settings.formats.contains(.vtk) { files.append(FrameFiles.series) }
    if let mesh = state.mesh {
      files.append(RunManifest.meshFileName)
      if settings.formats.contains(.npy) {
        files += mesh.arrays.map { "\(FrameFiles.folder)/\($0.name).npy" }
      }
      if settings.formats.contains(.png), isEvolution { sampler = try MeshSampler(mesh) }
    } else if settings.formats.contains(.npy) {
      files += state.grid.coordinates.indices.map { "\(FrameFiles.folder)/\(["x", "y", "z"][$0]).npy" }
    }
    let names = try first.numbers.map(\.name) + first.exactErrors.map { "error(\($0.name))" }
    manifest = RunManifest(
      status: .running, message: nil, summary: summary, run: settings, points: shape,
      mesh: state.mesh.map(RunManifest.MeshEntry.init),
      fields: first.definitions.map { .init(name: $0.name, components: $0.componentNames) }, mainField: main,
      versions: .current, threads: threads, statistics: RunStatistics(), time: first.time, frames: [],
      series: names.map { .init(name: $0, values: []) }, files: files)
    if settings.formats.contains(.png) {
      pictures = RunPictures(
        title: settings.problem, name: main.name, grid: state.grid, frameCount: frameCount,
        isSteady: !isEvolution)
    }
  }

  /// Takes over what a folder holds already, reading back what pictures need.
  mutating func continueFrom(_ earlier: RunManifest, _ saved: RunCheckpoint) throws {
    manifest.frames = saved.frames
    manifest.series = saved.series
    manifest.statistics = earlier.statistics
    for (i, frame) in saved.frames.enumerated() {
      let fields = try FrameFiles(root: url, index: i).read(manifest)
      guard let values = manifest.mainField.values(fields, manifest.fields) else {
        throw RunFolderError.damaged(url.path, "frame \(i) lacks the field '\(manifest.mainField.name)'")
      }
      pictures?.add(index: i, time: frame.time, values: sampler?.values(values) ?? values)
    }
  }

  /// Writes what does not change over time.
  func writeGeometry(of frame: Solution.Frame) throws {
    let keepsArrays = manifest.run.formats.contains(.npy)
    func write(_ name: String, _ array: NumericArray) throws {
      try NPY.write(array, to: url.appendingPathComponent("\(FrameFiles.folder)/\(name).npy"))
    }
    if let mesh = frame.state.mesh {
      try AtomicFile.write(
        VTKXML.encode(MeshDataset(mesh: mesh)), to: url.appendingPathComponent(RunManifest.meshFileName))
      if keepsArrays { for (name, array) in mesh.arrays { try write(name, array) } }
    } else if keepsArrays {
      for (name, points) in zip(["x", "y", "z"], frame.state.grid.coordinates) {
        try write(name, NumericArray(shape: [points.count], points))
      }
    }
  }

  /// Writes a frame's fields and the tables that list them, then the checkpoint, then the manifest.
  mutating func append(
    _ frame: Solution.Frame, _ checkpoint: (any SavedState)?, statistics: RunStatistics
  ) throws {
    let fields = try FrameFields(frame)
    let files = try FrameFiles(root: url, index: manifest.frames.count).write(
      fields, formats: manifest.run.formats)
    let numbers = try frame.numbers.map(\.value) + frame.exactErrors.map(\.value)
    if pictures != nil {
      let values: [Double]
      if fields.mesh != nil, sampler == nil {
        values = try MainField.values(of: frame).values
      } else {
        let own = manifest.mainField.values(fields.arrays, manifest.fields)!
        values = sampler?.values(own) ?? own
      }
      pictures!.add(index: manifest.frames.count, time: frame.time, values: values)
    }
    manifest.frames.append(.init(time: frame.time, files: files))
    for (i, value) in numbers.enumerated() { manifest.series[i].values.append(value) }
    manifest.time = frame.time
    manifest.statistics = statistics
    try writeTables(isFlushed: false)
    let isFlushed = Date().timeIntervalSince(flushedAt) > Self.secondsBetweenFlushes
    if isFlushed { flushedAt = Date() }
    if let checkpoint { try save(checkpoint, isFlushed: isFlushed) }
    try writeManifest(isFlushed: isFlushed)
  }

  /// Writes the tables that list all frames.
  private func writeTables(isFlushed: Bool) throws {
    let columns = [("t", manifest.frames.map(\.time))] + manifest.series.map { ($0.name, $0.values) }
    try AtomicFile.write(
      CSVTable(columns: columns.map { ($0.0, $0.1) }).encode(), to: url.appendingPathComponent("numbers.csv"),
      isFlushed: isFlushed)
    if manifest.run.formats.contains(.vtk) {
      let entries = manifest.frames.compactMap { frame in
        frame.files.first { $0.hasSuffix(".vti") || $0.hasSuffix(".vtr") || $0.hasSuffix(".vtu") }
          .map { PVDSeries.Entry(time: frame.time, file: $0) }
      }
      try AtomicFile.write(
        PVDSeries(entries: entries).encode(), to: url.appendingPathComponent(FrameFiles.series),
        isFlushed: isFlushed)
    }
  }

  func save(_ checkpoint: any SavedState, isFlushed: Bool = true) throws {
    try RunCheckpoint(checkpoint, frames: manifest.frames, series: manifest.series)
      .write(to: url, isFlushed: isFlushed)
  }

  /// Draws the pictures and closes the manifest.
  mutating func finish(_ status: RunStatus, message: String? = nil, time: Double, statistics: RunStatistics)
    throws
  {
    manifest.status = status
    manifest.message = message
    manifest.time = time
    manifest.statistics = statistics
    for (name, bytes) in pictures?.files() ?? [] {
      try AtomicFile.write(bytes, to: url.appendingPathComponent(name))
      if !manifest.files.contains(name) { manifest.files.append(name) }
    }
    try writeManifest()
  }

  /// Notes why the run ended early: a solution that blew up will do so again, but where files could not be written the
  /// run can go on from its checkpoint. What cannot be written now stays as it was.
  mutating func fail(_ error: any Error, time: Double, statistics: RunStatistics) {
    let status: RunStatus = error is SolveError ? .failed : .interrupted
    do {
      try finish(status, message: "\(error)", time: time, statistics: statistics)
    } catch {
      try? writeManifest()
    }
  }

  private func writeManifest(isFlushed: Bool = true) throws {
    try AtomicFile.write(
      manifest.encode(), to: url.appendingPathComponent(RunManifest.fileName), isFlushed: isFlushed)
  }
}
