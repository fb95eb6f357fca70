import Equations
import Geometry

/// Whether formulas are odd or even about the ends of an axis.
///
/// A formula f with f(2e − x) = ∓f(x) about both ends e continues to a smooth periodic function, whose sine or cosine
/// series converges as fast as the formula is smooth. Otherwise its series converges like a low power of the wavenumber.
struct ReflectionParity {
  let box: Box

  /// Whether the formula has the parity that a condition on a side asks for: odd for Dirichlet, even for Neumann.
  ///
  /// Tested at scattered points. Random fields are taken to have it, because they are drawn from the modes of the domain.
  func holds(for node: Node, on side: Side, _ condition: SideCondition) -> Bool {
    guard condition == .dirichlet || condition == .neumann else { return false }
    let axis = side.axis.rawValue
    let interval = box.intervals[axis]
    let end = side.isUpper ? interval.upper : interval.lower
    let inside = places
    var outside = inside
    outside[axis] = inside[axis].map { 2 * end - $0 }
    guard let a = values(of: node, at: inside), let b = values(of: node, at: outside) else { return false }
    let sign = condition == .dirichlet ? -1.0 : 1
    let scale = a.reduce(0) { Swift.max($0, abs($1)) }
    return zip(a, b).allSatisfy { abs($1 - sign * $0) <= 1e-12 * scale }
  }

  /// Whether the formula vanishes.
  func vanishes(_ node: Node) -> Bool {
    values(of: node, at: places)?.allSatisfy { $0 == 0 } ?? false
  }

  /// Points scattered over the box, one array per axis (the sequence of Kronecker with roots of x^{d+1} = x + 1).
  private var places: [[Double]] {
    let steps = [0.8191725133961645, 0.6710436067037893, 0.5497004779019703]
    return box.intervals.enumerated().map { a, interval in
      (1...64).map { i in
        let t = Double(i) * steps[a]
        return interval.lower + interval.length * (t - t.rounded(.down))
      }
    }
  }

  private func values(of node: Node, at places: [[Double]]) -> [Double]? {
    let fixed = node.replacingTerminals { if case .random = $0 { .constant(0) } else { nil } }
    let coordinates = Axis.allCases.prefix(box.dimension).map { Node.coordinate($0) }
    let result = try? PointwiseProgram([fixed], inputs: coordinates).values(
      places, count: places[0].count, time: 0)[0]
    return result.flatMap { $0.allSatisfy(\.isFinite) ? $0 : nil }
  }
}
