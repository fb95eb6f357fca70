/// Fixed-size memory from the storage pool, 64-byte aligned, returned to the pool when the last reference goes.
///
/// A buffer does not guard its memory: whoever shares one between threads decides who writes where.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  // Unchecked: the count and the address never change, and races on the contents are the caller's to exclude, as
  // with any unsafe pointer.

  /// The number of elements.
  public let count: Int

  /// The address of the first element.
  public let pointer: UnsafeMutablePointer<Element>

  /// Memory for `count` elements with undefined contents.
  public init(uninitialized count: Int) {
    precondition(count >= 0, "a buffer cannot have \(count) elements")
    self.count = count
    let bytes = count * MemoryLayout<Element>.stride
    pointer = StoragePool.allocate(bytes: bytes).bindMemory(to: Element.self, capacity: count)
  }

  /// Memory for `count` elements with all bits zero.
  public convenience init(count: Int) {
    self.init(uninitialized: count)
    let bytes = count * MemoryLayout<Element>.stride
    UnsafeMutableRawPointer(pointer).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  deinit {
    StoragePool.deallocate(pointer, bytes: count * MemoryLayout<Element>.stride)
  }

  /// The elements, for bulk access.
  @inlinable public var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }
}
