import Tensors

/// A part of the samples of a dataset, in an order of its own.
public struct SampleSet: Hashable, Sendable {
  private let permutation: IndexPermutation
  private let range: Range<Int>

  init(_ permutation: IndexPermutation, _ range: Range<Int>) {
    (self.permutation, self.range) = (permutation, range)
  }

  /// How many samples there are.
  public var count: Int { range.count }

  /// The number in the dataset of sample `index` of this part.
  public subscript(index: Int) -> Int { permutation[range.lowerBound + index] }
}

/// Samples to train on, to choose the best parameters by, and to be kept for the end: disjoint parts of a dataset, drawn
/// by a seed.
public struct DataSplit: Hashable, Sendable {
  public let training: SampleSet
  public let validation: SampleSet
  public let test: SampleSet

  /// Streams of the seed for splits and for the order of epochs, far from those that weights and points are drawn from.
  static let stream: UInt64 = 5 << 60

  /// Splits samples.
  ///
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - validation: The part of them for validation, rounded to whole samples.
  ///   - test: The part of them for tests, rounded to whole samples.
  ///   - seed: What the parts are drawn by.
  /// - Throws: ``TrainingError`` where nothing is left to train on.
  public init(count: Int, validation: Double = 0.1, test: Double = 0, seed: UInt64 = 0) throws {
    precondition(
      (0...1).contains(validation) && (0...1).contains(test),
      "parts of \(validation) and \(test) of all samples")
    let permutation = IndexPermutation(count: count, seed: seed, stream: Self.stream)
    let (held, kept) = (
      Int((validation * Double(count)).rounded()), Int((test * Double(count)).rounded())
    )
    guard count - held - kept > 0 else {
      throw TrainingError(
        "of \(count) samples, \(held) for validation and \(kept) for tests leave none to train on: keep smaller parts"
      )
    }
    let end = count - held - kept
    training = SampleSet(permutation, 0..<end)
    self.validation = SampleSet(permutation, end..<end + held)
    self.test = SampleSet(permutation, end + held..<count)
  }
}
