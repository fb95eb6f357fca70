import Foundation

/// The bytes of a file, mapped into memory: the system reads pages when they are first touched, and forgets them when
/// memory is short.
///
/// The file must not be shortened while it is mapped; replacing it by another of the same name is harmless.
public final class MappedFile: @unchecked Sendable {
  // Unchecked: the mapping is read-only and lives as long as the object.

  /// The file's bytes.
  public let bytes: UnsafeRawBufferPointer
  /// The file's path, for messages.
  public let path: String

  /// Maps the file at `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public init(_ url: URL) throws(FormatError) {
    let path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path: path, action: "read", code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .system(path: path, action: "map", code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : ENODEV)
    }
    let size = Int(status.st_size)
    self.path = path
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .system(path: path, action: "map", code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
  }
}
