/// A loop over tiles whose body is kept, so that `WorkerPool.run` replays it without allocating.
///
/// The body receives the number of its tile and the number of the worker that runs it; no two tiles run at the same
/// time under the same worker number, so scratch memory may be indexed by it. Which worker runs a tile changes from
/// run to run: results must not depend on it.
public final class ParallelRegion: Sendable {
  /// The number of tiles.
  public let tiles: Int
  let body: @Sendable (_ tile: Int, _ worker: Int) -> Void

  /// A region of `tiles` tiles, each of which is one call of `body`.
  public init(tiles: Int, _ body: @escaping @Sendable (_ tile: Int, _ worker: Int) -> Void) {
    precondition(tiles >= 0, "a region cannot have \(tiles) tiles")
    self.tiles = tiles
    self.body = body
  }
}

extension ParallelRegion {
  /// Calls the body for every tile on the calling thread, as worker 0: for regions too small to share.
  public func runSerially() {
    for tile in 0..<tiles { body(tile, 0) }
  }
}
