import CKernels
import Foundation

/// Threads that run the tiles of parallel regions.
///
/// The calling thread takes part as worker 0; the others wait, at first in a short spin and then asleep. Every worker
/// begins with its own contiguous share of the tiles, always the same one, so that it finds its part of the arrays in
/// its own cache, and then takes tiles from the end of the other shares. A worker that the system does not schedule
/// costs nothing: the others run its share.
///
/// A region started inside a tile of the same pool runs serially on that worker. Regions started from several threads
/// of the program run one after another.
public final class WorkerPool: Sendable {
  /// The largest number of threads of a pool.
  public static let maximumThreads = 1024

  /// The pool that the library uses, with `ANSATZ_THREADS` threads or, where that is unset or invalid, one per core.
  public static let shared = WorkerPool(threads: (try? requestedThreads()) ?? coreCount)

  /// The number of workers, the caller included.
  public let threadCount: Int
  private let crew: WorkerCrew

  /// A pool of its own, with `threads` workers of which the caller is one.
  public init(threads: Int) {
    precondition(
      (1...Self.maximumThreads).contains(threads),
      "a pool has 1 to \(Self.maximumThreads) threads, not \(threads)")
    threadCount = threads
    crew = WorkerCrew(threads: threads)
  }

  deinit { crew.dismiss() }

  /// The number of threads that the environment asks for: `ANSATZ_THREADS`, or one per core where it is unset.
  /// - Throws: `ThreadCountError` if the variable is not a whole number from 1 to `maximumThreads`.
  public static func requestedThreads() throws(ThreadCountError) -> Int {
    guard let text = ProcessInfo.processInfo.environment["ANSATZ_THREADS"] else { return coreCount }
    guard let count = Int(text), (1...maximumThreads).contains(count) else {
      throw ThreadCountError(value: text)
    }
    return count
  }

  private static var coreCount: Int {
    min(max(ProcessInfo.processInfo.activeProcessorCount, 1), maximumThreads)
  }

  /// Runs every tile of `region` and returns when all are done. Allocates nothing.
  public func run(_ region: ParallelRegion) {
    crew.run(tiles: region.tiles, region.body)
  }

  /// Calls `body` once for every tile in `0 ..< tiles`, on all workers, and returns when all calls are done.
  ///
  /// The calls run at the same time: `body` may write only to what belongs to its tile or to its worker.
  public func forEach(tiles: Int, _ body: (_ tile: Int, _ worker: Int) -> Void) {
    precondition(tiles >= 0, "a loop cannot have \(tiles) tiles")
    withoutActuallyEscaping(body) { crew.run(tiles: tiles, $0) }
  }
}
