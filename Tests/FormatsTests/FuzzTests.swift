import Formats
import Foundation
import Geometry
import TestSupport
import Testing

/// A reader and files that it should take.
struct FuzzTarget: Sendable, CustomTestStringConvertible {
  let name: String
  let files: [[UInt8]]
  /// Whether every proper prefix of a file must be refused; text formats can end anywhere.
  let noticesTruncation: Bool
  /// How many altered files are tried.
  var alterations = 3000
  let read: @Sendable ([UInt8]) throws -> Void

  var testDescription: String { name }

  static let all: [FuzzTarget] = {
    let dataset = FormatGallery.dataset(FormatGallery.grids[1].grid)
    let stretched = FormatGallery.dataset(FormatGallery.grids[6].grid)
    let xml = FormatGallery.vtkOptions.flatMap { _, options in
      [try? VTKXML.encode(dataset, as: .imageData, options: options)]
        + [try? VTKXML.encode(stretched, as: .rectilinearGrid, options: options)]
    }
    let legacy = LegacyVTK.Encoding.allCases.flatMap { encoding in
      [
        try? LegacyVTK.encode(dataset, encoding: encoding),
        try? LegacyVTK.encode(stretched, encoding: encoding),
      ]
    }
    let meshes = MeshGallery.meshes.filter { ["intervals", "mixed", "hexahedra-2"].contains($0.name) }
      .map { MeshGallery.dataset($0.mesh) }
    let xmlMeshes = meshes.flatMap { dataset in
      FormatGallery.vtkOptions.map { try? VTKXML.encode(dataset, options: $0.options) }
    }
    let legacyMeshes = meshes.flatMap { dataset in
      LegacyVTK.Encoding.allCases.map { try? LegacyVTK.encode(dataset, encoding: $0) }
    }
    let arrays = FormatGallery.arrays.prefix(4)
    let series = PVDSeries(entries: (0..<3).map { .init(time: Double($0), file: "f\($0).vti") })
    let tensors = Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.array) })
    let table = CSVTable(header: ["a", "b,\"c\""], rows: [["1", "2\n3"], ["", "x"]])
    return [
      FuzzTarget(name: "VTK XML", files: xml.compactMap(\.self), noticesTruncation: true) {
        _ = try VTKXML.decode($0)
      },
      FuzzTarget(name: "legacy VTK", files: legacy.compactMap(\.self), noticesTruncation: false) {
        _ = try LegacyVTK.decode($0)
      },
      FuzzTarget(
        name: "VTK XML of meshes", files: xmlMeshes.compactMap(\.self), noticesTruncation: true,
        alterations: 40_000
      ) { _ = try VTKXML.decodeMesh($0) },
      FuzzTarget(
        name: "legacy VTK of meshes", files: legacyMeshes.compactMap(\.self), noticesTruncation: false,
        alterations: 12_000
      ) { _ = try LegacyVTK.decodeMesh($0) },
      FuzzTarget(name: "PVD", files: [series.encode()], noticesTruncation: true) {
        _ = try PVDSeries.decode($0)
      },
      FuzzTarget(name: "npy", files: arrays.map { NPY.encode($0.array) }, noticesTruncation: true) {
        _ = try NPY.decode($0)
      },
      FuzzTarget(
        name: "npz",
        files: [false, true].compactMap { try? NPZ.encode(Array(arrays), isCompressed: $0) },
        noticesTruncation: true
      ) { _ = try NPZ.decode($0) },
      FuzzTarget(
        name: "safetensors", files: [try? Safetensors(tensors: tensors).encode()].compactMap(\.self),
        noticesTruncation: true
      ) { _ = try Safetensors.decode($0) },
      FuzzTarget(name: "CSV", files: [table.encode()], noticesTruncation: false) { bytes in
        for name in try CSVTable.decode(bytes).header.prefix(1) {
          _ = try CSVTable.decode(bytes).column(name)
        }
      },
      FuzzTarget(
        name: "PNG", files: FormatGallery.images.map { PNG.encode($0.image) }, noticesTruncation: true
      ) {
        _ = try PNG.decode($0)
      },
      FuzzTarget(
        name: "animated PNG", files: [AnimatedPNG.encode(FormatGallery.animation)], noticesTruncation: true
      ) { _ = try AnimatedPNG.decode($0) },
      FuzzTarget(
        name: "GIF",
        files: [GIF.encode(FormatGallery.gifs[2].animation), GIF.encode(FormatGallery.gifs[1].animation)],
        noticesTruncation: true
      ) { _ = try GIF.decode($0) },
    ]
  }()
}

@Suite("Damaged files")
struct FuzzTests {
  @Test("whole files are read", arguments: FuzzTarget.all)
  func whole(target: FuzzTarget) throws {
    #expect(!target.files.isEmpty)
    for file in target.files { try target.read(file) }
  }

  @Test("truncated files are refused with a sentence", arguments: FuzzTarget.all)
  func truncated(target: FuzzTarget) {
    for file in target.files {
      // The line feed that ends a text is no loss.
      let count = file.last == 10 ? file.count - 1 : file.count
      for length in stride(from: 0, to: count, by: max(1, count / 150)) {
        let text = outcome(of: target, Array(file.prefix(length)))
        #expect(
          text != nil || !target.noticesTruncation,
          "\(target.name): \(length) of \(file.count) bytes accepted")
        #expect(text.map(isSentence) ?? true, "\(text ?? "")")
      }
    }
  }

  @Test("altered files are read or refused, never more", arguments: FuzzTarget.all)
  func altered(target: FuzzTarget) {
    var noise = Noise(seed: 2024)
    let perFile = max(60, target.alterations / target.files.count)
    var refused = 0
    for file in target.files {
      for _ in 0..<perFile {
        let text = outcome(of: target, damaged(file, &noise))
        refused += text == nil ? 0 : 1
        #expect(text.map(isSentence) ?? true, "\(text ?? "")")
      }
    }
    #expect(refused > 0)
  }

  @Test("checksums do not protect the readers: altered content behind right checksums")
  func alteredBehindChecksums() {
    var noise = Noise(seed: 7)
    for (_, image) in FormatGallery.images {
      let file = PNG.encode(image)
      for _ in 0..<300 {
        let bytes = withRightChecksums(damaged(file, &noise))
        for target in FuzzTarget.all where target.name.contains("PNG") {
          let text = outcome(of: target, bytes)
          #expect(text.map(isSentence) ?? true, "\(text ?? "")")
        }
      }
    }
  }

  /// The text of the typed error that reading `bytes` throws, or nil when they are accepted.
  private func outcome(of target: FuzzTarget, _ bytes: [UInt8]) -> String? {
    do {
      try target.read(bytes)
      return nil
    } catch let error as FormatError {
      return error.description
    } catch {
      return "not a FormatError: \(type(of: error))"
    }
  }

  private func isSentence(_ text: String) -> Bool {
    text.contains(": ") && text.contains("; ") && text.count < 600
  }

  /// A PNG file whose chunk checksums are made right, as far as its chunks can be told apart.
  private func withRightChecksums(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    var position = 8
    while position + 12 <= bytes.count {
      let size = (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
      let end = position + 8 + size
      guard end + 4 <= bytes.count else { break }
      let checksum = bytes.withUnsafeBytes { Checksums.crc32(.init(rebasing: $0[(position + 4)..<end])) }
      for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * i)) }
      position = end + 4
    }
    return bytes
  }
}
