import Ansatz
import CKernels
import Foundation

/// What the memory allows: the seconds that an iteration of conjugate gradients takes against those that its data takes
/// to pass through.
enum MemoryBound {
  /// Bytes per second of the triad x = y + a z on all threads, 24 bytes an element (McCalpin 1995), on arrays of 480 MB,
  /// which no cache holds; the fastest of the runs.
  static func triadBandwidth(runs: Int = 9) -> Double {
    let (count, tile) = (20_000_000, 40_000)
    let (x, y, z) = (
      Buffer<Double>(uninitialized: count), Buffer<Double>(uninitialized: count),
      Buffer<Double>(uninitialized: count)
    )
    let region = ParallelRegion(tiles: count / tile) { index, _ in
      ck_triad_d(
        x.pointer + index * tile, y.pointer + index * tile, z.pointer + index * tile, 0.5, Int64(tile))
    }
    // Pages belong to the thread that touches them first.
    WorkerPool.shared.forEach(tiles: count / tile) { index, _ in
      for buffer in [x, y, z] { (buffer.pointer + index * tile).update(repeating: 1, count: tile) }
    }
    let seconds = (0..<runs).map { _ in
      let start = DispatchTime.now()
      WorkerPool.shared.run(region)
      return start.seconds(to: .now())
    }
    return 24 * Double(count) / seconds.min()!
  }

  /// The bytes of one iteration of conjugate gradients: an entry's value and index, where rows start, and twelve passes
  /// over a vector.
  static func bytes(_ matrix: SparseMatrix<Double>) -> Double {
    12 * Double(matrix.entryCount) + (4 + 96) * Double(matrix.rows)
  }

  /// The seconds of one iteration, from the difference between runs of 50 and 150 iterations, the fastest of five each;
  /// nil where the system is solved before.
  static func secondsPerIteration(
    _ item: SolverCase, preconditioner: (any PreparedPreconditioner<Double>)?
  ) throws -> Double? {
    func run(_ limit: Int) throws -> (seconds: Double, iterations: Int) {
      // No tolerance can be met by rounding numbers, so that the limit ends the iteration.
      let method = ConjugateGradient(.relative(1e-300, iterationLimit: limit))
      let results = try (0..<5).map { _ in
        try method.solve(item.matrix, item.rightHandSide, preconditioner: preconditioner).statistics
      }
      return (results.map(\.seconds).min()!, results[0].iterations)
    }
    let (short, long) = (try run(50), try run(150))
    guard long.iterations > short.iterations + 50 else { return nil }
    return (long.seconds - short.seconds) / Double(long.iterations - short.iterations)
  }
}
