import Formats
import Foundation
import Geometry
import TestSupport
import Testing

/// A reader of meshes and small files that it takes.
struct MeshFuzzTarget: Sendable, CustomTestStringConvertible {
  let name: String
  let files: [[UInt8]]
  /// How many damaged files are tried.
  let count: Int
  let read: @Sendable ([UInt8]) throws -> Mesh

  var testDescription: String { name }

  /// Together more than 100 000 inputs.
  static let all: [MeshFuzzTarget] = {
    let gmsh = ((try? GmshTests.fixtureFiles()) ?? []).compactMap { url in
      (try? AtomicFile.read(url)).map { (url.lastPathComponent, $0) }
    }
    let small = MeshGallery.meshes.filter {
      ["intervals", "triangles-2", "mixed", "hexahedra"].contains($0.name)
    }
    let xml = small.flatMap { _, mesh in
      FormatGallery.vtkOptions.compactMap { _, options in
        try? VTKXML.encode(MeshGallery.dataset(mesh), options: options)
      }
    }
    let legacy = small.flatMap { _, mesh in
      LegacyVTK.Encoding.allCases.compactMap {
        try? LegacyVTK.encode(MeshGallery.dataset(mesh), encoding: $0)
      }
    }
    func gmshTarget(_ version: String, _ encoding: String) -> MeshFuzzTarget {
      MeshFuzzTarget(
        name: "Gmsh \(version) \(encoding)",
        files: gmsh.filter { $0.0.contains("-\(version)-\(encoding)") && $0.1.count < 9000 }.map(\.1),
        count: 16_000
      ) { try Gmsh.decode($0).mesh }
    }
    return ["22", "41"].flatMap { [gmshTarget($0, "ascii"), gmshTarget($0, "binary")] } + [
      MeshFuzzTarget(name: "VTU", files: xml, count: 24_000) { try VTKXML.decodeMesh($0).repaired().mesh },
      MeshFuzzTarget(name: "legacy VTK", files: legacy, count: 16_000) {
        try LegacyVTK.decodeMesh($0).repaired().mesh
      },
    ]
  }()
}

@Suite("Damaged files of meshes")
struct MeshFuzzTests {
  @Test("all readers together are given more than 100 000 files")
  func number() {
    #expect(MeshFuzzTarget.all.reduce(0) { $0 + $1.count } >= 100_000)
  }

  @Test(
    "altered files are read as a sound mesh, or refused with a sentence", .timeLimit(.minutes(5)),
    arguments: MeshFuzzTarget.all)
  func altered(target: MeshFuzzTarget) throws {
    #expect(!target.files.isEmpty)
    for file in target.files { try target.read(file).validate() }
    var noise = Noise(seed: 31)
    var (refused, read, strange) = (0, 0, Set<String>())
    for i in 0..<target.count {
      let bytes = damaged(target.files[i % target.files.count], &noise)
      do {
        // A file that is read makes a mesh that can be computed on.
        try target.read(bytes).validate()
        read += 1
      } catch let error as FormatError {
        refused += 1
        let text = error.description
        if !(text.contains(": ") && text.contains("; ") && text.count < 700) { strange.insert(text) }
      } catch let error as MeshError where target.name.contains("V") {
        // The VTK readers leave judging the mesh to its own check.
        refused += 1
        if !error.description.contains("; ") { strange.insert(error.description) }
      } catch {
        strange.insert("\(type(of: error)): \(error)")
      }
    }
    #expect(strange.isEmpty, "\(strange.prefix(5))")
    #expect(refused > target.count / 10)
    #expect(read > 0)
  }

  @Test("every proper prefix of a Gmsh file is refused")
  func truncated() throws {
    for target in MeshFuzzTarget.all where target.name.hasPrefix("Gmsh") {
      for file in target.files.prefix(3) {
        for length in stride(from: 0, to: file.count - 1, by: max(1, file.count / 400)) {
          #expect(throws: FormatError.self) { try Gmsh.decode(Array(file.prefix(length))) }
        }
      }
    }
  }
}
