import Equations
import Geometry

/// An equation's residual, sorted by how its terms act on coefficient arrays.
struct SpectralTerms {
  /// coefficient · ∂ᵅ of one field.
  struct Linear: Hashable {
    var coefficient: Double
    var field: Int
    /// Orders of the derivative along each axis of the grid, time last.
    var orders: [Int]
  }

  let text: String
  /// The residual as it was lowered.
  let node: Node
  private(set) var linear: [Linear] = []
  /// Products of fields, and of fields with functions of the coordinates: what is formed at points.
  private(set) var products: Node = .zero
  /// What does not depend on any field.
  private(set) var known: Node = .zero
  /// How many fields are multiplied at most: 1 without products.
  private(set) var degree = 1
  /// Whether products of `degree` fields are all that there is, so that points of the dealiased grid lose nothing.
  private(set) var isPolynomial = true

  /// Sorts the terms of a residual.
  ///
  /// - Throws: `EquationError` naming a term that series cannot take.
  init(_ residual: PointwiseSystem.Residual, axes: Int, hasTime: Bool) throws {
    (text, node) = (residual.text, residual.node)
    try Self.checkSmooth(residual.node, residual.text)
    var (products, known): ([Node], [Node]) = ([], [])
    for term in try residual.node.expandedTerms() {
      guard term.outer == .zero else {
        throw EquationError(
          "a derivative of a product is left in '\(residual.text)': carry it out, or take the model 'pinn'")
      }
      let node = Node.constant(term.coefficient) * term.product
      if !term.dependsOnUnknowns {
        known.append(node)
      } else if let jet = term.linearJet {
        linear.append(
          Linear(coefficient: term.coefficient, field: jet.unknown, orders: Self.orders(jet, axes, hasTime)))
      } else {
        products.append(node)
        degree = max(degree, count(term))
      }
    }
    self.products = .sum(of: products)
    self.known = .sum(of: known)
    guard !linear.isEmpty || self.products != .zero else {
      throw EquationError("'\(residual.text)' says nothing about any field: remove the equation")
    }
    guard degree <= 6 else {
      throw EquationError(
        "'\(residual.text)' multiplies \(degree) fields, for which a grid without aliasing has \(degree) times the modes "
          + "along every axis: take the model 'pinn'")
    }
  }

  static func orders(_ jet: Jet, _ axes: Int, _ hasTime: Bool) -> [Int] {
    Axis.allCases.prefix(hasTime ? axes - 1 : axes).map { jet.orders[$0] } + (hasTime ? [jet.timeOrder] : [])
  }

  /// The number of factors that are fields; a function of the coordinates counts as one, other functions of fields as two.
  private mutating func count(_ term: ExpandedTerm) -> Int {
    var (fields, hasCoordinates) = (0, false)
    for factor in term.factors {
      if case .jet = factor.node {
        fields += factor.power
      } else if factor.node.dependsOnUnknowns {
        isPolynomial = false
        fields += 2 * factor.power
      } else {
        hasCoordinates = true
      }
    }
    return min(fields, isPolynomial ? fields : 4) + (hasCoordinates ? 1 : 0)
  }

  /// Refuses what jumps or has kinks: its series converge too slowly to stand for it.
  static func checkSmooth(_ node: Node, _ text: String) throws {
    var culprit: Node?
    node.visit { node in
      switch node {
      case .function(.abs, _), .function(.sign, _), .function(.step, _), .binary, .region, .normal:
        culprit = culprit ?? node
      case .random: culprit = culprit ?? node
      default: break
      }
    }
    guard let culprit else { return }
    if case .random = culprit {
      throw EquationError(
        "'\(text)' has a random field, which differs from sample to sample: name it as an input of the network"
      )
    }
    throw EquationError(
      "'\(culprit)' in '\(text)' has jumps or kinks, and series of smooth functions converge slowly to those: take the "
        + "model 'pinn', or a smooth form such as √(u² + ε²) or tanh(u/ε)")
  }
}
