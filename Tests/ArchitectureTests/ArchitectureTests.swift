import Foundation
import Testing

/// The allowed arrows between targets: a target may import rows below its own, and what is listed beside it.
private let rows: [[String: [String]]] = [
  ["CKernels": [], "CFFTW": [], "COpenBLAS": [], "CSuiteSparse": []],
  ["Tensors": [], "Autodiff": ["Tensors"], "Transforms": ["Tensors"], "Algebra": ["Tensors"]],
  ["Geometry": [], "Equations": ["Geometry"], "Formats": ["Geometry"]],
  [
    "FiniteElements": [], "FiniteVolumes": [], "Spectral": [], "TimeStepping": [], "NeuralNetworks": [],
    "Optimizers": [], "Problems": [], "Meshes": [],
  ],
  ["Simulation": [], "Training": ["Simulation"]],
]

/// Modules of the toolchain and the system that any target may import.
private let toolchain: Set<String> = [
  "Foundation", "Synchronization", "Dispatch", "Glibc", "Darwin", "Musl", "Testing",
]

private let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private func allowedImports(of target: String) -> Set<String>? {
  for (i, row) in rows.enumerated() {
    guard let beside = row[target] else { continue }
    return Set(rows[..<i].flatMap(\.keys)).union(beside)
  }
  return nil
}

private func swiftFiles(in folder: URL) -> [URL] {
  let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
  return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
}

private func imports(of file: URL) throws -> [String] {
  try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
    let words = line.split(separator: " ").map(String.init)
    guard let i = words.firstIndex(of: "import"), i + 1 < words.count,
      words[..<i].allSatisfy({ $0.hasPrefix("@") || $0 == "public" || $0 == "package" || $0 == "internal" })
    else { return nil }
    let name = words[i + 1] == "class" || words[i + 1] == "func" ? words[i + 2] : words[i + 1]
    return String(name.prefix { $0 != "." })
  }
}

private func folder(of target: String) -> URL {
  ["Problems", "Meshes"].contains(target)
    ? repository.appending(path: target) : repository.appending(path: "Sources/\(target)")
}

@Suite("Architecture")
struct ArchitectureTests {
  @Test("a target imports lower rows only", arguments: rows.flatMap(\.keys).sorted())
  func importLines(target: String) throws {
    let allowed = try #require(allowedImports(of: target))
    for file in swiftFiles(in: folder(of: target)) {
      for module in try imports(of: file) where !toolchain.contains(module) {
        #expect(allowed.contains(module), "\(file.lastPathComponent) of \(target) imports \(module)")
      }
    }
  }

  @Test("every folder of Sources is a row's target, the umbrella or a tool")
  func folders() throws {
    let known = Set(rows.flatMap(\.keys)).union(["Ansatz", "AnsatzCLI"])
    let found = try FileManager.default.contentsOfDirectory(
      atPath: repository.appending(path: "Sources").path)
    for name in found where !name.hasPrefix(".") {
      #expect(known.contains(name), "Sources/\(name) has no row")
    }
  }

  @Test("the umbrella only re-exports")
  func umbrella() throws {
    for file in swiftFiles(in: folder(of: "Ansatz")) {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let isHarmless = line.hasPrefix("@_exported import ") || line.hasPrefix("//")
        #expect(isHarmless, "\(file.lastPathComponent): \(line)")
      }
    }
  }

  @Test("the package has no dependency and no unsafe flags")
  func manifest() throws {
    let manifest = try String(contentsOf: repository.appending(path: "Package.swift"), encoding: .utf8)
    #expect(!manifest.contains(".package("))
    #expect(!manifest.contains("unsafeFlags"))
  }

  @Test("the top level holds what the project's layout names")
  func topLevel() throws {
    let allowed: Set<String> = [
      "Package.swift", "Sources", "Tests", "Problems", "Meshes", "docs", "README.md", "LICENSE",
      "Package.resolved",
    ]
    for name in try FileManager.default.contentsOfDirectory(atPath: repository.path)
    where !name.hasPrefix(".") && !name.hasSuffix(".run") {
      #expect(allowed.contains(name), "\(name) at the top level")
    }
  }

  @Test("no file outgrows 600 lines, tables apart")
  func fileSizes() throws {
    let tables: Set<String> = ["ViridisColors.swift", "StrokeFontGlyphs.swift"]
    for folder in ["Sources", "Problems", "Meshes", "Tests"] {
      for file in swiftFiles(in: repository.appending(path: folder))
      where !tables.contains(file.lastPathComponent) {
        let lines = try String(contentsOf: file, encoding: .utf8).split(
          separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 600, "\(file.lastPathComponent) has \(lines.count) lines")
      }
    }
  }
}
