/// The environment variable `ANSATZ_THREADS` holds something that is not a number of threads.
public struct ThreadCountError: Error, CustomStringConvertible, Equatable {
  /// What the variable holds.
  public let value: String

  /// The refusal of `value`.
  public init(value: String) { self.value = value }

  /// What the variable holds, and what it should.
  public var description: String {
    "ANSATZ_THREADS is \"\(value)\", but must be a whole number from 1 to \(WorkerPool.maximumThreads); "
      + "correct it, or unset it to use every core."
  }
}
