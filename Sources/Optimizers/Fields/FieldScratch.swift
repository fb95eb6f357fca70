import Synchronization
import Tensors

/// Memory of transforms that concurrent calls borrow: as many pieces as the pool has threads, made beforehand, because it
/// is chance how many threads meet in a call.
final class FieldScratch: Sendable {
  private struct Pieces: @unchecked Sendable {
    // Unchecked: a piece belongs to the call that has taken it out.
    var free: [GridTransform.Workspace]
  }

  private let pieces: Mutex<Pieces>
  private let transform: GridTransform

  init(_ transform: GridTransform) {
    self.transform = transform
    let count = WorkerPool.shared.threadCount
    var free = (0..<count).map { _ in GridTransform.Workspace(transform) }
    free.reserveCapacity(2 * count)
    pieces = Mutex(Pieces(free: free))
  }

  /// Calls `body` with memory that nobody else uses meanwhile.
  func with(_ body: (GridTransform.Workspace) -> Void) {
    let taken = pieces.withLock { $0.free.popLast() } ?? GridTransform.Workspace(transform)
    body(taken)
    pieces.withLock { $0.free.append(taken) }
  }
}
