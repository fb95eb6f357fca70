import Foundation
import Synchronization
import Tensors
import Testing

@Suite("The worker pool")
struct WorkerPoolTests {
  /// Counters that any worker may raise.
  final class Counters: Sendable {
    private let counts: Mutex<[Int]>
    init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }
    func add(_ amount: Int = 1, to index: Int) { counts.withLock { $0[index] += amount } }
    var values: [Int] { counts.withLock { $0 } }
  }

  @Test("every tile runs once", arguments: [1, 2, 3, 4], [0, 1, 2, 7, 64, 1001])
  func coverage(threads: Int, tiles: Int) {
    let pool = WorkerPool(threads: threads)
    #expect(pool.threadCount == threads)
    let counters = Counters(tiles)
    let region = ParallelRegion(tiles: tiles) { tile, worker in
      if (0..<threads).contains(worker) { counters.add(to: tile) }
    }
    for _ in 0..<20 { pool.run(region) }
    #expect(counters.values == [Int](repeating: 20, count: tiles))
    pool.forEach(tiles: tiles) { tile, _ in counters.add(to: tile) }
    #expect(counters.values == [Int](repeating: 21, count: tiles))
  }

  @Test("no two tiles run at the same time under one worker number, whoever starts the regions")
  func exclusiveWorkers() {
    let pool = WorkerPool(threads: 3)
    let inside = Counters(3)
    let clashes = Counters(1)
    let done = Counters(1)
    let region = ParallelRegion(tiles: 30) { _, worker in
      inside.add(to: worker)
      if inside.values[worker] != 1 { clashes.add(to: 0) }
      done.add(to: 0)
      inside.add(-1, to: worker)
    }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<50 { pool.run(region) }
    }
    #expect(clashes.values == [0])
    #expect(done.values == [8 * 50 * 30])
  }

  @Test("a region inside a tile runs serially, in order, under the same worker number")
  func nesting() {
    let pool = WorkerPool(threads: 2)
    let orders = Mutex<[[Int]]>([])
    let strangers = Counters(1)
    pool.forEach(tiles: 16) { _, worker in
      var order: [Int] = []
      pool.forEach(tiles: 5) { tile, inner in
        order.append(tile)
        if inner != worker { strangers.add(to: 0) }
      }
      orders.withLock { $0.append(order) }
    }
    #expect(orders.withLock { $0 } == [[Int]](repeating: [0, 1, 2, 3, 4], count: 16))
    #expect(strangers.values == [0])
  }

  @Test("writes of one region are seen by the next, after spinning and after sleeping")
  func visibility() {
    let pool = WorkerPool(threads: 2)
    let count = 4096
    let values = Buffer<Int>(count: count)
    let total = Buffer<Int>(count: 8)
    for round in 1...200 {
      pool.forEach(tiles: 8) { tile, _ in
        for i in tile * 512..<(tile + 1) * 512 { values.pointer[i] += 1 }
      }
      pool.forEach(tiles: 8) { tile, _ in
        // The tile's mirror image: written by the other half of the workers.
        let start = (7 - tile) * 512
        total.pointer[tile] = (start..<start + 512).reduce(0) { $0 + values.pointer[$1] }
      }
      #expect(total.elements.reduce(0, +) == round * count)
      if round % 50 == 0 { usleep(2000) }
    }
  }

  @Test("a dismissed pool ends its threads")
  func lifetime() {
    for _ in 0..<50 {
      let pool = WorkerPool(threads: 3)
      let counters = Counters(1)
      pool.forEach(tiles: 4) { _, _ in counters.add(to: 0) }
      #expect(counters.values == [4])
    }
  }

  @Test("ANSATZ_THREADS is read, and refused in words when it is not a number of threads")
  func environment() throws {
    let before = ProcessInfo.processInfo.environment["ANSATZ_THREADS"]
    defer {
      if let before { setenv("ANSATZ_THREADS", before, 1) } else { unsetenv("ANSATZ_THREADS") }
    }
    setenv("ANSATZ_THREADS", "3", 1)
    #expect(try WorkerPool.requestedThreads() == 3)
    for bad in ["", "0", "-1", "two", "1.5", "99999"] {
      setenv("ANSATZ_THREADS", bad, 1)
      #expect(throws: ThreadCountError(value: bad)) { try WorkerPool.requestedThreads() }
    }
    #expect("\(ThreadCountError(value: "two"))".contains("\"two\""))
    unsetenv("ANSATZ_THREADS")
    #expect(try WorkerPool.requestedThreads() >= 1)
  }
}
