import Equations
import Geometry

/// How a field continues across the sides of an axis: unchanged or with the opposite sign under reflection.
enum Parity: Hashable, Sendable {
  case even, odd

  /// The parity of ∂ᵏ of a field.
  func differentiated(_ order: Int) -> Parity { order % 2 == 0 ? self : opposite }
  var opposite: Parity { self == .even ? .odd : .even }
  /// The parity of a product.
  static func * (a: Parity, b: Parity) -> Parity { a == b ? .even : .odd }

  var name: String { self == .even ? "even" : "odd" }
}

extension AxisBasis {
  /// The parity of fields expanded in this basis, for the bases that have one.
  var parity: Parity? { self == .sine ? .odd : self == .cosine ? .even : nil }
}

extension Node {
  /// Whether a random field occurs.
  var hasRandomField: Bool { contains { if case .random = $0 { true } else { false } } }
}

/// One axis about whose two sides formulas are reflected.
struct ReflectedAxis {
  var axis: Axis
  var box: Box
  /// The parity of the unknowns.
  var unknowns: Parity

  private var interval: Box.Interval { box.intervals[axis.rawValue] }

  /// The parity of a lowered formula about both sides, or nil when it has none.
  ///
  /// Parts with unknowns follow the rules of products and functions; parts without are reflected at sample points.
  func parity(of node: Node) -> Parity? {
    if !node.dependsOnUnknowns { return sampledParity(of: node) }
    switch node {
    case .jet(let jet): return unknowns.differentiated(jet.orders[axis])
    case .sum(let terms):
      let parities = terms.map(parity)
      return parities.allSatisfy { $0 == parities[0] } ? parities[0] : nil
    case .product(let factors):
      return factors.reduce(Parity.even) { result, factor in
        guard let result, let next = parity(of: factor) else { return nil }
        return result * next
      }
    case .power(let base, .constant(let n)):
      guard let inner = parity(of: base) else { return nil }
      if inner == .even { return .even }
      guard n == n.rounded() else { return nil }
      return Int(n) % 2 == 0 ? .even : .odd
    case .power(let base, let exponent):
      return parity(of: base) == .even && parity(of: exponent) == .even ? .even : nil
    case .function(let function, let argument):
      guard let inner = parity(of: argument) else { return nil }
      if inner == .even { return .even }
      switch function {
      case .sin, .tan, .asin, .atan, .sinh, .tanh, .erf, .sign: return .odd
      case .cos, .cosh, .abs: return .even
      case .exp, .log, .acos, .step: return nil
      }
    case .binary(_, let a, let b):
      return parity(of: a) == .even && parity(of: b) == .even ? .even : nil
    default: return nil
    }
  }

  private func sampledParity(of node: Node) -> Parity? {
    guard node.contains(where: { $0 == .coordinate(axis) }) else {
      let isRandom = node.hasRandomField
      return isRandom ? nil : .even
    }
    var (isEven, isOdd) = (true, true)
    for (point, time) in samples {
      for side in [interval.lower, interval.upper] {
        for distance in [0.061, 0.173, 0.338] {
          var (inside, outside) = (point, point)
          inside[axis.rawValue] = side + distance * interval.length
          outside[axis.rawValue] = side - distance * interval.length
          guard let a = try? node.value(at: inside, time: time),
            let b = try? node.value(at: outside, time: time), a.isFinite, b.isFinite
          else { return nil }
          let tolerance = 1e-9 * max(abs(a), abs(b), 1e-3 * size(of: node))
          if abs(a - b) > tolerance { isEven = false }
          if abs(a + b) > tolerance { isOdd = false }
        }
      }
    }
    return isEven ? .even : isOdd ? .odd : nil
  }

  /// Points of the other axes, and times.
  private var samples: [(point: [Double], time: Double)] {
    let fractions = [0.213, 0.571, 0.836]
    return fractions.indices.map { i in
      let point = box.intervals.enumerated().map { a, interval in
        interval.lower + fractions[(i + a) % 3] * interval.length
      }
      return (point, [0, 0.37, 1.9][i])
    }
  }

  /// The largest value at samples within the box.
  func size(of node: Node) -> Double {
    var largest = 0.0
    for (point, time) in samples {
      for fraction in [0.127, 0.281, 0.439, 0.652, 0.911] {
        var inside = point
        inside[axis.rawValue] = interval.lower + fraction * interval.length
        if let value = try? node.value(at: inside, time: time), value.isFinite {
          largest = max(largest, abs(value))
        }
      }
    }
    return largest
  }

  /// Whether a formula of coordinates and time, or for even fields its derivative, vanishes on both sides.
  func vanishesOnSides(_ node: Node, order: Int) -> Bool {
    guard let derivative = try? (0..<order).reduce(node, { n, _ in try n.differentiated(.axis(axis)) }) else {
      return false
    }
    // A derivative is small against what its field's size and the interval allow.
    let size = order == 0 ? size(of: node) : max(size(of: node) / interval.length, size(of: derivative))
    return [false, true].allSatisfy { vanishes(derivative, isUpper: $0, size: size) }
  }

  /// Whether a formula of coordinates and time vanishes on one side, compared with its values inside.
  func vanishes(_ node: Node, isUpper: Bool, size: Double? = nil) -> Bool {
    if node.isZero { return true }
    let tolerance = 1e-10 * (size ?? self.size(of: node))
    return samples.allSatisfy { point, time in
      var place = point
      place[axis.rawValue] = isUpper ? interval.upper : interval.lower
      guard let value = try? node.value(at: place, time: time) else { return false }
      return abs(value) <= tolerance
    }
  }
}
