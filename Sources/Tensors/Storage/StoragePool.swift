import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The process-wide pool of array memory.
///
/// Blocks are 64-byte aligned and belong to size classes that are a quarter of a power of two apart, so that at most a
/// fifth of a block is unused. A freed block goes to the free list of its class and stays mapped: a loop that
/// allocates the same shapes again neither calls the system nor faults in a page. All functions are safe to call from
/// any thread.
public enum StoragePool {
  /// The alignment of every block, in bytes: one cache line, and one AVX-512 register.
  public static let alignment = 64

  /// The size of a large page, in bytes; blocks of several begin at one.
  private static let hugePage = 1 << 21

  /// A block that nobody uses; its first word holds the next one of the same size class.
  private struct FreeBlock: @unchecked Sendable {
    // Unchecked: whoever holds a free block is its only owner.
    let address: UnsafeMutableRawPointer

    var next: FreeBlock? {
      address.load(as: UnsafeMutableRawPointer?.self).map(FreeBlock.init)
    }

    func link(to next: FreeBlock?) {
      address.storeBytes(of: next?.address, as: UnsafeMutableRawPointer?.self)
    }
  }

  private struct State {
    var free: [FreeBlock?]
    var bytesInUse = 0
    var bytesFree = 0
  }

  private static let state = Mutex(State(free: [FreeBlock?](repeating: nil, count: 4 * Int.bitWidth)))

  /// Bytes in blocks that are handed out at the moment.
  public static var bytesInUse: Int { state.withLock { $0.bytesInUse } }

  /// Bytes in blocks that are kept for reuse at the moment.
  public static var bytesFree: Int { state.withLock { $0.bytesFree } }

  /// Returns every block that nobody uses to the system.
  public static func trim() {
    state.withLock { state in
      for index in state.free.indices {
        while let block = state.free[index] {
          state.free[index] = block.next
          free(block.address)
        }
      }
      state.bytesFree = 0
    }
  }

  /// The size class that holds `bytes`, and the size of its blocks.
  static func sizeClass(for bytes: Int) -> (index: Int, size: Int) {
    let need = max(bytes, alignment)
    // The largest power of two below the request, in quarters of which the request is rounded up.
    let exponent = Int.bitWidth - 1 - (need - 1).leadingZeroBitCount
    let quarter = 1 << (exponent - 2)
    let quarters = (need + quarter - 1) / quarter
    let size = (quarters * quarter + alignment - 1) / alignment * alignment
    return (4 * exponent + (quarters - 1) % 4, size)
  }

  /// A block of at least `bytes` bytes with undefined contents.
  static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let (index, size) = sizeClass(for: bytes)
    let kept = state.withLock { state -> FreeBlock? in
      state.bytesInUse += size
      guard let block = state.free[index] else { return nil }
      state.free[index] = block.next
      state.bytesFree -= size
      return block
    }
    if let kept { return kept.address }
    var fresh: UnsafeMutableRawPointer?
    let isLarge = size >= 2 * hugePage
    guard posix_memalign(&fresh, isLarge ? hugePage : alignment, size) == 0, let fresh else {
      fatalError("out of memory: a block of \(size) bytes was refused by the system")
    }
    #if canImport(Glibc)
      // A hint, so its result does not matter: pages of 2 MiB are faulted in 512 times as rarely, and sparse products
      // look up fewer addresses. They are zeroed on first use like all others.
      if isLarge { madvise(fresh, size, MADV_HUGEPAGE) }
    #endif
    return fresh
  }

  /// Puts a block from `allocate(bytes:)` back, with the same number of bytes.
  static func deallocate(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let (index, size) = sizeClass(for: bytes)
    let block = FreeBlock(address: block)
    state.withLock { state in
      block.link(to: state.free[index])
      state.free[index] = block
      state.bytesInUse -= size
      state.bytesFree += size
    }
  }
}
