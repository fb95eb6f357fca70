import CKernels
import Equations
import Geometry
import Tensors

/// The residuals of one place as compiled formulas of derivatives of a sum of Gaussians, with the slopes of each residual in
/// every derivative that it contains.
final class GaussianFormula: Sendable {
  /// A derivative of an unknown, as an input of the formulas.
  let terms: [ck_gaussian_term]
  /// For each residual, the terms that it contains, by unknown; and the derivatives as the kernels take them.
  let own: [[Int]]
  let ownTerms: [[ck_gaussian_term]]
  /// For each residual, the parameters of the problem that it contains.
  let free: [[Int]]
  /// Residuals; then, for each residual, its slopes in its own terms and in its parameters.
  let program: PointwiseProgram
  let axes: Int
  let freeCount: Int

  /// Inputs of the program: coordinates and time, terms, parameters of the problem.
  var inputCount: Int { axes + terms.count + freeCount }
  var residualCount: Int { own.count }
  /// Where the slopes of a residual begin among the outputs.
  let slopeStart: [Int]

  /// Compiles formulas of the jets of a system.
  ///
  /// - Throws: ``EquationError`` where a formula cannot be evaluated or differentiated at points, or asks for a derivative of
  ///   too high an order.
  init(_ system: PointwiseSystem, _ nodes: [Node]) throws {
    let unknowns = system.unknowns.count
    let count = unknowns + system.free.count
    axes = system.dimension + (system.isEvolution ? 1 : 0)
    freeCount = system.free.count
    var jets: Set<Jet> = []
    for node in nodes {
      node.visit { if case .jet(let jet) = $0, jet.unknown < unknowns { jets.insert(jet) } }
    }
    let sorted = jets.sorted { a, b in
      (a.unknown, a.timeOrder) == (b.unknown, b.timeOrder)
        ? a.orders < b.orders : (a.unknown, a.timeOrder) < (b.unknown, b.timeOrder)
    }
    let space = Axis.allCases.prefix(system.dimension)
    terms = try sorted.map { jet in
      var term = ck_gaussian_term()
      term.unknown = Int32(jet.unknown)
      let orders = space.map { jet.orders[$0] } + (system.isEvolution ? [jet.timeOrder] : [])
      guard orders.allSatisfy({ $0 <= Int(CK_GAUSSIAN_ORDER) }) else {
        throw EquationError(
          "\(system.name) has a derivative of order \(orders.max()!) of \(system.unknowns[jet.unknown].name), and Gaussians "
            + "are differentiated up to order \(CK_GAUSSIAN_ORDER): write it as a system of lower order")
      }
      withUnsafeMutableBytes(of: &term.order) { bytes in
        let to = bytes.assumingMemoryBound(to: Int32.self)
        for (axis, order) in orders.enumerated() { to[axis] = Int32(order) }
      }
      return term
    }
    var outputs = nodes
    var (own, free, starts): ([[Int]], [[Int]], [Int]) = ([], [], [])
    for node in nodes {
      let variation = try node.differentiated(.direction(count))
      func slope(_ jet: Jet) -> Node {
        variation.replacingTerminals { terminal in
          guard case .jet(let other) = terminal, other.unknown >= count else { return nil }
          return other.unknown == jet.unknown + count && other.orders == jet.orders
            && other.timeOrder == jet.timeOrder ? .one : .zero
        }
      }
      starts.append(outputs.count)
      let contained = sorted.indices.filter { i in node.contains { $0 == .jet(sorted[i]) } }
      let parameters = (0..<system.free.count).filter { i in node.contains { $0 == .jet(Jet(unknowns + i)) } }
      own.append(contained)
      free.append(parameters)
      outputs += contained.map { slope(sorted[$0]) }
      outputs += parameters.map { slope(Jet(unknowns + $0)) }
    }
    (self.own, self.free, slopeStart) = (own, free, starts)
    ownTerms = own.map { [terms] in $0.map { terms[$0] } }
    let inputs =
      space.map { Node.coordinate($0) } + (system.isEvolution ? [.time] : [])
      + sorted.map { Node.jet($0) } + (0..<system.free.count).map { Node.jet(Jet(unknowns + $0)) }
    program = try PointwiseProgram(outputs, inputs: inputs)
  }

  /// The highest derivative along an axis.
  func order(along axis: Int) -> Int {
    terms.map { term in
      withUnsafeBytes(of: term.order) { Int($0.assumingMemoryBound(to: Int32.self)[axis]) }
    }.max() ?? 0
  }
}
