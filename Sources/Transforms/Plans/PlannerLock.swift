import Synchronization

/// FFTW's planner is the one part of it that threads must not enter together: every plan is made and destroyed under
/// this process-wide lock.
enum PlannerLock {
  private static let mutex = Mutex(())

  static func withLock<Result>(_ body: () -> Result) -> Result {
    // A planner call cannot lead back here, and its result is not shared before the lock is released.
    nonisolated(unsafe) var result: Result?
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let body = body
      mutex.withLock { _ in result = body() }
    }
    return result!
  }
}
