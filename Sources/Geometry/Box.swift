/// A coordinate direction.
public enum Axis: Int, CaseIterable, Hashable, Sendable, Codable {
  case x, y, z

  /// The coordinate's letter.
  public var name: String { ["x", "y", "z"][rawValue] }
}

/// One of the two ends of a box along an axis: the lower (left, bottom, back) or the upper (right, top, front).
public struct Side: Hashable, Sendable, Codable {
  public var axis: Axis
  public var isUpper: Bool

  /// The side of `axis` at its lower or upper bound.
  public init(_ axis: Axis, upper isUpper: Bool) {
    self.axis = axis
    self.isUpper = isUpper
  }

  /// "left", "right", "bottom", "top", "back" or "front".
  public var name: String {
    switch axis {
    case .x: isUpper ? "right" : "left"
    case .y: isUpper ? "top" : "bottom"
    case .z: isUpper ? "front" : "back"
    }
  }
}

/// A set of sides of a box.
public struct Sides: OptionSet, Hashable, Sendable {
  public let rawValue: Int

  /// The set with the bit pattern `rawValue`: bit 2·axis for the lower side, the next for the upper one.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The set of one side.
  public init(_ side: Side) { self.init(rawValue: 1 << (2 * side.axis.rawValue + (side.isUpper ? 1 : 0))) }

  public static let left = Sides(Side(.x, upper: false))
  public static let right = Sides(Side(.x, upper: true))
  public static let bottom = Sides(Side(.y, upper: false))
  public static let top = Sides(Side(.y, upper: true))
  public static let back = Sides(Side(.z, upper: false))
  public static let front = Sides(Side(.z, upper: true))
  /// Both sides of the first, second or third axis.
  public static let x: Sides = [.left, .right]
  public static let y: Sides = [.bottom, .top]
  public static let z: Sides = [.back, .front]
  /// Every side that the domain has.
  public static let all = Sides(rawValue: 0b111111)

  /// The sides of the set on a box with `dimension` axes.
  public func members(dimension: Int) -> [Side] {
    Axis.allCases.prefix(dimension).flatMap { [Side($0, upper: false), Side($0, upper: true)] }
      .filter { contains(Sides($0)) }
  }
}

/// An axis-aligned box in one to three dimensions, each axis bounded or periodic.
public struct Box: Hashable, Sendable, Codable {
  /// One interval of the box.
  public struct Interval: Hashable, Sendable, Codable {
    public var lower: Double
    public var upper: Double
    public var isPeriodic: Bool

    /// The interval [lower, upper], or the circle of that length.
    public init(_ lower: Double, _ upper: Double, periodic: Bool) {
      (self.lower, self.upper, self.isPeriodic) = (lower, upper, periodic)
    }

    public var length: Double { upper - lower }
  }

  public var intervals: [Interval]

  /// The product of one to three intervals of positive length.
  public init(_ intervals: [Interval]) {
    precondition((1...3).contains(intervals.count), "a box has 1 to 3 axes, not \(intervals.count)")
    precondition(
      intervals.allSatisfy { $0.length > 0 && $0.length.isFinite },
      "every interval of a box has a positive length")
    self.intervals = intervals
  }

  public var dimension: Int { intervals.count }
  /// Length, area or volume.
  public var volume: Double { intervals.reduce(1) { $0 * $1.length } }
  public var isPeriodic: Bool { intervals.allSatisfy(\.isPeriodic) }
}
