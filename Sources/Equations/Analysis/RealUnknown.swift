import Geometry

/// One real scalar of the lowered system: a scalar unknown, a component of a vector, a part of a complex unknown, or
/// the velocity ∂u/∂t that a second-order equation needs.
public struct RealUnknown: Hashable, Sendable {
  /// What the scalar is of its unknown.
  public enum Role: Hashable, Sendable {
    case value
    case component(Axis)
    case realPart, imaginaryPart
  }

  /// "u", "u_x", "psi_re", "psi_im"; with the suffix "_t" for a velocity.
  public var name: String
  public var source: Unknown
  public var role: Role
  /// Whether this is the time derivative of its source.
  public var isVelocity: Bool
}

/// Where the unknowns of a problem lie in the list of real unknowns.
struct UnknownLayout {
  var dimension: Int
  var unknowns: [RealUnknown] = []
  var first: [Unknown: Int] = [:]

  init(_ sources: [Unknown], dimension: Int) {
    self.dimension = dimension
    for source in sources {
      first[source] = unknowns.count
      let add = { (suffix: String, role: RealUnknown.Role) in
        RealUnknown(name: source.name + suffix, source: source, role: role, isVelocity: false)
      }
      switch source.kind {
      case .scalar: unknowns.append(add("", .value))
      case .complex: unknowns += [add("_re", .realPart), add("_im", .imaginaryPart)]
      case .vector:
        unknowns += Axis.allCases.prefix(dimension).map { add("_" + $0.name, .component($0)) }
      }
    }
  }

  /// The index of the first real unknown of `source`.
  func index(of source: Unknown) throws -> Int {
    guard let index = first[source] else {
      throw EquationError(
        "'\(source.name)' is not an unknown of any equation: remove it or add its equation")
    }
    return index
  }
}
