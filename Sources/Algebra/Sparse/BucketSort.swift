import CKernels
import Tensors

/// Counting sorts of entries by an index, in parallel and stable: the result does not depend on how the entries are
/// cut into chunks, so there are as many chunks as threads.
struct BucketSort {
  /// Where each bucket begins, and the number of entries at the end.
  let starts: Buffer<Int32>
  /// Where the entries of each chunk begin within each bucket.
  private let cursors: Buffer<Int32>
  private let buckets: Int
  private let chunks: Int
  private let bounds: [Int]

  /// Counts the indices of chunks, of which chunk c holds the entries `bounds[c] ..< bounds[c + 1]`.
  init(_ indices: UnsafePointer<Int32>, buckets: Int, bounds: [Int], pool: WorkerPool) {
    let chunks = bounds.count - 1
    let counts = Buffer<Int32>(count: chunks * buckets)
    pool.forEach(tiles: chunks) { chunk, _ in
      ck_count_indices(
        counts.pointer + chunk * buckets, indices, Int64(bounds[chunk]), Int64(bounds[chunk + 1]))
    }
    starts = Buffer(uninitialized: buckets + 1)
    ck_bucket_starts(starts.pointer, counts.pointer, Int64(buckets), Int64(chunks))
    (cursors, self.buckets, self.chunks, self.bounds) = (counts, buckets, chunks, bounds)
  }

  /// Calls `scatter` for every chunk with the places of its entries, once: the places advance.
  func scatter(
    pool: WorkerPool, _ scatter: (_ chunk: Int, _ cursor: UnsafeMutablePointer<Int32>) -> Void
  ) {
    pool.forEach(tiles: chunks) { chunk, _ in scatter(chunk, cursors.pointer + chunk * buckets) }
  }

  /// `count` entries cut into equal chunks, one per thread.
  static func bounds(entries count: Int, pool: WorkerPool) -> [Int] {
    // Counting costs a pass over the buckets of every chunk: few entries are one chunk.
    let chunks = count < 10_000 ? 1 : pool.threadCount
    return (0...chunks).map { count * $0 / chunks }
  }
}

extension SparsityPattern {
  /// Rows cut into one chunk per thread with about equally many entries: for loops whose result does not depend on the
  /// cuts.
  func balancedRows(pool: WorkerPool) -> [Int] {
    let chunks = entryCount < 10_000 ? 1 : pool.threadCount
    var bounds = [0]
    for chunk in 1..<max(chunks, 1) {
      let target = Int32(entryCount * chunk / chunks)
      var (low, high) = (bounds.last!, rows)
      while low < high {
        let middle = (low + high) / 2
        if rowStarts.pointer[middle] < target { low = middle + 1 } else { high = middle }
      }
      bounds.append(low)
    }
    return bounds + [rows]
  }
}
