import Foundation
import Tensors

/// A parallel loop over the entries of a product, kept with its arguments so that a run allocates nothing.
///
/// Of calls at the same time the first one runs on all threads of the pool, or serially within a region of it; the others
/// run serially on their own thread. The bits are the same.
final class ProductRegion<Scalar: Real>: @unchecked Sendable {
  // Unchecked: arguments are written by the holder of the lock alone, and read within its run.

  /// What a call works on.
  struct Arguments {
    var a: UnsafePointer<Scalar>
    var b: UnsafePointer<Scalar>
    var result: UnsafeMutablePointer<Scalar>
    var first: [Int]
    var second: [Int]
  }

  private let lock = NSLock()
  private let body: @Sendable (Int, Arguments) -> Void
  private var arguments: Arguments?
  private var region: ParallelRegion?

  /// A loop that calls `body` for every tile.
  init(_ body: @escaping @Sendable (Int, Arguments) -> Void) { self.body = body }

  /// Runs all tiles.
  func run(_ own: Arguments, tiles: Int) {
    guard tiles > 1, lock.try() else {
      for tile in 0..<tiles { body(tile, own) }
      return
    }
    defer { lock.unlock() }
    arguments = own
    if region?.tiles != tiles {
      region = ParallelRegion(tiles: tiles) { [unowned self] tile, _ in body(tile, arguments!) }
    }
    WorkerPool.shared.run(region!)
    arguments = nil
  }
}
