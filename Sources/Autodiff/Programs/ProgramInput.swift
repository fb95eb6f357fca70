/// An input of a program: its shape, and whether its first axis is a batch that may be cut into tiles.
public struct ProgramInput: Hashable, Sendable {
  /// The number of elements along each axis.
  public var shape: [Int]
  /// Which batch the first axis runs over; nil for a value that all tiles share, such as weights.
  public var batch: Int?

  /// A value that all tiles share.
  public static func shared(_ shape: [Int]) -> ProgramInput { ProgramInput(shape: shape, batch: nil) }

  /// A value with one entry along axis 0 per sample of a batch. Inputs of one batch have equally many; programs with
  /// several kinds of points (inside, on a boundary) number their batches.
  public static func batched(_ shape: [Int], batch: Int = 0) -> ProgramInput {
    precondition(!shape.isEmpty, "a batched input has at least one axis")
    return ProgramInput(shape: shape, batch: batch)
  }
}
