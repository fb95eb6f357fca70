import CKernels
import Foundation
import Synchronization
import Tensors

/// A sweep with the progress of its threads: run any number of times without allocating, by one caller at a time.
final class SweepAction: @unchecked Sendable {
  // Unchecked: what changes is atomic.

  private let schedule: SweepSchedule
  private let body: @Sendable (_ segment: Int) -> Void
  private let pool: WorkerPool
  private let next = Atomic<Int>(0)
  /// The number of the run in the upper half, and below it how many segments of a task are done, each in cache lines of
  /// its own: what is left from earlier runs is always less than what this one waits for.
  private let progress: UnsafeMutablePointer<Atomic<UInt64>>
  private let epoch = Atomic<UInt64>(0)
  private var region: ParallelRegion?

  private static let stride = 8

  /// A sweep that calls `body` for every segment once, after those that it needs.
  init(_ schedule: SweepSchedule, pool: WorkerPool, _ body: @escaping @Sendable (_ segment: Int) -> Void) {
    (self.schedule, self.pool, self.body) = (schedule, pool, body)
    let words = schedule.plan.tasks * Self.stride
    progress = .allocate(capacity: words)
    for i in 0..<words { (progress + i).initialize(to: Atomic(0)) }
    if schedule.plan.tasks > 1, pool.threadCount > 1 {
      region = ParallelRegion(tiles: pool.threadCount) { [unowned self] _, _ in take() }
    }
  }

  deinit {
    progress.deinitialize(count: schedule.plan.tasks * Self.stride)
    progress.deallocate()
  }

  func run() {
    guard let region else {
      for segment in 0..<schedule.plan.segments { body(segment) }
      return
    }
    next.store(0, ordering: .relaxed)
    epoch.add(1, ordering: .relaxed)
    pool.run(region)
  }

  /// Takes tasks until there are none: every one that was taken is being worked on, so nobody waits forever, however
  /// few threads come.
  private func take() {
    let plan = schedule.plan
    let base = epoch.load(ordering: .relaxed) << 32
    while true {
      let task = next.add(1, ordering: .relaxed).oldValue
      if task >= plan.tasks { return }
      let (first, end) = (plan.taskStarts[task], plan.taskStarts[task + 1])
      for segment in first..<end {
        for w in plan.waitStarts[segment]..<plan.waitStarts[segment + 1] {
          let wait = plan.waits[w]
          waitFor(progress + Int(wait.task) * Self.stride, base | UInt64(wait.segments))
        }
        body(segment)
        (progress + task * Self.stride)[0].store(base | UInt64(segment - first + 1), ordering: .releasing)
      }
    }
  }

  private func waitFor(_ word: UnsafeMutablePointer<Atomic<UInt64>>, _ value: UInt64) {
    var rounds = 0
    while word[0].load(ordering: .acquiring) < value {
      ck_pause()
      rounds += 1
      // A thread that has lost its core to another process may need this one.
      if rounds > 2_000 { sched_yield() }
    }
  }
}
