/// A problem that is stated alike in several dimensions.
public protocol DimensionedProblem: Problem {
  /// The dimensions in which it can be posed.
  static var dimensions: ClosedRange<Int> { get }
  /// The dimension of its domain.
  var dimension: Int { get }
  /// The problem in a dimension, at its default parameters.
  ///
  /// - Precondition: `dimension` is one of `dimensions`.
  init(dimension: Int)
}
