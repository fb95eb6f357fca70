import Equations
import Geometry

/// What a weak form integrates over one part of the mesh, with its derivatives, all over jets at a point.
///
/// Slot 0 belongs to the value of a test or trial function, slot d + 1 to its derivative along axis d: the integrand is
/// Σ residual[i][slot] · (∂v_i in slot), and its derivative in the direction of unknown j in a slot has the coefficients
/// jacobian[i, j][slot][slot]. Residual evaluation at points after Knepley, Brown, Rupp & Smith (2013).
struct PointForm: Sendable {
  /// A pair of equation and unknown.
  struct Pair: Hashable, Sendable {
    var test: Int
    var trial: Int
  }

  var place: WeakForm.Place
  /// The residual by equation and slot.
  var residual: [Int: [Node]]
  /// Derivatives with respect to unknowns.
  var jacobian: [Pair: [[Node]]]
  /// Derivatives with respect to time derivatives of unknowns.
  var mass: [Pair: [[Node]]]

  /// Collects the terms of a form on one place and differentiates them.
  init(_ place: WeakForm.Place, _ terms: [WeakForm.Term], dimension: Int) throws {
    self.place = place
    var residual: [Int: [Node]] = [:]
    for term in terms where term.place == place {
      let slot = term.derivative.map { $0.rawValue + 1 } ?? 0
      residual[term.test, default: Array(repeating: .zero, count: dimension + 1)][slot] =
        residual[term.test, default: Array(repeating: .zero, count: dimension + 1)][slot] + term.integrand
    }
    self.residual = residual
    (jacobian, mass) = ([:], [:])
    for (test, nodes) in residual {
      for (slot, node) in nodes.enumerated() {
        for jet in node.jets {
          let derivative = try node.derivative(withRespectTo: jet)
          guard !derivative.isZero else { continue }
          let trialSlot = Axis.allCases.first { jet.orders[$0] > 0 }.map { $0.rawValue + 1 } ?? 0
          let pair = Pair(test: test, trial: jet.unknown)
          let empty = Array(
            repeating: Array(repeating: Node.zero, count: dimension + 1), count: dimension + 1)
          if jet.timeOrder == 0 {
            // Second derivatives serve stabilisation; Newton's matrix leaves them out.
            guard jet.orders.total <= 1 else { continue }
            jacobian[pair, default: empty][slot][trialSlot] =
              jacobian[pair, default: empty][slot][trialSlot] + derivative
          } else {
            mass[pair, default: empty][slot][trialSlot] =
              mass[pair, default: empty][slot][trialSlot] + derivative
          }
        }
      }
    }
  }

  /// Whether the residual is linear in the unknowns and their time derivatives.
  var isLinear: Bool {
    !(Array(jacobian.values) + mass.values).joined().joined().contains { $0.dependsOnUnknowns }
  }
}

extension Node {
  /// The jets in the node, in a fixed order.
  var jets: [Jet] {
    var found: Set<Jet> = []
    visit { if case .jet(let jet) = $0 { found.insert(jet) } }
    return found.sorted {
      ($0.unknown, $0.timeOrder, $0.orders) < ($1.unknown, $1.timeOrder, $1.orders)
    }
  }

  /// The derivative with respect to one jet, the others held fixed.
  func derivative(withRespectTo jet: Jet) throws -> Node {
    // Along a direction, unknowns change by others far beyond them: the coefficient of one of those is wanted.
    let offset = 1 << 20
    return try differentiated(.direction(offset)).replacingTerminals { node in
      guard case .jet(let other) = node, other.unknown >= offset else { return nil }
      var original = other
      original.unknown -= offset
      return original == jet ? .one : .zero
    }
  }

  /// The node with every jet replaced by zero: what remains of a linear residual without unknowns.
  var withoutUnknowns: Node {
    replacingTerminals { node in
      if case .jet = node { return .zero }
      return nil
    }
  }

  /// An estimate of the polynomial degree as a function of the coordinates, as form compilers make it (Ølgaard & Wells
  /// 2010): products add, functions other than polynomials add two.
  func estimatedDegree(_ jetDegree: @escaping (Jet) -> Int, coordinateDegree: Int) -> Int {
    let degree = { (node: Node) in node.estimatedDegree(jetDegree, coordinateDegree: coordinateDegree) }
    switch self {
    case .coordinate: return coordinateDegree
    case .jet(let jet): return jetDegree(jet)
    case .sum(let terms): return terms.map(degree).max() ?? 0
    case .product(let factors): return factors.map(degree).reduce(0, +)
    case .power(let base, .constant(let n)):
      let inner = degree(base)
      if inner == 0 { return 0 }
      return n == n.rounded() && n > 0 ? Int(Swift.min(n, 32)) * inner : inner + 2
    case .power(let base, let exponent): return degree(base) + degree(exponent) + 2
    case .function(_, let a):
      let inner = degree(a)
      return inner == 0 ? 0 : inner + 2
    case .binary(_, let a, let b): return Swift.max(degree(a), degree(b))
    default: return 0
    }
  }
}
