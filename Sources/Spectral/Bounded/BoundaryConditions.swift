import Equations
import Geometry

/// The conditions of every variable on every side of a box, with their data.
struct BoundaryConditions: Sendable {
  /// One condition a u + b ∂u/∂n = g, scaled.
  struct Entry: Sendable {
    var factors: EndConditions.Factors
    /// g as a lowered formula of coordinates and time.
    var data: Node
    var text: String
  }

  /// By unknown, axis and side (0 lower, 1 upper).
  private let entries: [[[Entry?]]]

  /// Collects the conditions of a system.
  ///
  /// A velocity v with ∂u/∂t = c v and no conditions of its own takes those of u, differentiated in time.
  ///
  /// - Throws: ``EquationError`` when data cannot be differentiated in time.
  init(_ system: PDESystem) throws {
    var entries: [[[Entry?]]] = Array(
      repeating: Array(repeating: [nil, nil], count: system.dimension), count: system.unknowns.count)
    for condition in system.boundary {
      guard condition.value != 0 || condition.normal != 0 else {
        throw EquationError(
          "the condition '\(condition.text)' has no unknown: write it as u == g or dn(u) == g")
      }
      let (factors, scale) = EndConditions.Factors.scaled(value: condition.value, normal: condition.normal)
      entries[condition.unknown][condition.side.axis.rawValue][condition.side.isUpper ? 1 : 0] = Entry(
        factors: factors, data: .constant(1 / scale) * condition.data, text: condition.text)
    }
    for row in system.rows {
      guard row.terms.isEmpty, row.mass.count == 1, row.linear.count == 1, row.mass[0].orders == .zero,
        row.linear[0].orders == .zero
      else { continue }
      let (u, v) = (row.mass[0].unknown, row.linear[0].unknown)
      guard u != v, entries[v].joined().allSatisfy({ $0 == nil }) else { continue }
      let factor = -row.mass[0].coefficient / row.linear[0].coefficient
      entries[v] = try entries[u].map { sides in
        try sides.map { entry in
          guard var entry else { return nil }
          entry.data = .constant(factor) * (try entry.data.differentiated(.time))
          return entry
        }
      }
    }
    self.entries = entries
  }

  /// The condition of an unknown on a side.
  subscript(unknown: Int, side: Side) -> Entry? {
    entries[unknown][side.axis.rawValue][side.isUpper ? 1 : 0]
  }

  /// The factors on both sides of an axis.
  func ends(_ unknown: Int, _ axis: Axis) -> EndConditions {
    EndConditions(
      lower: self[unknown, Side(axis, upper: false)]?.factors,
      upper: self[unknown, Side(axis, upper: true)]?.factors)
  }
}
