/// A part of the line, the plane or space, put together from simple bodies: what a domain of any shape is stated as.
///
/// ```swift
/// let plate = Region.rectangle((-0.5, 0.5), (-0.5, 0.5))
///   .subtracting(.disc(center: (0.3, 0.3), radius: 0.1), named: "hole")
/// ```
///
/// Every face of a body has a name, and what is left of it after unions, intersections and differences (constructive solid
/// geometry, Requicha 1980) is the boundary of that name. A region is a plan: ``RegionGeometry`` checks it, and measures it.
public struct Region: Sendable {
  /// How bodies are combined.
  indirect enum Tree: Sendable {
    case body(Int)
    case union(Tree, Tree)
    case intersection(Tree, Tree)
    case complement(Tree)

    func shifted(by count: Int) -> Tree {
      switch self {
      case .body(let i): .body(i + count)
      case .union(let a, let b): .union(a.shifted(by: count), b.shifted(by: count))
      case .intersection(let a, let b): .intersection(a.shifted(by: count), b.shifted(by: count))
      case .complement(let a): .complement(a.shifted(by: count))
      }
    }
  }

  /// A body and the names of its faces.
  struct Part: Sendable {
    var body: Body
    var names: [String]
  }

  /// The number of coordinates.
  public let dimension: Int
  var parts: [Part]
  var tree: Tree
  /// What is wrong with a body, said when the region is used: a plan is stated where nothing can be thrown.
  var flaw: RegionError?

  private init(_ dimension: Int, _ body: Body, names: [String], flaw: RegionError? = nil) {
    self.dimension = dimension
    parts = [Part(body: body, names: names)]
    tree = .body(0)
    self.flaw = flaw
  }

  // MARK: - Bodies

  /// The interval [a, b] with the boundaries "left" and "right".
  public static func interval(_ a: Double, _ b: Double) -> Region { box([(a, b)]) }

  /// The rectangle with the boundaries "left", "right", "bottom" and "top".
  public static func rectangle(_ x: (Double, Double), _ y: (Double, Double)) -> Region { box([x, y]) }

  /// The product of one to three intervals, with the boundaries of ``Side/name``.
  public static func box(_ bounds: [(Double, Double)]) -> Region {
    precondition((1...3).contains(bounds.count), "a box has 1 to 3 axes, not \(bounds.count)")
    var (center, half) = (SIMD3<Double>.zero, SIMD3<Double>(repeating: 1))
    var flaw: RegionError?
    for (i, bound) in bounds.enumerated() {
      center[i] = (bound.0 + bound.1) / 2
      half[i] = (bound.1 - bound.0) / 2
      if !(half[i] > 0 && half[i].isFinite) {
        flaw = flaw ?? .emptyBody("a box from \(bound.0) to \(bound.1) along \(Axis.allCases[i].name)")
      }
    }
    let sides = Sides.all.members(dimension: bounds.count)
    return Region(
      bounds.count, .box(center: center, half: half, frame: .identity), names: sides.map(\.name), flaw: flaw)
  }

  /// The disc with the boundary `name`.
  public static func disc(
    center: (Double, Double), radius: Double, named name: String = "circle"
  ) -> Region { round(2, SIMD3(center.0, center.1, 0), radius, name) }

  /// The ball with the boundary `name`.
  public static func ball(
    center: (Double, Double, Double), radius: Double, named name: String = "sphere"
  ) -> Region { round(3, SIMD3(center.0, center.1, center.2), radius, name) }

  private static func round(_ dimension: Int, _ center: SIMD3<Double>, _ radius: Double, _ name: String)
    -> Region
  {
    Region(
      dimension, .ball(center: center, radius: radius), names: [name],
      flaw: radius > 0 && radius.isFinite && center.isFinite
        ? nil : .emptyBody("a \(dimension == 2 ? "disc" : "ball") of radius \(radius)"))
  }

  /// The polygon with the given corners, in either sense, without crossings.
  ///
  /// - Parameter names: One name for the whole boundary, or one for each side, the first from corner 0 to corner 1.
  public static func polygon(_ corners: [(Double, Double)], named names: String...) -> Region {
    let names = names.isEmpty ? ["boundary"] : names
    let points = corners.map { SIMD2($0.0, $0.1) }
    let flaw = PolygonCheck(points).flaw
    let counted =
      names.count == 1
      ? Array(repeating: names[0], count: max(corners.count, 1)) : names
    // Clockwise corners are taken from the back; the side before corner i is then that between i and i + 1.
    let isReversed = flaw == nil && PolygonCheck.area(points) < 0
    return Region(
      2, .polygon(isReversed ? points.reversed() : points),
      names: isReversed ? Array(counted.dropLast().reversed()) + counted.suffix(1) : counted,
      flaw: flaw
        ?? (counted.count == corners.count
          ? nil : .wrongNames(given: counted.count, sides: corners.count)))
  }

  /// The half-plane behind a line: its points x have (x − through)·normal ≤ 0.
  public static func halfPlane(
    through point: (Double, Double), normal: (Double, Double), named name: String = "line"
  ) -> Region { half(2, SIMD3(point.0, point.1, 0), SIMD3(normal.0, normal.1, 0), name) }

  /// The half-space behind a plane: its points x have (x − through)·normal ≤ 0.
  public static func halfSpace(
    through point: (Double, Double, Double), normal: (Double, Double, Double), named name: String = "plane"
  ) -> Region { half(3, SIMD3(point.0, point.1, point.2), SIMD3(normal.0, normal.1, normal.2), name) }

  private static func half(_ d: Int, _ point: SIMD3<Double>, _ normal: SIMD3<Double>, _ name: String)
    -> Region
  {
    let length = (normal * normal).sum().squareRoot()
    let isFine = length > 0 && length.isFinite && point.isFinite
    let unit = isFine ? normal / length : SIMD3(1, 0, 0)
    return Region(
      d, .halfSpace(normal: unit, offset: (unit * point).sum()), names: [name],
      flaw: isFine ? nil : .emptyBody("a half-space whose normal has the length \(length)"))
  }

  /// The body within a closed surface of triangles, such as one read from an STL file.
  public static func surface(_ surface: TriangleSurface, named name: String = "surface") -> Region {
    Region(3, .surface(surface, .identity), names: [name])
  }

  // MARK: - Combinations

  /// The points of this region, of the other one, or of both.
  public func union(_ other: Region) -> Region { combined(other) { .union($0, $1) } }

  /// The points of both regions.
  public func intersection(_ other: Region) -> Region { combined(other) { .intersection($0, $1) } }

  /// The points of this region that are not of the other one.
  ///
  /// - Parameter name: The name of that part of the boundary which the other region leaves; where left out, the names of
  ///   its faces.
  public func subtracting(_ other: Region, named name: String? = nil) -> Region {
    combined(name.map { other.named($0) } ?? other) { .intersection($0, .complement($1)) }
  }

  /// This region with one name for its whole boundary.
  public func named(_ name: String) -> Region {
    var result = self
    for i in parts.indices { result.parts[i].names = parts[i].names.map { _ in name } }
    return result
  }

  /// This region with another name for the boundary called `old`; those that nothing is called by stay as they are.
  public func renaming(_ old: String, to name: String) -> Region {
    var result = self
    for i in parts.indices { result.parts[i].names = parts[i].names.map { $0 == old ? name : $0 } }
    return result
  }

  private func combined(_ other: Region, _ combine: (Tree, Tree) -> Tree) -> Region {
    var result = self
    result.parts += other.parts
    result.tree = combine(tree, other.tree.shifted(by: parts.count))
    result.flaw =
      flaw ?? other.flaw
      ?? (dimension == other.dimension ? nil : .mixedDimensions(dimension, other.dimension))
    return result
  }

  // MARK: - Motions

  /// This region, moved.
  public func translated(by shift: Double...) -> Region {
    var vector = SIMD3<Double>.zero
    for (i, value) in shift.prefix(3).enumerated() { vector[i] = value }
    return moved(
      Similarity(shift: vector),
      flaw: shift.count == dimension ? nil : .mixedDimensions(dimension, shift.count))
  }

  /// This plane region, turned counterclockwise by an angle in radians.
  public func rotated(by angle: Double, about center: (Double, Double) = (0, 0)) -> Region {
    moved(
      Similarity.rotation(by: angle, about: SIMD3(center.0, center.1, 0), axis: SIMD3(0, 0, 1)),
      flaw: dimension == 2 ? nil : .rotation(dimension))
  }

  /// This region of space, turned by an angle in radians about an axis, counterclockwise as seen from its tip.
  public func rotated(
    by angle: Double, axis: (Double, Double, Double), about center: (Double, Double, Double) = (0, 0, 0)
  ) -> Region {
    let vector = SIMD3(axis.0, axis.1, axis.2)
    let length = (vector * vector).sum().squareRoot()
    return moved(
      Similarity.rotation(
        by: angle, about: SIMD3(center.0, center.1, center.2),
        axis: length > 0 ? vector / length : SIMD3(0, 0, 1)),
      flaw: dimension == 3 && length > 0 ? nil : .rotation(dimension))
  }

  /// This region, magnified about the origin.
  public func scaled(by factor: Double) -> Region {
    moved(
      Similarity(scale: factor),
      flaw: factor > 0 && factor.isFinite ? nil : .emptyBody("a region scaled by \(factor)"))
  }

  private func moved(_ motion: Similarity, flaw: RegionError?) -> Region {
    var result = self
    result.flaw = self.flaw ?? flaw
    if result.flaw == nil { for i in parts.indices { result.parts[i].body = parts[i].body.moved(motion) } }
    return result
  }
}

extension SIMD3<Double> {
  var isFinite: Bool { x.isFinite && y.isFinite && z.isFinite }
}
