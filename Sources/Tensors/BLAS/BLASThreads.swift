import CKernels
import COpenBLAS
import Foundation
import Synchronization

/// The number of threads that OpenBLAS uses inside one call.
///
/// This is state of the whole process. It is 1, because threads above BLAS pay better than threads inside it (tiles of
/// a parallel region call it side by side), and `large` only around large factorisations that are started outside any
/// region. The number changes the last bits of results; so every call of BLAS is made inside `withSingle` or
/// `withLarge`, which exclude one another, and the bits of a call depend neither on the machine nor on what other
/// threads do meanwhile.
public enum BLASThreads {
  /// The number of threads for large dense factorisations.
  public static let large = 2

  private static let start: Void = openblas_set_num_threads(1)
  /// Threads that are inside `withSingle`.
  private static let singles = Atomic<Int>(0)
  /// Whether a thread is inside `withLarge`, or waiting for the others to leave `withSingle`.
  private static let isRaised = Atomic<Bool>(false)
  private static let raising = NSLock()

  /// Runs `body`, which may call BLAS, with one thread inside BLAS. Calls may be nested, and made anywhere.
  public static func withSingle<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    enterSingle()
    defer { leaveSingle() }
    return try body()
  }

  /// Runs `body`, which calls BLAS and starts no parallel region, with `large` threads inside BLAS; with one if the
  /// caller is inside a region or inside `withSingle`. Waits until no other thread is in either.
  public static func withLarge<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let current = ck_current_region()!
    guard current.pointee.pool == 0, current.pointee.blasDepth == 0 else { return try withSingle(body) }
    start
    raising.lock()
    isRaised.store(true, ordering: .sequentiallyConsistent)
    while singles.load(ordering: .sequentiallyConsistent) != 0 { sched_yield() }
    openblas_set_num_threads(Int32(large))
    // What the body nests runs as part of it.
    current.pointee.blasDepth = 1
    defer {
      current.pointee.blasDepth = 0
      openblas_set_num_threads(1)
      isRaised.store(false, ordering: .sequentiallyConsistent)
      raising.unlock()
    }
    return try body()
  }

  /// The beginning of `withSingle`.
  static func enterSingle() {
    let current = ck_current_region()!
    current.pointee.blasDepth += 1
    guard current.pointee.blasDepth == 1 else { return }
    start
    // Sequentially consistent, as is the other side: either this thread sees the flag, or the other sees the count.
    singles.add(1, ordering: .sequentiallyConsistent)
    while isRaised.load(ordering: .sequentiallyConsistent) {
      singles.subtract(1, ordering: .sequentiallyConsistent)
      while isRaised.load(ordering: .relaxed) { sched_yield() }
      singles.add(1, ordering: .sequentiallyConsistent)
    }
  }

  /// The end of `withSingle`.
  static func leaveSingle() {
    let current = ck_current_region()!
    current.pointee.blasDepth -= 1
    if current.pointee.blasDepth == 0 { singles.subtract(1, ordering: .sequentiallyConsistent) }
  }
}
