import CKernels
import Foundation
import Synchronization

/// The threads of a `WorkerPool` and the protocol between them.
///
/// One word, the gate, holds the number of the current job, whether it is open, and how many helpers are inside: a
/// helper enters by raising that number while the gate is open; the coordinator, once no tile is left, closes the gate
/// and waits until nobody is inside. Nothing else of a job is touched outside those two moments, so a helper that
/// wakes up late finds a closed gate and goes back to waiting.
final class WorkerCrew: @unchecked Sendable {
  // Unchecked: `body` is written by the coordinator while the gate is closed and nobody is inside, and read by helpers
  // that entered after it was opened; `handles` belongs to the owner; everything else is atomic or immutable.

  typealias Body = (_ tile: Int, _ worker: Int) -> Void

  private let threads: Int
  private let gate = Atomic<UInt64>(0)
  private let sleepers = Atomic<Int>(0)
  /// The processor on which the coordinator opened the current job.
  private let coordinatorProcessor = Atomic<Int>(-1)
  /// What is left of each worker's share, (first, end) in the two halves of a word, each in cache lines of its own.
  private let shares: UnsafeMutablePointer<Atomic<UInt64>>
  private var body: Body?
  private let coordinator = Mutex(())
  private let condition = NSCondition()
  private var handles: [pthread_t] = []

  private static let shareStride = 16
  private static let inside: UInt64 = (1 << 16) - 1
  private static let open: UInt64 = 1 << 16
  private static let dismissed: UInt64 = 1 << 17
  private static let jobUnit: UInt64 = 1 << 18
  /// How long a helper spins before it sleeps: longer than the serial parts between the regions of a time step.
  private static let spinNanoseconds: Int64 = 50_000

  init(threads: Int) {
    self.threads = threads
    let words = threads * Self.shareStride
    shares = .allocate(capacity: words)
    for i in 0..<words { (shares + i).initialize(to: Atomic(0)) }
    for worker in 1..<threads { start(worker) }
  }

  deinit {
    (shares).deinitialize(count: threads * Self.shareStride)
    shares.deallocate()
  }

  private var identity: UInt { UInt(bitPattern: ObjectIdentifier(self)) }

  // MARK: - Coordinator

  func run(tiles: Int, _ body: @escaping Body) {
    let current = ck_current_region()!
    if current.pointee.pool == identity {
      let worker = Int(current.pointee.worker)
      for tile in 0..<tiles { body(tile, worker) }
      return
    }
    precondition(tiles <= Int(UInt32.max), "a region of \(tiles) tiles exceeds the limit of 2³² - 1")
    coordinator.withLock { _ in
      let (pool, worker) = (current.pointee.pool, current.pointee.worker)
      (current.pointee.pool, current.pointee.worker) = (identity, 0)
      if threads == 1 || tiles <= 1 {
        for tile in 0..<tiles { body(tile, 0) }
      } else {
        coordinate(tiles: tiles, body)
      }
      (current.pointee.pool, current.pointee.worker) = (pool, worker)
    }
  }

  private func coordinate(tiles: Int, _ body: @escaping Body) {
    self.body = body
    for worker in 0..<threads {
      let (first, end) = (tiles * worker / threads, tiles * (worker + 1) / threads)
      shares[worker * Self.shareStride].store(UInt64(first) << 32 | UInt64(end), ordering: .relaxed)
    }
    // Sequentially consistent, as is the helper's side: either this thread sees a sleeper, or the sleeper sees the job.
    coordinatorProcessor.store(Int(ck_current_processor()), ordering: .relaxed)
    let job = gate.load(ordering: .relaxed) / Self.jobUnit &+ 1
    gate.store(job &* Self.jobUnit | Self.open, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake() }
    work(as: 0, body)
    gate.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing)
    waitForHelpers()
    self.body = nil
  }

  private func waitForHelpers() {
    var rounds = 0
    while gate.load(ordering: .acquiring) & Self.inside != 0 {
      ck_pause()
      rounds += 1
      // A helper that has lost its core to another process may need this one.
      if rounds > 10_000 { sched_yield() }
    }
  }

  private func wake() {
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the helpers and waits for them. Nothing may run afterwards.
  func dismiss() {
    gate.bitwiseOr(Self.dismissed, ordering: .sequentiallyConsistent)
    wake()
    for handle in handles { pthread_join(handle, nil) }
    handles = []
  }

  // MARK: - Tiles

  private func work(as worker: Int, _ body: Body) {
    while let tile = takeTile(of: worker, fromEnd: false) { body(tile, worker) }
    for offset in 1..<threads {
      let other = (worker + offset) % threads
      while let tile = takeTile(of: other, fromEnd: true) { body(tile, worker) }
    }
  }

  private func takeTile(of worker: Int, fromEnd: Bool) -> Int? {
    let index = worker * Self.shareStride
    var share = shares[index].load(ordering: .relaxed)
    while true {
      let (first, end) = (share >> 32, share & 0xffff_ffff)
      if first >= end { return nil }
      let rest = fromEnd ? share - 1 : share + (1 << 32)
      let (exchanged, found) = shares[index].weakCompareExchange(
        expected: share, desired: rest, ordering: .relaxed)
      if exchanged { return Int(fromEnd ? end - 1 : first) }
      share = found
    }
  }

  // MARK: - Helpers

  private final class Assignment {
    let crew: WorkerCrew
    let worker: Int
    init(crew: WorkerCrew, worker: Int) {
      self.crew = crew
      self.worker = worker
    }
  }

  private func start(_ worker: Int) {
    let context = Unmanaged.passRetained(Assignment(crew: self, worker: worker)).toOpaque()
    #if canImport(Darwin)
      var handle: pthread_t?
      let status = pthread_create(&handle, nil, { WorkerCrew.main($0) }, context)
    #else
      var handle: pthread_t? = pthread_t()
      let status = pthread_create(&handle!, nil, { WorkerCrew.main($0!) }, context)
    #endif
    guard status == 0, let handle else {
      fatalError(
        "the system refused thread \(worker + 1) of \(threads) (error \(status)); set ANSATZ_THREADS lower")
    }
    handles.append(handle)
  }

  private static func main(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let assignment = Unmanaged<Assignment>.fromOpaque(context).takeRetainedValue()
    assignment.crew.help(as: assignment.worker)
    return nil
  }

  private func help(as worker: Int) {
    ck_current_region()!.pointee = ck_region(pool: identity, worker: Int64(worker), blasDepth: 0)
    var job: UInt64 = 0
    while let next = awaitJob(after: job) {
      job = next
      guard enter(job) else { continue }
      leaveCoordinatorsProcessor()
      workOnCurrentJob(as: worker)
      gate.subtract(1, ordering: .acquiringAndReleasing)
    }
  }

  /// A scheduler tends to wake a helper on the processor of the thread that woke it, and to leave both there while they
  /// take turns in sleeping: then two threads take longer than one.
  private func leaveCoordinatorsProcessor() {
    let processor = coordinatorProcessor.load(ordering: .relaxed)
    if processor >= 0, Int(ck_current_processor()) == processor { ck_leave_processor(Int32(processor)) }
  }

  // Not inlined: the reference to the body must be gone before the helper leaves the gate.
  @inline(never)
  private func workOnCurrentJob(as worker: Int) {
    if let body { work(as: worker, body) }
  }

  private func enter(_ job: UInt64) -> Bool {
    var word = gate.load(ordering: .relaxed)
    while word & Self.open != 0, word / Self.jobUnit == job {
      let (exchanged, found) = gate.weakCompareExchange(
        expected: word, desired: word + 1, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      word = found
    }
    return false
  }

  /// The number of an open job other than `last`, or nil when the crew is dismissed.
  private func awaitJob(after last: UInt64) -> UInt64? {
    while true {
      var newest = last
      var deadline = ck_nanoseconds() + Self.spinNanoseconds
      var rounds = 0
      while true {
        let word = gate.load(ordering: .acquiring)
        let job = word / Self.jobUnit
        if word & Self.dismissed != 0 { return nil }
        if word & Self.open != 0, job != last { return job }
        ck_pause()
        rounds += 1
        if job != newest {
          newest = job
          deadline = ck_nanoseconds() + Self.spinNanoseconds
        } else if rounds % 32 == 0, ck_nanoseconds() > deadline {
          break
        }
      }
      sleep(after: last)
    }
  }

  private func sleep(after last: UInt64) {
    condition.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while true {
      let word = gate.load(ordering: .sequentiallyConsistent)
      if word & Self.dismissed != 0 || word & Self.open != 0 && word / Self.jobUnit != last { break }
      condition.wait()
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }
}
