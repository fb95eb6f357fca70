import Equations
import Geometry

/// A weak form: for every test function v_i of equation i, Σ ∫ integrand · ∂v_i = 0 over cells and boundaries.
///
/// ``init(_:)`` derives one from a problem's equations and conditions; a form of one's own is a sum of integrals over test
/// functions, see ``integral(_:of:)``.
public struct WeakForm: Sendable {
  /// Where a term is integrated.
  public enum Place: Hashable, Sendable {
    /// Over all cells.
    case cells
    /// Over the boundary, or a named part of it.
    case boundary(BoundaryPart)
  }

  /// A part of the boundary.
  public struct BoundaryPart: Hashable, Sendable {
    /// The names of the boundaries that belong to it; empty for the whole boundary.
    public var names: [String]
    /// Boundaries that do not belong to it.
    public var except: [String]

    /// The boundaries with some names, or the whole boundary but for others.
    public init(_ names: [String] = [], except: [String] = []) { (self.names, self.except) = (names, except) }
  }

  /// One integral.
  public struct Term: Sendable {
    /// Where to integrate.
    public var place: Place
    /// The equation, that is the unknown whose test function enters.
    public var test: Int
    /// The axis along which the test function is differentiated, if it is.
    public var derivative: Axis?
    /// What multiplies the test function: a lowered node over jets, coordinates, time, normals and regions.
    public var integrand: Node

    /// An integral of `integrand` times the test function or its derivative.
    public init(_ integrand: Node, test: Int, derivative: Axis? = nil, over place: Place = .cells) {
      (self.place, self.test, self.derivative, self.integrand) = (place, test, derivative, integrand)
    }
  }

  /// The integrals.
  public var terms: [Term]

  /// A form of given integrals.
  public init(terms: [Term]) { self.terms = terms }

  /// The places of the integrals, cells first, then boundaries in the order of the terms.
  var places: [Place] {
    var found: [Place] = []
    for term in terms where !found.contains(term.place) { found.append(term.place) }
    return found.filter { $0 == .cells } + found.filter { $0 != .cells }
  }
}
