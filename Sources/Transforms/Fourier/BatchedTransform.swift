import Tensors

/// Runs one single-thread plan over many arrays that follow one another, several at a time.
enum BatchedTransform {
  /// Calls `plan` for each of `batch` arrays of `inputCount` and `outputCount` scalars.
  ///
  /// A plan relies on the alignment it was made for, which arrays in the middle of a tensor may not have: those are
  /// copied through scratch memory.
  static func run<Scalar: FFTScalar>(
    batch: Int, input: UnsafePointer<Scalar>, inputCount: Int, output: UnsafeMutablePointer<Scalar>,
    outputCount: Int,
    destroysInput: Bool, plan: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let workers = WorkerPool.shared.threadCount
    let alignment = 16 / MemoryLayout<Scalar>.stride
    let copiesInput = destroysInput || inputCount % alignment != 0 && batch > 1
    let copiesOutput = outputCount % alignment != 0 && batch > 1
    let inputs = copiesInput ? (0..<workers).map { _ in Buffer<Scalar>(uninitialized: inputCount) } : []
    let outputs = copiesOutput ? (0..<workers).map { _ in Buffer<Scalar>(uninitialized: outputCount) } : []
    WorkerPool.shared.forEach(tiles: batch) { index, worker in
      var source = UnsafeMutablePointer(mutating: input) + index * inputCount
      if copiesInput {
        inputs[worker].pointer.update(from: source, count: inputCount)
        source = inputs[worker].pointer
      }
      let target = output + index * outputCount
      if copiesOutput {
        plan(source, outputs[worker].pointer)
        target.update(from: outputs[worker].pointer, count: outputCount)
      } else {
        plan(source, target)
      }
    }
  }
}
