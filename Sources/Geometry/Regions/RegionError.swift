/// A region that cannot be used.
public enum RegionError: Error, Equatable, CustomStringConvertible, Sendable {
  /// A body without points.
  case emptyBody(String)
  /// Sides of a polygon that meet elsewhere than at their common corner.
  case crossingSides(Int, Int)
  /// A polygon with too few corners, or with one that is no point.
  case corners(String)
  /// Names that are not one per side.
  case wrongNames(given: Int, sides: Int)
  /// Bodies, or a shift, of different dimensions.
  case mixedDimensions(Int, Int)
  /// A rotation that the dimension has not.
  case rotation(Int)
  /// A combination without points.
  case empty
  /// A combination that reaches to infinity.
  case unbounded
  /// A boundary that does not exist, or of which nothing is left.
  case unknownBoundary(name: String, known: [String])
  /// A surface of triangles that encloses nothing.
  case surface(String)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .emptyBody(let what): "\(what) has no points: give bounds in ascending order and positive sizes"
    case .crossingSides(let a, let b):
      "sides \(a) and \(b) of the polygon meet: list the corners along the boundary, so that sides touch at common "
        + "corners only"
    case .corners(let what): "\(what): give at least three different corners with finite coordinates"
    case .wrongNames(let given, let sides):
      "\(given) names are given for the \(sides) sides of a polygon: give one for all, or one for each side"
    case .mixedDimensions(let a, let b):
      "something in \(Self.text(b)) is applied to a region in \(Self.text(a)): use the same number"
    case .rotation(let d):
      d == 3
        ? "a rotation in three dimensions needs an axis of positive length: write rotated(by:axis:)"
        : d == 2
          ? "a rotation in the plane has no axis: write rotated(by:about:)" : "an interval cannot be rotated"
    case .empty: "the region has no points: see that its parts overlap where they are intersected"
    case .unbounded: "the region reaches to infinity: intersect it with a bounded one"
    case .unknownBoundary(let name, let known):
      "the region has no boundary '\(name)': it has "
        + (known.isEmpty ? "none with a name" : known.joined(separator: ", "))
    case .surface(let what): what
    }
  }

  private static func text(_ d: Int) -> String { d == 1 ? "1 dimension" : "\(d) dimensions" }
}
