import Synchronization
import Tensors

/// Memory that calls of products borrow, one piece per call that runs at the same time; pieces grow to the largest call,
/// so that calls of sizes that were seen allocate nothing.
final class ProductScratch<Scalar: Real>: Sendable {
  private let free: Mutex<[Buffer<Scalar>]>

  init() {
    var buffers: [Buffer<Scalar>] = []
    buffers.reserveCapacity(2 * WorkerPool.shared.threadCount + 2)
    free = Mutex(buffers)
  }

  /// Makes pieces for all threads of the pool.
  private func fill(_ buffers: inout [Buffer<Scalar>], count: Int) {
    buffers.removeAll(keepingCapacity: true)
    for _ in 0..<WorkerPool.shared.threadCount { buffers.append(Buffer(uninitialized: count)) }
  }

  /// Calls `body` with at least `count` elements of memory that nobody else uses meanwhile.
  func with(count: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Void) {
    guard count > 0 else {
      // A single pass needs no room; the address is never used.
      return withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 1) { body($0.baseAddress!) }
    }
    let buffer = free.withLock { buffers -> Buffer<Scalar> in
      if let last = buffers.last, last.count >= count { return buffers.removeLast() }
      // It is chance how many threads meet in a call: there are pieces for all of them from the first on.
      fill(&buffers, count: count)
      return buffers.removeLast()
    }
    body(buffer.pointer)
    free.withLock { buffers in
      if buffers.last.map({ $0.count <= buffer.count }) ?? true { buffers.append(buffer) }
    }
  }
}
