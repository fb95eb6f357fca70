import Equations
import Geometry

/// A part of an element matrix or vector: coefficients in space, carried to the reference cell, times a table of constants.
struct Piece {
  /// How coefficients transform, and between which functions they stand.
  enum Kind {
    /// Isotropic: Σ_d k ∂_d v ∂_d u.
    case metric
    /// Σ_de c_de ∂_d v ∂_e u.
    case tensor
    /// Σ_d c_d ∂_d v u.
    case testGradient
    /// Σ_d c_d v ∂_d u.
    case trialGradient
    /// c v u.
    case values
  }

  var kind: Kind
  /// The coefficients, row by row; those that are zero are absent.
  var nodes: [Node?]

  /// Reference coefficients per point.
  func rows(_ d: Int) -> Int {
    switch kind {
    case .metric: d * (d + 1) / 2
    case .tensor: d * d
    case .testGradient, .trialGradient: d
    case .values: 1
    }
  }

  /// The parts of a block of a matrix.
  static func matrix(_ c: [[Node]]) -> [Piece] {
    let d = c.count - 1
    let optional = { (node: Node) in node.isZero ? nil : node }
    var pieces: [Piece] = []
    let tensor = (1...d).flatMap { a in (1...d).map { optional(c[a][$0]) } }
    if tensor.contains(where: { $0 != nil }) {
      let isIsotropic = (0..<d).allSatisfy { a in
        (0..<d).allSatisfy { a == $0 ? tensor[a * d + $0] == tensor[0] : tensor[a * d + $0] == nil }
      }
      pieces.append(
        isIsotropic ? Piece(kind: .metric, nodes: [tensor[0]]) : Piece(kind: .tensor, nodes: tensor))
    }
    let test = (1...d).map { optional(c[$0][0]) }
    if test.contains(where: { $0 != nil }) { pieces.append(Piece(kind: .testGradient, nodes: test)) }
    let trial = (1...d).map { optional(c[0][$0]) }
    if trial.contains(where: { $0 != nil }) { pieces.append(Piece(kind: .trialGradient, nodes: trial)) }
    if !c[0][0].isZero { pieces.append(Piece(kind: .values, nodes: [c[0][0]])) }
    return pieces
  }

  /// The parts of a block of a vector.
  static func vector(_ c: [Node]) -> [Piece] {
    let gradient = c.dropFirst().map { $0.isZero ? nil : $0 }
    var pieces: [Piece] = []
    if gradient.contains(where: { $0 != nil }) {
      pieces.append(Piece(kind: .testGradient, nodes: Array(gradient)))
    }
    if !c[0].isZero { pieces.append(Piece(kind: .values, nodes: [c[0]])) }
    return pieces
  }

  /// The weight of reference coefficient `row` between test function r and trial function s at a point (s is ignored
  /// without a trial).
  func factor(_ row: Int, _ q: Int, _ test: Tabulation, _ r: Int, _ trial: Tabulation?, _ s: Int) -> Double {
    let d = test.dimension
    let value = { (t: Tabulation?, slot: Int, i: Int) in t.map { $0.slot(slot, q, i) } ?? 1 }
    switch kind {
    case .metric:
      var (a, b, k) = (0, 0, row)
      while k >= d - a {
        k -= d - a
        a += 1
      }
      b = a + k
      let direct = value(test, a + 1, r) * value(trial, b + 1, s)
      return a == b ? direct : direct + value(test, b + 1, r) * value(trial, a + 1, s)
    case .tensor: return value(test, row / d + 1, r) * value(trial, row % d + 1, s)
    case .testGradient: return value(test, row + 1, r) * value(trial, 0, s)
    case .trialGradient: return value(test, 0, r) * value(trial, row + 1, s)
    case .values: return value(test, 0, r) * value(trial, 0, s)
    }
  }
}
