import Synchronization
import Tensors

/// Memory that calls of one primitive borrow, so that they may run side by side: as many pieces as the pool has threads,
/// made beforehand, because it is chance how many threads meet in a call.
final class TransformScratch<Scalar: Real>: Sendable {
  private let free: Mutex<[Buffer<Scalar>]>
  private let count: Int

  init(count: Int) {
    let count = max(count, 1)
    self.count = count
    let pieces = WorkerPool.shared.threadCount
    var buffers = (0..<pieces).map { _ in Buffer<Scalar>(uninitialized: count) }
    buffers.reserveCapacity(2 * pieces)
    free = Mutex(buffers)
  }

  /// Calls `body` with memory that nobody else uses meanwhile.
  func with(_ body: (UnsafeMutablePointer<Scalar>) -> Void) {
    let buffer = free.withLock { $0.popLast() } ?? Buffer<Scalar>(uninitialized: count)
    body(buffer.pointer)
    free.withLock { $0.append(buffer) }
  }

  /// Runs a plan on arrays of any alignment; `copies` says whether the plan destroys its input.
  func run(
    _ input: UnsafePointer<Scalar>, inputCount: Int, _ output: UnsafeMutablePointer<Scalar>, outputCount: Int,
    copies: Bool, _ plan: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) {
    func isAligned(_ pointer: UnsafeRawPointer) -> Bool { UInt(bitPattern: pointer) % 16 == 0 }
    let (copiesInput, copiesOutput) = (copies || !isAligned(input), !isAligned(output))
    guard copiesInput || copiesOutput else { return plan(UnsafeMutablePointer(mutating: input), output) }
    with { scratch in
      // The first part for the input, the second for the output, which begins at a multiple of 16 scalars.
      let target = copiesOutput ? scratch + Self.padded(inputCount) : output
      if copiesInput { scratch.update(from: input, count: inputCount) }
      plan(copiesInput ? scratch : UnsafeMutablePointer(mutating: input), target)
      if copiesOutput { output.update(from: target, count: outputCount) }
    }
  }

  static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
