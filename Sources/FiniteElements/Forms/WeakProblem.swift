import Equations
import Geometry

/// A problem in weak form: integrals, and conditions that trial functions satisfy by themselves.
public struct WeakProblem: Sendable {
  /// u = value on a part of the boundary.
  public struct EssentialCondition: Sendable {
    /// The unknown.
    public var unknown: Int
    /// Where it holds.
    public var part: WeakForm.BoundaryPart
    /// A formula of the coordinates and time.
    public var value: Node

    /// u = value on a part of the boundary.
    public init(unknown: Int, part: WeakForm.BoundaryPart, value: Node) {
      (self.unknown, self.part, self.value) = (unknown, part, value)
    }
  }

  /// An equation before integration: density + Σ ∂_d flux_d = 0, with the sign that the form gives it.
  public struct StrongEquation: Sendable {
    /// The unknown whose test function multiplies it.
    public var test: Int
    /// Terms over first derivatives.
    public var density: Node
    /// What was integrated by parts, one node per axis.
    public var flux: [Node]
    /// Prescribed values of flux · n.
    public var prescribed: [(part: WeakForm.BoundaryPart, flux: Node)]
  }

  /// The integrals.
  public var form: WeakForm
  /// The equations that the form was derived from.
  public var equations: [StrongEquation]
  /// Conditions in the order in which they are set: where two meet, the later one holds.
  public var essential: [EssentialCondition]
  /// Unknowns that act as pressures: multipliers of a constraint, of which only the gradient appears in other equations.
  public var multipliers: Set<Int>
}

extension WeakProblem {
  /// The weak form of a problem: every equation times the test function of its unknown, second-order terms and gradients of
  /// multipliers integrated by parts, and boundary integrals from Neumann, Robin and flux conditions. Where nothing is
  /// prescribed the flux vanishes.
  ///
  /// - Throws: ``EquationError`` that names the term or condition that does not fit and what to write instead.
  public init(_ system: PDESystem) throws { self = try WeakDerivation(system).result() }
}

/// The steps of the derivation.
private struct WeakDerivation {
  let system: PDESystem
  var forms: [DivergenceForm]
  /// The unknown whose test function multiplies each equation.
  var test: [Int] = []
  var multipliers: Set<Int> = []
  var d: Int { system.dimension }

  init(_ system: PDESystem) throws {
    self.system = system
    forms = try system.divergenceForms()
    if let interval = system.box.intervals.first(where: \.isPeriodic), system.mesh == nil {
      throw EquationError(
        "\(system.name) is periodic on [\(interval.lower), \(interval.upper)], and finite elements here are not: use the Fourier method, or give conditions on both sides"
      )
    }
    test = pairing()
    multipliers = findMultipliers()
    try splitTransport()
  }

  // MARK: - Which test function belongs to which equation

  private func pairing() -> [Int] {
    var result = [Int](repeating: -1, count: forms.count)
    var free = Set(system.unknowns.indices)
    /// Takes the first candidate that is free, its own component of a vector before others.
    func assign(_ row: Int, _ candidates: [Int]) {
      guard result[row] < 0 else { return }
      let open = candidates.filter(free.contains)
      let own = open.first { u in
        if case .component(let axis) = system.unknowns[u].role { return axis == forms[row].component }
        return false
      }
      if let choice = own ?? open.first {
        result[row] = choice
        free.remove(choice)
      }
    }
    for row in forms.indices {
      assign(row, forms[row].density.jets.filter { $0.timeOrder > 0 }.map(\.unknown))
    }
    for row in forms.indices {
      assign(row, forms[row].flux.flatMap(\.jets).filter { $0.orders.total > 0 }.map(\.unknown).sorted())
    }
    for row in forms.indices {
      assign(row, forms[row].density.jets.filter { $0.orders == .zero }.map(\.unknown))
    }
    for row in forms.indices { assign(row, free.sorted()) }
    return result
  }

  /// Unknowns of first order everywhere that stand under a gradient in other equations, while their own is a constraint on
  /// those equations' unknowns.
  private func findMultipliers() -> Set<Int> {
    let differentiated = Set(
      forms.flatMap { form in
        form.flux.flatMap(\.jets).filter { $0.orders.total > 0 }.map(\.unknown)
          + form.density.jets.filter { $0.timeOrder > 0 }.map(\.unknown)
      })
    var result: Set<Int> = []
    for (row, unknown) in test.enumerated() where !differentiated.contains(unknown) {
      let constrained = Set((forms[row].transport + [forms[row].density]).flatMap(\.jets).map(\.unknown))
      let isUnderGradient = forms.indices.contains { other in
        other != row && constrained.contains(test[other])
          && forms[other].transport.contains { $0.jets.contains { $0.unknown == unknown } }
      }
      if isUnderGradient { result.insert(unknown) }
    }
    return result
  }

  /// Gradients of multipliers join the flux; other terms without derivatives are differentiated.
  private mutating func splitTransport() throws {
    for row in forms.indices {
      for axis in 0..<d {
        for term in try forms[row].transport[axis].expandedTerms() {
          let node = Node.constant(term.coefficient) * term.product
          if let (jet, _) = term.linearInOneJet, multipliers.contains(jet.unknown), jet.unknown != test[row] {
            forms[row].flux[axis] = forms[row].flux[axis] + node
          } else {
            forms[row].density = forms[row].density + (try node.differentiated(.axis(Axis.allCases[axis])))
          }
        }
        forms[row].transport[axis] = .zero
      }
    }
  }

  // MARK: - Signs

  /// The value of a coefficient at some point and state, for its sign.
  private func sample(_ node: Node) -> Double {
    let point = system.box.intervals.enumerated().map { i, interval in
      interval.lower + (0.37 + 0.11 * Double(i)) * interval.length
    }
    let bound = node.replacingTerminals { leaf in
      switch leaf {
      case .jet(let jet):
        return .constant(
          0.3 + 0.1 * Double(jet.unknown) + 0.17 * Double(jet.orders.x) + 0.23 * Double(jet.orders.y))
      case .region: return .one
      case .normal: return .constant(0.6)
      default: return nil
      }
    }
    return (try? bound.value(at: point, time: 0.1)) ?? .nan
  }

  /// ±1 per equation, such that diffusion and mass come out positive and constraints match the gradients of multipliers.
  private func signs() throws -> [Double] {
    var result = [Double](repeating: 1, count: forms.count)
    for (row, form) in forms.enumerated() where !multipliers.contains(test[row]) {
      var sum = 0.0
      for axis in 0..<d {
        let jet = Jet(test[row], MultiIndex(Axis.allCases[axis]))
        let value = sample(try form.flux[axis].derivative(withRespectTo: jet))
        if value.isFinite { sum -= value }
      }
      if sum == 0 { sum = sample(try form.density.derivative(withRespectTo: Jet(test[row], timeOrder: 1))) }
      if sum == 0 || sum.isNaN { sum = sample(try form.density.derivative(withRespectTo: Jet(test[row]))) }
      if sum < 0 { result[row] = -1 }
    }
    for (row, form) in forms.enumerated() where multipliers.contains(test[row]) {
      // −s_u ∂flux/∂p of the velocity's equation against s_p ∂density/∂(∂u) of this one.
      for other in forms.indices where other != row {
        for axis in 0..<d {
          let gradient = sample(try forms[other].flux[axis].derivative(withRespectTo: Jet(test[row])))
          let divergence = sample(
            try form.density.derivative(withRespectTo: Jet(test[other], MultiIndex(Axis.allCases[axis]))))
          let product = -result[other] * gradient * divergence
          if product != 0, product.isFinite {
            result[row] = product < 0 ? -1 : 1
          }
        }
      }
    }
    return result
  }

  // MARK: - Result

  func result() throws -> WeakProblem {
    let signs = try signs()
    var terms: [WeakForm.Term] = []
    var equations = forms.enumerated().map { row, form in
      let sign = Node.constant(signs[row])
      return WeakProblem.StrongEquation(
        test: test[row], density: sign * form.density, flux: form.flux.map { sign * $0 }, prescribed: [])
    }
    for (row, form) in forms.enumerated() {
      let sign = Node.constant(signs[row])
      if !form.density.isZero { terms.append(.init(sign * form.density, test: test[row])) }
      for axis in 0..<d where !form.flux[axis].isZero {
        terms.append(.init(-(sign * form.flux[axis]), test: test[row], derivative: Axis.allCases[axis]))
      }
    }
    var essential: [WeakProblem.EssentialCondition] = []
    // Conditions on the rest come first: named ones hold where they meet.
    let conditions =
      system.namedBoundary.filter { $0.names.isEmpty } + system.namedBoundary.filter { !$0.names.isEmpty }
    for condition in conditions {
      let others = system.namedBoundary.filter { $0.unknown == condition.unknown }.flatMap(\.names)
      let part = WeakForm.BoundaryPart(condition.names, except: condition.names.isEmpty ? others : [])
      if !condition.isFlux, condition.normal.isZero {
        guard !condition.value.isZero else {
          throw EquationError(
            "the condition '\(condition.text)' has no unknown: write it as u == g or dn(u) == g")
        }
        let value = condition.data / condition.value
        essential.append(.init(unknown: condition.unknown, part: part, value: value))
        if let velocity = system.velocityIndex(of: condition.unknown) {
          essential.append(.init(unknown: velocity, part: part, value: try value.differentiated(.time)))
        }
        continue
      }
      let row = try rowOfFlux(condition)
      let outward = try outwardFlux(row, condition)
      let integrand = Node.constant(signs[row]) * outward
      equations[row].prescribed.append((part, integrand))
      if !integrand.isZero { terms.append(.init(integrand, test: test[row], over: .boundary(part))) }
    }
    return WeakProblem(
      form: WeakForm(terms: terms), equations: equations, essential: essential, multipliers: multipliers)
  }

  /// The equation whose flux a condition prescribes.
  private func rowOfFlux(_ condition: PDESystem.NamedCondition) throws -> Int {
    let unknown = system.velocityIndex(of: condition.unknown) ?? condition.unknown
    if let row = test.firstIndex(of: unknown), !forms[row].flux.allSatisfy(\.isZero) { return row }
    if let row = forms.firstIndex(where: { form in
      form.flux.contains { $0.jets.contains { $0.unknown == condition.unknown && $0.orders.total > 0 } }
    }) {
      return row
    }
    throw EquationError(
      "the condition '\(condition.text)' prescribes a flux of \(system.unknowns[condition.unknown].name), but no equation has second derivatives of it: remove it, or prescribe the value"
    )
  }

  /// flux · n on the boundary, from the condition.
  private func outwardFlux(_ row: Int, _ condition: PDESystem.NamedCondition) throws -> Node {
    // The condition speaks of F in −∇·F.
    if condition.isFlux { return -condition.data }
    let factor = try normalFactor(row, condition)
    return factor * (condition.data - condition.value * .jet(Jet(condition.unknown))) / condition.normal
  }

  /// k where the flux is k ∇u with the condition's unknown u.
  private func normalFactor(_ row: Int, _ condition: PDESystem.NamedCondition) throws -> Node {
    var common: [ExpandedTerm]?
    for axis in 0..<d {
      var factors: [ExpandedTerm] = []
      for term in try forms[row].flux[axis].expandedTerms() {
        let wanted = Node.jet(Jet(condition.unknown, MultiIndex(Axis.allCases[axis])))
        guard let i = term.factors.firstIndex(where: { $0.node == wanted && $0.power == 1 }) else {
          throw isNoMultiple(row, condition)
        }
        var rest = term
        rest.factors.remove(at: i)
        factors.append(rest)
      }
      factors.sort { "\($0)" < "\($1)" }
      guard common == nil || common == factors else { throw isNoMultiple(row, condition) }
      common = factors
    }
    return .sum(of: (common ?? []).map { .constant($0.coefficient) * $0.product })
  }

  private func isNoMultiple(_ row: Int, _ condition: PDESystem.NamedCondition) -> EquationError {
    let name = system.unknowns[condition.unknown].name
    return EquationError(
      "the condition '\(condition.text)' prescribes dn(\(name)), but the flux of '\(forms[row].text)' is not a multiple of grad(\(name)): "
        + "prescribe the flux itself with .flux(… == g), or zero by leaving the condition out")
  }
}
