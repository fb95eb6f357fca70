import Foundation
import Geometry
import Tensors

/// The energy of which a problem's solution is the minimum: ∫ W(x, u, ∇u) dx + Σ ∫ w(x, u) ds over boundaries.
///
/// The equations in divergence form, density + ∇·flux = 0, are its Euler-Lagrange equations where ∂W/∂u is the density and
/// ∂W/∂∇u is −flux. Such a W exists where these have a symmetric derivative (Vainberg 1964), and is then
/// ∫₀¹ (density(τz) u − flux(τz)·∇u) dτ with z = (u, ∇u). Conditions on fluxes become integrals over boundaries, values of
/// the unknowns stay conditions.
public struct VariationalForm: Sendable {
  /// W, over jets of first order at most.
  public let density: Node
  /// w by place; only where it is not zero.
  public let boundary: [(place: PointwiseSystem.Place, density: Node)]
  /// Whether W is convex where it was sampled, so that no other stationary state is in the way.
  public let isConvex: Bool

  /// Derives the energy of a problem.
  ///
  /// - Parameter system: The problem at points.
  /// - Throws: ``EquationError`` that names what has no energy, or none with a minimum.
  public init(_ problem: some Problem, parameters: ParameterValues = [:], _ system: PointwiseSystem) throws {
    let lowered = try PDESystem(problem, parameters: parameters, on: system.placement)
    guard !system.isEvolution, !lowered.isEvolution else {
      throw EquationError(
        "\(system.name) changes in time, and a minimum of an energy does not: train a physics-informed network (pinn)"
      )
    }
    guard system.free.isEmpty else {
      throw EquationError(
        "an energy does not tell \(system.free[0].name), which is to be found: train a physics-informed network (pinn)"
      )
    }
    let forms = try lowered.divergenceForms()
    guard forms.count == system.unknowns.count else {
      throw EquationError(
        "\(system.name) has \(forms.count) equations for \(system.unknowns.count) unknowns, and an energy has as many of "
          + "both: train a physics-informed network (pinn)")
    }
    var slopes = try EnergySlopes(forms, system)
    try slopes.checkSymmetry()
    let isPositive = try slopes.principalSign()
    if !isPositive { slopes = slopes.negated }
    isConvex = try slopes.isConvex()
    if !isConvex, slopes.isLinear {
      throw EquationError(
        "the energy of '\(forms[0].text)' falls along some functions, so that its solution need not be a minimum: train a "
          + "physics-informed network (pinn)")
    }
    density = try slopes.energy()
    boundary = try BoundaryEnergy(lowered, system, forms, sign: isPositive ? 1 : -1).terms()
  }
}

/// Slopes of an energy by what it depends on: values and first derivatives of the unknowns.
struct EnergySlopes {
  let system: PointwiseSystem
  /// The jets, and ∂W by each.
  var slopes: [(jet: Jet, slope: Node, text: String)]

  init(_ forms: [DivergenceForm], _ system: PointwiseSystem) throws {
    self.system = system
    slopes = []
    let axes = Axis.allCases.prefix(system.dimension)
    for (unknown, form) in forms.enumerated() {
      var density = form.density
      for axis in axes {
        density = density + (try form.transport[axis.rawValue].pushedDown().differentiated(.axis(axis)))
      }
      slopes.append((Jet(unknown), try density.pushedDown(), form.text))
      for axis in axes {
        slopes.append((Jet(unknown, MultiIndex(axis)), -form.flux[axis.rawValue], form.text))
      }
    }
  }

  var negated: EnergySlopes {
    var result = self
    for i in slopes.indices { result.slopes[i].slope = -slopes[i].slope }
    return result
  }

  /// Whether every slope is linear in the jets.
  var isLinear: Bool {
    slopes.allSatisfy { entry in
      (try? entry.slope.expandedTerms().allSatisfy { ($0.degree ?? 2) <= 1 }) ?? false
    }
  }

  // MARK: - Samples

  private static let sampleCount = 6

  /// The slopes at a state.
  private func values(_ state: [Double], at point: [Double]) throws -> [Double] {
    try slopes.map { entry in
      try entry.slope.replacingTerminals { terminal in
        guard case .jet(let jet) = terminal else { return nil }
        guard let i = slopes.firstIndex(where: { $0.jet == jet }) else { return .constant(.nan) }
        return .constant(state[i])
      }.value(at: point)
    }
  }

  /// Second derivatives of W at some states and points, by differences: one matrix each.
  private func hessians() throws -> [[[Double]]] {
    var stream = RandomStream(seed: 0)
    return try (0..<Self.sampleCount).map { _ in
      let point = system.box.intervals.map { $0.lower + $0.length * stream.nextUniform(in: 0.05..<0.95) }
      let state = slopes.map { _ in stream.nextUniform(in: -1..<1) }
      let step = 1e-5
      var columns: [[Double]] = []
      for j in slopes.indices {
        var (lower, upper) = (state, state)
        lower[j] -= step
        upper[j] += step
        let (a, b) = (try values(lower, at: point), try values(upper, at: point))
        columns.append(zip(a, b).map { ($1 - $0) / (2 * step) })
      }
      return slopes.indices.map { i in slopes.indices.map { columns[$0][i] } }
    }
  }

  /// - Throws: ``EquationError`` naming the dependence that no energy has.
  func checkSymmetry() throws {
    for matrix in try hessians() {
      let size = matrix.joined().reduce(1e-12) { max($0, abs($1)) }
      for i in slopes.indices {
        for j in 0..<i where !(abs(matrix[i][j] - matrix[j][i]) <= 1e-5 * size) {
          let culprit = abs(matrix[i][j]) >= abs(matrix[j][i]) ? (i, j) : (j, i)
          throw EquationError(
            "'\(slopes[culprit.0].text)' is not the equation of a minimum: its dependence on \(name(slopes[culprit.1].jet)) "
              + "belongs to no energy, as that of convection does not; train a physics-informed network (pinn)"
          )
        }
      }
    }
  }

  private func name(_ jet: Jet) -> String {
    let name = system.unknowns[jet.unknown].name
    let axes = Axis.allCases.filter { jet.orders[$0] > 0 }.map(\.name)
    return axes.isEmpty ? name : "∂\(name)/∂\(axes[0])"
  }

  /// Whether the part of W in the slopes is convex along every wave (Legendre-Hadamard); false where −W is.
  func principalSign() throws -> Bool {
    var stream = RandomStream(seed: 1)
    var (lowest, highest) = (Double.infinity, -Double.infinity)
    let (count, d) = (system.unknowns.count, system.dimension)
    for matrix in try hessians() {
      for _ in 0..<8 {
        let wave = (0..<d).map { _ in stream.nextNormal() }
        let direction = (0..<count).map { _ in stream.nextNormal() }
        var sum = 0.0
        for (i, a) in slopes.enumerated() where a.jet.orders != .zero {
          for (j, b) in slopes.enumerated() where b.jet.orders != .zero {
            let (p, q) = (axis(a.jet), axis(b.jet))
            sum += matrix[i][j] * direction[a.jet.unknown] * direction[b.jet.unknown] * wave[p] * wave[q]
          }
        }
        (lowest, highest) = (min(lowest, sum), max(highest, sum))
      }
    }
    if lowest > 0 { return true }
    if highest < 0 { return false }
    throw EquationError(
      "the energy of \(system.name) has no minimum, because it falls along some waves and rises along others, as with a "
        + "constraint and its pressure: train a physics-informed network (pinn)")
  }

  private func axis(_ jet: Jet) -> Int { Axis.allCases.firstIndex { jet.orders[$0] > 0 } ?? 0 }

  /// Whether second derivatives are positive semidefinite at the samples: pivots of a symmetric elimination.
  func isConvex() throws -> Bool {
    for var a in try hessians() {
      let size = a.joined().reduce(1e-12) { max($0, abs($1)) }
      for k in a.indices {
        if a[k][k] < -1e-5 * size { return false }
        guard a[k][k] > 1e-5 * size else {
          if (k + 1..<a.count).contains(where: { abs(a[$0][k]) > 1e-2 * size }) { return false }
          continue
        }
        for i in k + 1..<a.count {
          let factor = a[i][k] / a[k][k]
          for j in k + 1..<a.count { a[i][j] -= factor * a[k][j] }
        }
      }
    }
    return true
  }

  // MARK: - Energy

  /// ∫₀¹ Σ slope(τz) z dτ: exact for polynomials, by sixteen Gauss points in τ for what is none.
  func energy() throws -> Node {
    var terms: [Node] = []
    for (jet, slope, _) in slopes {
      for term in try slope.expandedTerms() {
        let node = Node.constant(term.coefficient) * term.product
        guard term.outer == .zero else {
          throw EquationError("the term '\(node.written(.text))' has a derivative that cannot be carried out")
        }
        if let degree = term.degree {
          terms.append(.constant(1 / Double(degree + 1)) * node * .jet(jet))
        } else {
          for (place, weight) in Self.gauss {
            let scaled = node.replacingTerminals { terminal in
              if case .jet = terminal { return .constant(place) * terminal }
              return nil
            }
            terms.append(.constant(weight) * scaled * .jet(jet))
          }
        }
      }
    }
    return .sum(of: terms)
  }

  /// Gauss's rule of sixteen points on the unit interval, by Newton's method for the roots of a Legendre polynomial.
  static let gauss: [(place: Double, weight: Double)] = {
    let n = 16
    return (0..<n).map { k in
      var x = -cos(.pi * (Double(k) + 0.75) / (Double(n) + 0.5))
      var slope = 1.0
      for _ in 0..<50 {
        var (a, b) = (1.0, x)
        for m in 2...n { (a, b) = (b, ((2 * Double(m) - 1) * x * b - (Double(m) - 1) * a) / Double(m)) }
        slope = Double(n) * (x * b - a) / (x * x - 1)
        x -= b / slope
      }
      return ((1 + x) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }()
}
