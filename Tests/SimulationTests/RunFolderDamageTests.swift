import Ansatz
import Foundation
import Testing

@Suite struct RunFolderDamageTests {
  /// An interrupted run.
  private func interrupted(_ scratch: ScratchFolder) throws -> URL {
    try solve(
      Burgers(), with: Fourier(points: [64]), stepping: SBDF2(step: 0.01), until: 0.5, saving: .count(6),
      into: RunFolder(scratch["r"], formats: [.vtk]),
      onStep: { context, _ in context.index == 25 ? .stop(reason: "test") : .proceed })
    return scratch["r"]
  }

  /// How a file is damaged.
  enum Damage: String, CaseIterable {
    case removed, emptied, cut, garbled
  }

  @Test(
    arguments: ["manifest.json", "checkpoint.safetensors", "fields/0001.vti"], Damage.allCases)
  func refusesDamagedFiles(_ path: String, _ damage: Damage) throws {
    let scratch = try ScratchFolder()
    let folder = try interrupted(scratch)
    let file = folder.appendingPathComponent(path)
    var data = try Data(contentsOf: file)
    switch damage {
    case .removed: try FileManager.default.removeItem(at: file)
    case .emptied: try Data().write(to: file)
    case .cut: try data.prefix(data.count / 2).write(to: file)
    case .garbled:
      // In the middle of text and of numbers alike this is no legal content, or changes a checksum.
      let middle = path.hasSuffix(".vti") ? 100 : data.count / 2
      for i in middle..<middle + 8 { data[i] = 0x01 }
      try data.write(to: file)
    }
    let before = try ScratchFolder.content(folder)
    let error = #expect(throws: (any Error).self) { try resume(Burgers(), in: folder) }
    #expect(error is RunFolderError || error is FormatError)
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(file.lastPathComponent) && !text.contains("\n"))
    #expect(try ScratchFolder.content(folder) == before)
  }

  @Test(
    arguments: [
      ("\"step\" : 0.01", "\"step\" : -1"), ("\"until\" : 0.5", "\"until\" : 0"),
      ("\"frames\" : 6", "\"frames\" : 1000000000000000"), ("\"name\" : \"fourier\"", "\"name\" : \"magic\""),
      ("\"automatic\"", "\"inf\""), ("\"SBDF2\"", "\"SBDF9\""), ("\"SBDF2\"", "\"SBDF4\""),
      ("\"layout\" : 1", "\"layout\" : 7"),
      ("fields/0001.vti", "../../secret"), ("64", "-64"), ("64", "128"),
      ("\"viscosity\" : ", "\"viscosity\" : -"),
    ])
  func refusesForgedManifests(_ text: String, _ replacement: String) throws {
    let scratch = try ScratchFolder()
    let folder = try interrupted(scratch)
    let file = folder.appendingPathComponent("manifest.json")
    let original = try String(contentsOf: file, encoding: .utf8)
    #expect(original.contains(text))
    try original.replacingOccurrences(of: text, with: replacement).write(
      to: file, atomically: true, encoding: .utf8)
    #expect(throws: (any Error).self) { try resume(Burgers(), in: folder) }
  }

  @Test func refusesOtherProblemsAndEndedRuns() throws {
    let scratch = try ScratchFolder()
    let folder = try interrupted(scratch)
    #expect(throws: RunFolderError.self) { try resume(DecayingWave(), in: folder) }
    try resume(Burgers(), in: folder)
    #expect(throws: RunFolderError.self) { try resume(Burgers(), in: folder) }
    #expect(throws: RunFolderError.self) { try RunArchive(scratch["nowhere"]) }
  }

  /// A run that was killed has no interruption in its manifest, and may lack its last frame there.
  @Test func goesOnAfterAKill() throws {
    let scratch = try ScratchFolder()
    let folder = try interrupted(scratch)
    var manifest = try RunManifest.read(folder)
    manifest.status = .running
    manifest.frames.removeLast()
    for i in manifest.series.indices { manifest.series[i].values.removeLast() }
    try Data(manifest.encode()).write(to: folder.appendingPathComponent("manifest.json"))
    let resumed = try resume(Burgers(), in: folder)
    #expect(resumed.manifest.frames.count == 6)
    #expect(resumed.manifest.series.allSatisfy { $0.values.count == 6 })
  }
}
