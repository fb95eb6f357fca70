import Geometry

/// The symbol of a linear differential operator with constant coefficients: the number p(k, ω) by which it multiplies the
/// wave exp(i(k·x + ωt)).
///
/// The square |p|² belongs to the operator's Hermitian square, which decides how fast gradient descent converges on a
/// physics-informed loss (De Ryck, Bonnet, Mishra & de Bézenac, ICLR 2024).
public struct OperatorSymbol: Sendable, Hashable {
  /// coefficient · ∂ᵅ ∂ₜⁿ.
  public struct Term: Sendable, Hashable {
    /// What the derivative is multiplied by.
    public var coefficient: Double
    /// α, the orders in space.
    public var orders: MultiIndex
    /// n, the order in time.
    public var timeOrder: Int
  }

  /// What is summed, one term per derivative.
  public let terms: [Term]

  /// The symbol of a sum of derivatives.
  public init(_ terms: [Term]) { self.terms = terms }

  /// The symbol of the equation of a problem with one unknown, without its sources.
  ///
  /// - Parameter state: A constant state about which a nonlinear equation is linearised; without one, such an equation is
  ///   refused.
  /// - Throws: ``EquationError`` for several unknowns, for coefficients that depend on place or time, and for nonlinear terms
  ///   where there is no state.
  public init(_ system: PointwiseSystem, about state: Double? = nil) throws {
    guard system.unknowns.count == 1, system.equations.count == 1 else {
      throw EquationError(
        "\(system.name) has \(system.unknowns.count) unknowns, but a symbol is a number for one equation of one unknown: "
          + "write the equation for a single unknown")
    }
    var sums: [Term] = []
    func add(_ coefficient: Double, _ orders: MultiIndex, _ timeOrder: Int) {
      if let i = sums.firstIndex(where: { $0.orders == orders && $0.timeOrder == timeOrder }) {
        sums[i].coefficient += coefficient
      } else {
        sums.append(Term(coefficient: coefficient, orders: orders, timeOrder: timeOrder))
      }
    }
    for term in try system.equations[0].node.expandedTerms() where term.dependsOnUnknowns {
      if let jet = term.linearJet {
        add(term.coefficient, jet.orders + term.outer, jet.timeOrder)
        continue
      }
      // Values and derivatives of the unknown, with their powers.
      var (value, derivatives) = (0, [(jet: Jet, power: Int)]())
      for factor in term.factors {
        guard case .jet(let jet) = factor.node else {
          throw EquationError(
            "the equation '\(system.equations[0].text)' has no symbol: only numbers may stand before the unknown's powers "
              + "and derivatives")
        }
        if jet.orders == .zero, jet.timeOrder == 0 {
          value += factor.power
        } else {
          derivatives.append((jet, factor.power))
        }
      }
      guard let state else {
        throw EquationError(
          "the equation '\(system.equations[0].text)' is not linear: give a constant state to linearise about"
        )
      }
      guard term.outer == .zero else {
        throw EquationError(
          "the equation '\(system.equations[0].text)' has a product below a derivative: carry it out")
      }
      // Derivatives of a constant state vanish: what has one such factor is left, and values alone give their slope.
      if derivatives.isEmpty {
        add(term.coefficient * Double(value) * state.raised(value - 1), .zero, 0)
      } else if derivatives.count == 1, derivatives[0].power == 1 {
        add(term.coefficient * state.raised(value), derivatives[0].jet.orders, derivatives[0].jet.timeOrder)
      }
    }
    terms = sums.filter { $0.coefficient != 0 }
  }

  /// p(k, ω).
  ///
  /// - Parameters:
  ///   - wavenumbers: k, in radians per unit of length, one per axis.
  ///   - frequency: ω, in radians per unit of time.
  public func callAsFunction(_ wavenumbers: [Double], frequency: Double = 0) -> (
    real: Double, imaginary: Double
  ) {
    var (real, imaginary) = (0.0, 0.0)
    for term in terms {
      var product = term.coefficient * frequency.raised(term.timeOrder)
      for (axis, wavenumber) in zip(Axis.allCases, wavenumbers) {
        product *= wavenumber.raised(term.orders[axis])
      }
      // iⁿ.
      switch (term.orders.total + term.timeOrder) % 4 {
      case 0: real += product
      case 1: imaginary += product
      case 2: real -= product
      default: imaginary -= product
      }
    }
    return (real, imaginary)
  }

  /// |p(k, ω)|.
  public func magnitude(_ wavenumbers: [Double], frequency: Double = 0) -> Double {
    let p = self(wavenumbers, frequency: frequency)
    return (p.real * p.real + p.imaginary * p.imaginary).squareRoot()
  }
}

extension Double {
  /// A small whole power; 0⁰ is 1.
  fileprivate func raised(_ power: Int) -> Double {
    (0..<max(power, 0)).reduce(1) { product, _ in product * self }
  }
}
