import Dispatch
import Formats
import Foundation
import Tensors

/// Batches of samples in a new order in every epoch, gathered on a thread of its own while the batch before is trained on.
///
/// A batch is a function of the seed and the step alone: the thread only decides when it is read. Samples that do not
/// fill a batch are left out of an epoch; which these are changes from epoch to epoch. A batch that holds all samples is
/// always the same. Two batches are kept in memory, and nothing is allocated after them.
public final class BatchLoader<Scalar: Real>: @unchecked Sendable {
  // Unchecked: used by one thread at a time; its own thread writes the batch that was asked for, and no other.

  /// The number of samples in a batch.
  public let batchSize: Int
  /// Batches in an epoch.
  public let batchesPerEpoch: Int
  private let worker: Worker

  /// A loader of batches.
  ///
  /// - Parameters:
  ///   - arrays: Arrays of samples, [samples, …] each.
  ///   - samples: The samples to draw from.
  ///   - batchSize: The number of samples in a batch; all of them where there are fewer.
  ///   - seed: What the order of epochs is drawn by.
  public init(_ arrays: [MappedArray], samples: SampleSet, batchSize: Int, seed: UInt64) {
    precondition(samples.count > 0 && batchSize > 0, "batches of \(batchSize) of \(samples.count) samples")
    self.batchSize = min(batchSize, samples.count)
    batchesPerEpoch = samples.count / self.batchSize
    worker = Worker(arrays, samples, batchSize: self.batchSize, seed: seed)
    let worker = worker
    let thread = Thread { worker.serve() }
    thread.name = "batches"
    thread.start()
  }

  deinit { worker.stop() }

  /// Whether a batch holds all samples, so that it never changes.
  public var isWhole: Bool { worker.isWhole }

  /// The epoch that a step belongs to.
  public func epoch(of step: Int) -> Int { step / batchesPerEpoch }

  /// The batch of a step: the first element of each array's samples, one after another. Valid until the next call.
  public func batch(_ step: Int) -> [UnsafePointer<Scalar>] { worker.batch(isWhole ? 0 : step) }

  /// The numbers in the dataset of a batch's samples.
  public func sampleNumbers(_ step: Int) -> [Int] { worker.numbers(isWhole ? 0 : step) }

  /// One batch in memory.
  private struct Slot {
    var step = -1
    let buffers: [Buffer<Scalar>]
    let pointers: [UnsafePointer<Scalar>]
  }

  /// What the thread holds: not the loader itself, whose end ends the thread.
  private final class Worker: @unchecked Sendable {
    // Unchecked: between `asked` and `done` the slot that is being filled belongs to the thread, else to the caller.
    private let arrays: [MappedArray]
    private let sizes: [Int]
    private let samples: SampleSet
    private let batchSize: Int
    private let seed: UInt64
    private var slots: [Slot]
    /// The slot that is being filled, or -1.
    private var pending = -1
    private var isStopped = false
    private let asked = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    init(_ arrays: [MappedArray], _ samples: SampleSet, batchSize: Int, seed: UInt64) {
      (self.arrays, self.samples, self.batchSize, self.seed) = (arrays, samples, batchSize, seed)
      let sizes = arrays.map { $0.count / $0.shape[0] }
      self.sizes = sizes
      slots = (0..<2).map { _ in
        let buffers = sizes.map { Buffer<Scalar>(count: batchSize * $0) }
        return Slot(buffers: buffers, pointers: buffers.map { UnsafePointer($0.pointer) })
      }
    }

    var isWhole: Bool { batchSize == samples.count }

    func serve() {
      while true {
        asked.wait()
        if isStopped { return }
        fill(pending)
        done.signal()
      }
    }

    func stop() {
      if pending >= 0 { done.wait() }
      isStopped = true
      asked.signal()
    }

    /// The order of the epoch that a step belongs to, and where in it the step's batch begins.
    private func place(_ step: Int) -> (order: IndexPermutation, first: Int) {
      let batches = samples.count / batchSize
      let order = IndexPermutation(
        count: samples.count, seed: seed, stream: DataSplit.stream + 1 + UInt64(step / batches))
      return (order, step % batches * batchSize)
    }

    /// The numbers of a step's samples.
    func numbers(_ step: Int) -> [Int] {
      let (order, first) = place(step)
      return (first..<first + batchSize).map { samples[order[$0]] }
    }

    /// Gathers the batch of a slot's step.
    private func fill(_ slot: Int) {
      let (order, first) = place(slots[slot].step)
      for index in 0..<batchSize {
        let number = samples[order[first + index]]
        for array in arrays.indices {
          let size = sizes[array]
          arrays[array].copy(
            from: number * size, count: size, to: slots[slot].buffers[array].pointer + index * size)
        }
      }
    }

    func batch(_ step: Int) -> [UnsafePointer<Scalar>] {
      precondition(step >= 0, "the batch of step \(step)")
      if pending >= 0 {
        done.wait()
        pending = -1
      }
      var slot = slots[0].step == step ? 0 : slots[1].step == step ? 1 : -1
      if slot < 0 {
        slot = 0
        slots[0].step = step
        fill(0)
      }
      // The other one for what will most likely be asked for next.
      let other = 1 - slot
      if !isWhole, slots[other].step != step + 1 {
        slots[other].step = step + 1
        pending = other
        asked.signal()
      }
      return slots[slot].pointers
    }
  }
}
