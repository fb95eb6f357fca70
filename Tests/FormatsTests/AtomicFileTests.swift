import Formats
import Foundation
import Testing

@Suite("Files appear whole or not at all")
struct AtomicFileTests {
  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("content is replaced and read back")
  func replacing() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a file & more.bin")
      for bytes in [[1, 2, 3], [], [UInt8](repeating: 5, count: 300_000)] as [[UInt8]] {
        try AtomicFile.write(bytes, to: url)
        #expect(try AtomicFile.read(url) == bytes)
      }
      #expect(try names(folder) == ["a file & more.bin"])
    }
  }

  @Test("a failed replacement names path and reason and leaves nothing behind")
  func failedReplacement() throws {
    try withTemporaryFolder { folder in
      // A folder with something in it cannot be replaced by a file.
      let target = folder.appendingPathComponent("target")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      try AtomicFile.write([1], to: target.appendingPathComponent("inside"))
      let error = #expect(throws: FormatError.self) { try AtomicFile.write([1, 2], to: target) }
      #expect(error == .system(path: target.path, action: "replace", code: EISDIR))
      #expect(error?.description.contains("Is a directory") == true)
      #expect(try names(folder) == ["target"])
      #expect(try names(target) == ["inside"])
    }
  }

  @Test("a missing folder is named")
  func missingFolder() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("no/such/folder/file")
      #expect(throws: FormatError.system(path: url.path, action: "create", code: ENOENT)) {
        try AtomicFile.write([1], to: url)
      }
      #expect(throws: FormatError.system(path: url.path, action: "open", code: ENOENT)) {
        try AtomicFile.read(url)
      }
      #expect(throws: FormatError.system(path: folder.path, action: "read", code: EISDIR)) {
        try AtomicFile.read(folder)
      }
    }
  }

  #if os(Linux)
    @Test("a full device is reported, and a device is never replaced")
    func fullDevice() throws {
      let full = URL(fileURLWithPath: "/dev/full")
      #expect(throws: FormatError.system(path: "/dev/full", action: "write", code: ENOSPC)) {
        try AtomicFile.write([1, 2, 3], to: full)
      }
      try AtomicFile.write([1, 2, 3], to: URL(fileURLWithPath: "/dev/null"))
      var status = stat()
      #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }
  #endif
}
