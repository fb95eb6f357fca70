import Geometry

/// Where a problem is posed: in a box, whose bounds may contain parameters, in a region of any shape, or on a mesh.
public struct Domain: Sendable {
  /// One interval with symbolic bounds.
  public struct Interval: Sendable {
    public var lower: ScalarField
    public var upper: ScalarField
    public var isPeriodic: Bool
  }

  public var intervals: [Interval]
  /// The mesh, where the domain is given by one; `intervals` then bound it.
  public var mesh: Mesh?
  /// The region, where the domain is one; `intervals` then bound it, if it is bounded.
  public var region: Region?

  /// The region that a mesh fills, with the boundaries that the mesh names.
  public static func mesh(_ mesh: Mesh) -> Domain {
    let bounds = mesh.boundingBox
    return Domain(
      intervals: bounds.intervals.map {
        Interval(lower: ScalarField($0.lower), upper: ScalarField($0.upper), isPeriodic: false)
      }, mesh: mesh)
  }

  /// A region of any shape, with the boundaries that its bodies name: physics-informed models are trained on it as it is,
  /// classical solvers need a mesh of it.
  public static func region(_ region: Region) -> Domain {
    let bounds = region.roughBounds
    return Domain(
      intervals: (0..<region.dimension).map {
        Interval(lower: ScalarField(bounds[$0].0), upper: ScalarField(bounds[$0].1), isPeriodic: false)
      }, region: region)
  }

  /// The interval [a, b], or the circle of length b − a.
  public static func interval(_ a: ScalarField, _ b: ScalarField, periodic: Bool = false) -> Domain {
    Domain(intervals: [Interval(lower: a, upper: b, isPeriodic: periodic)])
  }

  /// The product of intervals, each periodic or bounded: `.box([(0, 1), (0, 2 * .pi)], periodic: [.y])`.
  public static func box(_ bounds: [(ScalarField, ScalarField)], periodic: [Axis] = []) -> Domain {
    precondition((1...3).contains(bounds.count), "a box has 1 to 3 axes, not \(bounds.count)")
    return Domain(
      intervals: zip(Axis.allCases, bounds).map { axis, bound in
        Interval(lower: bound.0, upper: bound.1, isPeriodic: periodic.contains(axis))
      })
  }

  /// The product of intervals, as the form that takes a list, without the brackets of a list, within which Swift does not
  /// turn numbers beside parameters into fields: `.box((0, 1), (0, length), periodic: [.x])`.
  public static func box(_ bounds: (ScalarField, ScalarField)..., periodic: [Axis] = []) -> Domain {
    box(bounds, periodic: periodic)
  }

  /// The rectangle [x0, x1] × [y0, y1].
  public static func rectangle(
    _ x: (ScalarField, ScalarField), _ y: (ScalarField, ScalarField), periodic: [Axis] = []
  ) -> Domain { box([x, y], periodic: periodic) }

  /// The periodic box [a, b)ᵈ.
  public static func torus(_ a: ScalarField, _ b: ScalarField, dimension: Int) -> Domain {
    box(Array(repeating: (a, b), count: dimension), periodic: Axis.allCases)
  }

  /// The box [a, b]ᵈ without periodic sides.
  public static func cube(_ a: ScalarField, _ b: ScalarField, dimension: Int) -> Domain {
    box(Array(repeating: (a, b), count: dimension))
  }

  public var dimension: Int { intervals.count }

  /// The box with the given parameter values.
  ///
  /// - Throws: ``EquationError`` when a bound is not a number or an interval is empty.
  public func resolved(_ parameters: ParameterValues) throws -> Box {
    if let geometry = try geometry() { return geometry.bounds }
    let box = try zip(Axis.allCases, intervals).map { axis, interval in
      let bounds = try [interval.lower, interval.upper].map { bound in
        guard let value = bound.node.bound(to: parameters).constantValue, value.isFinite else {
          throw EquationError(
            "the bound \(bound) of the domain along \(axis.name) is not a number: use numbers and parameters only"
          )
        }
        return value
      }
      guard bounds[1] > bounds[0] else {
        throw EquationError(
          "the domain is empty along \(axis.name), from \(bounds[0]) to \(bounds[1]): give the lower bound first"
        )
      }
      return Box.Interval(bounds[0], bounds[1], periodic: interval.isPeriodic)
    }
    return Box(box)
  }

  /// The region, checked; nil for boxes and meshes.
  ///
  /// - Throws: ``EquationError`` that says what is wrong with it.
  public func geometry() throws -> RegionGeometry? {
    do { return try region.map { try RegionGeometry($0) } } catch {
      throw EquationError("the domain cannot be used, because \(error)")
    }
  }
}
