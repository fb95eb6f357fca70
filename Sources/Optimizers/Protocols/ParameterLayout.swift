/// How the parameters of a model lie in one flat vector: named segments, one after another and without gaps.
public struct ParameterLayout: Hashable, Sendable {
  /// One parameter array of a model.
  public struct Segment: Codable, Hashable, Sendable {
    /// The name, by position in the model: `layers.0.weight`.
    public let name: String
    /// The array's shape, row-major. Of complex numbers where `isComplex`.
    public let shape: [Int]
    /// Where its numbers lie in the vector.
    public let range: Range<Int>
    /// Whether the numbers are pairs of a real and an imaginary part.
    public let isComplex: Bool
  }

  /// The segments in the order of the vector.
  public let segments: [Segment]

  /// The length of the vector.
  public var count: Int { segments.last?.range.upperBound ?? 0 }

  /// A layout of no segments, to append to.
  public init() { segments = [] }

  private init(segments: [Segment]) { self.segments = segments }

  /// A layout of one segment with `count` numbers.
  public init(count: Int) {
    self = ParameterLayout().appending("parameters", shape: [count])
  }

  /// The layout with one more segment at its end. Names are unique.
  public func appending(_ name: String, shape: [Int], isComplex: Bool = false) -> ParameterLayout {
    precondition(shape.allSatisfy { $0 >= 0 }, "the parameter \(name) cannot have the shape \(shape)")
    precondition(!segments.contains { $0.name == name }, "two parameters have the name \(name)")
    let length = shape.reduce(1, *) * (isComplex ? 2 : 1)
    let segment = Segment(name: name, shape: shape, range: count..<count + length, isComplex: isComplex)
    return ParameterLayout(segments: segments + [segment])
  }

  /// The segment of a name.
  public subscript(name: String) -> Segment? { segments.first { $0.name == name } }

  /// The segments that satisfy a condition, as a vector of their own.
  public func filter(_ isIncluded: (Segment) -> Bool) -> ParameterLayout {
    segments.filter(isIncluded).reduce(ParameterLayout()) {
      $0.appending($1.name, shape: $1.shape, isComplex: $1.isComplex)
    }
  }

  /// Ranges of real and of complex numbers, as long as can be.
  var runs: [(range: Range<Int>, isComplex: Bool)] {
    var runs: [(range: Range<Int>, isComplex: Bool)] = []
    for segment in segments where !segment.range.isEmpty {
      if let last = runs.last, last.isComplex == segment.isComplex {
        runs[runs.count - 1].range = last.range.lowerBound..<segment.range.upperBound
      } else {
        runs.append((segment.range, segment.isComplex))
      }
    }
    return runs
  }
}

extension ParameterLayout: Codable {
  /// Writes the list of segments.
  public func encode(to encoder: any Encoder) throws { try segments.encode(to: encoder) }

  /// Reads a list of segments.
  /// - Throws: `DecodingError` where segments overlap, leave gaps, share a name, or do not have their shape's length.
  public init(from decoder: any Decoder) throws {
    let segments = try [Segment](from: decoder)
    var (end, names) = (0, Set<String>())
    for segment in segments {
      let length = segment.shape.reduce(segment.isComplex ? 2 : 1) {
        $0.multipliedReportingOverflow(by: $1).partialValue
      }
      guard segment.range.lowerBound == end, segment.range.count == length,
        segment.shape.allSatisfy({ $0 >= 0 }), names.insert(segment.name).inserted
      else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription: "The parameter \(segment.name) of shape \(segment.shape) cannot lie at "
              + "\(segment.range), after \(end) numbers; the file is damaged, write it again."))
      }
      end = segment.range.upperBound
    }
    self.segments = segments
  }
}
