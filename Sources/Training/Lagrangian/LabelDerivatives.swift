import Equations
import Geometry

/// Derivatives with respect to positions as formulas of derivatives with respect to labels.
///
/// With positions X(a, t) and M = ∂X/∂a, ∂u/∂xᵢ = Σⱼ (M⁻¹)ⱼᵢ ∂u/∂aⱼ, of any order by repetition: in one dimension u_x = u_a / X_a
/// and u_xx = (1/X_a) ∂ₐ(u_a / X_a). Where positions move, ∂ₜu at a fixed position is ∂ₜu at a fixed label − ∂ₜX·∇u.
struct LabelDerivatives {
  /// Which derivatives stand for those in space.
  enum Kind {
    /// Those with respect to positions, by the inverse of the label Jacobian.
    case positions
    /// Those with respect to labels: exact as long as M is the identity.
    case labels
  }

  private let dimension: Int
  private let kind: Kind
  /// ∂ₜX, one formula per axis.
  private let motion: [Node]
  /// M by rows: ∂Xᵢ/∂aⱼ.
  let matrix: [[Node]]
  /// M⁻¹ by rows: ∂aⱼ/∂xᵢ.
  private let inverse: [[Node]]
  /// det M.
  let determinant: Node
  private var known: [Jet: Node] = [:]

  /// - Parameters:
  ///   - dimension: The number of axes, 1 to 3.
  ///   - displacement: The unknown X − a − c̄ t along each axis, by index.
  ///   - drift: c̄.
  init(dimension: Int, displacement: [Int], drift: [Double], kind: Kind = .positions) {
    (self.dimension, self.kind) = (dimension, kind)
    let axes = Array(Axis.allCases.prefix(dimension))
    motion = zip(displacement, drift).map { .jet(Jet($0, timeOrder: 1)) + .constant($1) }
    let m = displacement.enumerated().map { i, unknown in
      axes.map { axis -> Node in
        let slope = Node.jet(Jet(unknown, MultiIndex(axis)))
        return axis.rawValue == i ? .one + slope : slope
      }
    }
    let cofactors = (0..<dimension).map { i in (0..<dimension).map { j in Self.cofactor(m, i, j) } }
    matrix = m
    determinant = .sum(of: (0..<dimension).map { m[0][$0] * cofactors[0][$0] })
    let reciprocal = Node.raise(determinant, .constant(-1))
    inverse = (0..<dimension).map { i in (0..<dimension).map { j in cofactors[j][i] * reciprocal } }
  }

  /// The signed minor of a matrix of at most three rows.
  private static func cofactor(_ m: [[Node]], _ i: Int, _ j: Int) -> Node {
    let n = m.count
    let rows = (0..<n).filter { $0 != i }
    let columns = (0..<n).filter { $0 != j }
    let minor: Node =
      switch n {
      case 1: .one
      case 2: m[rows[0]][columns[0]]
      default:
        m[rows[0]][columns[0]] * m[rows[1]][columns[1]] - m[rows[0]][columns[1]] * m[rows[1]][columns[0]]
      }
    return (i + j) % 2 == 0 ? minor : -minor
  }

  /// A derivative at a fixed position, over derivatives at fixed labels.
  mutating func callAsFunction(_ jet: Jet) throws -> Node {
    if jet.orders == .zero && jet.timeOrder == 0 || kind == .labels && jet.timeOrder == 0 { return .jet(jet) }
    if let formula = known[jet] { return formula }
    var lower = jet
    let formula: Node
    if let axis = Axis.allCases.first(where: { jet.orders[$0] > 0 }) {
      lower.orders[axis] -= 1
      formula = try slope(self(lower), axis)
    } else {
      lower.timeOrder -= 1
      let inner = try self(lower)
      formula = .sum(
        of: [try inner.differentiated(.time)]
          + (try Axis.allCases.prefix(dimension).map { axis in
            -motion[axis.rawValue] * (try slope(inner, axis))
          }))
    }
    // Expanded, so that what cancels does, and formulas of high order do not nest.
    let terms = try formula.expandedTerms()
    known[jet] = .sum(of: terms.map { .constant($0.coefficient) * $0.product })
    return known[jet]!
  }

  /// D:∇∇aⱼ of every label as a function of positions, for a D over labels.
  func labelDiffusion(_ diffusion: [[Node]]) throws -> [Node] {
    try (0..<dimension).map { j in
      var terms: [Node] = []
      for first in Axis.allCases.prefix(dimension) {
        for second in Axis.allCases.prefix(dimension) {
          let factor = diffusion[first.rawValue][second.rawValue]
          if !factor.isZero { terms.append(factor * (try slope(inverse[j][second.rawValue], first))) }
        }
      }
      return .sum(of: terms)
    }
  }

  /// ∂/∂x of a formula of labels along an axis.
  private func slope(_ formula: Node, _ axis: Axis) throws -> Node {
    .sum(
      of: try Axis.allCases.prefix(dimension).map { label in
        inverse[label.rawValue][axis.rawValue] * (try formula.differentiated(.axis(label)))
      })
  }
}
