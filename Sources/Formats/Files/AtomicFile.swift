import Foundation

/// Writes whole files so that a reader sees either the old content or the new, never a part.
public enum AtomicFile {
  /// Writes `bytes` to `url`: into a temporary file of the same folder, flushed to disk, then renamed.
  ///
  /// A device or pipe (`/dev/stdout`) cannot be renamed over and is written directly. The temporary file is removed
  /// whenever a step fails; what stood at `url` before then stands there still.
  ///
  /// - Parameter isFlushed: Whether the file survives a power cut from here on; many small files are written several
  ///   times faster without. Whole they are in either case.
  /// - Throws: ``FormatError/system(path:action:code:)`` naming the path and the system's reason.
  public static func write(_ bytes: [UInt8], to url: URL, isFlushed: Bool = true) throws(FormatError) {
    let path = url.path
    var status = stat()
    if stat(path, &status) == 0 {
      let kind = status.st_mode & S_IFMT
      if kind != S_IFREG && kind != S_IFDIR { return try writeDirectly(bytes, to: path) }
    }
    let folder = url.deletingLastPathComponent().path
    let name = ".\(url.lastPathComponent).\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
    let temporary = folder + "/" + name
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system(path: path, action: "create", code: errno) }
    do throws(FormatError) {
      do throws(FormatError) {
        try append(bytes, to: descriptor, path: path)
        guard !isFlushed || fsync(descriptor) == 0 else {
          throw .system(path: path, action: "flush", code: errno)
        }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw .system(path: path, action: "close", code: errno) }
      guard rename(temporary, path) == 0 else { throw .system(path: path, action: "replace", code: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard isFlushed else { return }
    // The rename itself survives a power cut only once the folder is flushed; some file systems refuse, harmlessly.
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private static func writeDirectly(_ bytes: [UInt8], to path: String) throws(FormatError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    try append(bytes, to: descriptor, path: path)
  }

  private static func append(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FormatError) {
    let failure = bytes.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(
          descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30))
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        done += count
      }
      return 0
    }
    if failure != 0 { throw .system(path: path, action: "write", code: failure) }
  }

  /// The whole content of the file at `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)`` naming the path and the system's reason.
  public static func read(_ url: URL) throws(FormatError) -> [UInt8] {
    let path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path: path, action: "read", code: errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw .system(path: path, action: "read", code: EISDIR) }
    var bytes: [UInt8] = []
    var chunk = max(Int(status.st_size) + 1, 1 << 16)
    while true {
      var failure: Int32 = 0
      let part = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, initialized in
        var count = -1
        repeat {
          count = Foundation.read(descriptor, buffer.baseAddress!, buffer.count)
        } while count < 0 && errno == EINTR
        if count < 0 { failure = errno }
        initialized = max(count, 0)
      }
      if failure != 0 { throw .system(path: path, action: "read", code: failure) }
      if part.isEmpty { return bytes }
      if bytes.isEmpty { bytes = part } else { bytes += part }
      chunk = 1 << 16
    }
  }
}
