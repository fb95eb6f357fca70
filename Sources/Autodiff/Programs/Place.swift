import Tensors

/// A number that grows with the samples of a tile.
struct Extent: Hashable {
  var perSample = 0
  var fixed = 0

  func callAsFunction(_ samples: Int) -> Int { perSample * samples + fixed }
}

/// Where a value lies, relative to one of the program's memories.
struct Place: Hashable {
  /// The memories of a program; inputs follow.
  enum Memory {
    /// Values of one tile, of one worker.
    static let tile = 0
    /// Values that all tiles share, and values kept for all tiles.
    static let shared = 1
    /// Sums of one lane.
    static let lane = 2
    static func input(_ index: Int) -> Int { 3 + index }
  }

  var memory: Int
  var offset: Int
  /// The distance of two samples, for values that are kept for all tiles.
  var perSample = 0
}

/// What a step needs to know of the tile that it runs on.
struct TileContext<Scalar: Real> {
  /// The addresses of the memories.
  let memories: UnsafePointer<UnsafeMutablePointer<Scalar>>
  /// Addresses that a fused kernel fills in.
  let slots: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>?>
  let sources: UnsafeMutablePointer<UnsafePointer<Scalar>?>
  /// Registers of fused kernels.
  let registers: UnsafeMutablePointer<Scalar>
  /// Memory that a step may use while it runs.
  let scratch: UnsafeMutablePointer<Scalar>
  /// The first sample of the tile, and how many there are.
  let first: Int
  let samples: Int
  /// Whether the lane's sums have nothing yet.
  let isFirstOfLane: Bool

  @inline(__always)
  func pointer(_ place: Place) -> UnsafeMutablePointer<Scalar> {
    memories[place.memory] + (place.offset + place.perSample * first)
  }
}

/// One kernel call of a program.
protocol ProgramStep<Scalar>: Sendable {
  associatedtype Scalar: Real
  func run(_ tile: TileContext<Scalar>)
  /// Floating-point operations for a number of samples.
  func operations(samples: Int) -> Int
  /// The step as programs print it.
  var description: String { get }
}
