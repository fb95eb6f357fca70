import Geometry

/// A problem lowered to real scalar equations M ∂u/∂t + K u + Σ terms = 0 with constant-coefficient linear parts M, K.
///
/// Every classical discretisation starts from this: it says what is linear, what is not, and what each term is.
public struct PDESystem: Sendable {
  /// coefficient · ∂ᵅ u of one unknown.
  public struct LinearTerm: Hashable, Sendable {
    /// What the derivative is multiplied by.
    public var coefficient: Double
    /// The place of the unknown among ``PDESystem/unknowns``.
    public var unknown: Int
    /// The orders of the derivative along the axes.
    public var orders: MultiIndex
  }

  /// One scalar equation.
  public struct Row: Sendable {
    /// The equation as the user wrote it.
    public var text: String
    /// M: what multiplies ∂u/∂t.
    public var mass: [LinearTerm]
    /// K: the linear terms with constant coefficients.
    public var linear: [LinearTerm]
    /// Everything else: products, variable coefficients, sources.
    public var terms: [ExpandedTerm]
  }

  /// a u + b ∂u/∂n = g on one side.
  public struct BoundaryCondition: Sendable {
    /// Where it holds.
    public var side: Side
    /// The place of u among ``PDESystem/unknowns``.
    public var unknown: Int
    /// a.
    public var value: Double
    /// b; the normal points outwards.
    public var normal: Double
    /// g, a formula of coordinates and time.
    public var data: Node
    /// The condition as the user wrote it.
    public var text: String
  }

  /// A condition on boundaries of a mesh: a u + b ∂u/∂n = g, or a flux.
  public struct NamedCondition: Sendable {
    /// The names of the boundaries; empty for every boundary that no other condition of the unknown names.
    public var names: [String]
    /// The place of u among ``PDESystem/unknowns``.
    public var unknown: Int
    /// a; zero for a flux.
    public var value: Node
    /// b; zero for a flux.
    public var normal: Node
    /// g, or the prescribed flux F·n of the unknown's equation.
    public var data: Node
    /// Whether `data` is a flux.
    public var isFlux: Bool
    /// The condition as the user wrote it.
    public var text: String
  }

  /// The problem's name.
  public var name: String
  /// The domain, or the box around it.
  public var box: Box
  /// The mesh that fills the domain, where it is given by one.
  public var mesh: Mesh?
  /// Whether the domain is a region of any shape, which classical solvers do not take without a mesh of it.
  public var isRegion = false
  /// The real unknowns, in the order in which terms count them.
  public var unknowns: [RealUnknown]
  /// The equations, one real row each.
  public var rows: [Row]
  /// Conditions on the sides of a box.
  public var boundary: [BoundaryCondition]
  /// Conditions for methods on meshes: those of named boundaries, and those of sides under the sides' names.
  public var namedBoundary: [NamedCondition]
  /// Initial values by unknown; those that constraints determine have none.
  public var initial: [Node?]
  /// Exact solutions by unknown, where the problem states them.
  public var exact: [Node?]
  /// Quantities that are derived from the unknowns.
  public var derived: [LoweredQuantity]
  /// The equations with parameters bound.
  var equations: [Equation]
  var layout: UnknownLayout

  /// The number of spatial axes.
  public var dimension: Int { box.dimension }
  /// Whether any equation has a time derivative.
  public var isEvolution: Bool { rows.contains { !$0.mass.isEmpty } }
  /// Unknowns with a time derivative.
  public var differential: [Int] {
    unknowns.indices.filter { u in rows.contains { $0.mass.contains { $0.unknown == u } } }
  }
  /// Unknowns that constraints determine.
  public var algebraic: [Int] { unknowns.indices.filter { !differential.contains($0) } }

  /// The highest polynomial degree of the nonlinear terms: 0 without any, nil when a term is no polynomial.
  public var degree: Int? {
    var degree = 0
    for term in rows.flatMap(\.terms) {
      guard let d = term.degree else { return nil }
      degree = max(degree, d)
    }
    return degree
  }

  /// The jets that the nonlinear terms and variable-coefficient terms evaluate.
  public var jets: [Jet] {
    var found: Set<Jet> = []
    for term in rows.flatMap(\.terms) {
      for factor in term.factors { factor.node.visit { if case .jet(let jet) = $0 { found.insert(jet) } } }
    }
    return found.sorted { ($0.unknown, $0.orders) < ($1.unknown, $1.orders) }
  }
}

/// A derived quantity over jets.
public struct LoweredQuantity: Sendable {
  /// A field with its components, or a number per time.
  public enum Kind: Sendable { case field, integral, mean }

  /// What fields and columns of numbers are called.
  public var name: String
  /// A field, or what kind of number.
  public var kind: Kind
  /// Formulas over jets: one per component, one for a number.
  public var components: [Node]

  /// A quantity with the given components over jets.
  public init(name: String, kind: Kind, components: [Node]) {
    (self.name, self.kind, self.components) = (name, kind, components)
  }
}
