import Equations
import Geometry
import NeuralNetworks
import Tensors

/// Residuals of a problem's equations as coefficient arrays, for fields given by theirs.
///
/// Linear terms with constant coefficients act on coefficients, exactly. Products are formed at the points of a grid with as
/// many times the modes as fields are multiplied, where nothing is aliased, and brought back; so the coefficients are all
/// those that the residual has. As functions are orthonormal, the sum of their squares is the mean square of the residual,
/// on Chebyshev axes weighted by 1/(π√(1 − ξ²)) (Parseval). Functions of fields that are no polynomials, and functions of
/// the coordinates, are interpolated on that grid.
///
/// Unknowns that a linear equation without time derivative determines mode by mode on a periodic box, such as the stream
/// function of a vorticity, are eliminated: they are computed from the others.
package struct SpectralResidual<Scalar: Real>: @unchecked Sendable {
  // Unchecked: formulas are closures over constants.

  /// The functions of fields, time last.
  let grid: SpectralGrid
  /// The functions of residuals.
  package let residualGrid: SpectralGrid
  let system: PointwiseSystem
  let hasTime: Bool
  /// Unknowns that are neither given nor eliminated.
  package let solved: [Int]
  package let eliminated: [Elimination]
  /// The equations that are left.
  let equations: [SpectralTerms]
  private let linear: [[LinearPart]]
  private let known: [Tensor<Scalar>?]
  private let synthesis: [Jet: AxisProduct<Scalar>]
  private let analysis: AxisProduct<Scalar>

  /// ψ̂ = Σ symbol · f̂ of one unknown in terms of others.
  package struct Elimination: Sendable {
    package let unknown: Int
    let parts: [LinearPart]
    /// −1 over the symbol of the unknown; zero where that vanishes: [modes …, 1].
    let inverse: Tensor<Scalar>
  }

  /// A linear operator on one field: a symbol where it is diagonal, otherwise products along axes.
  struct LinearPart: Sendable {
    let field: Int
    let symbol: Tensor<Scalar>?
    let products: [(coefficient: Scalar, product: AxisProduct<Scalar>)]

    func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
      var result = symbol.map { x * $0 }
      for (coefficient, product) in products {
        let term = product(x) * coefficient
        result = result.map { $0 + term } ?? term
      }
      return result!
    }
  }

  /// Derives the residuals.
  ///
  /// - Parameters:
  ///   - inputs: Unknowns of the system that are given.
  /// - Throws: `EquationError` naming a term that cannot be taken.
  init(_ system: PointwiseSystem, inputs: Set<Int>, grid: SpectralGrid, hasTime: Bool) throws {
    (self.system, self.grid, self.hasTime) = (system, grid, hasTime)
    var equations = try system.equations.map {
      try SpectralTerms($0, axes: grid.axes.count, hasTime: hasTime)
    }
    var eliminated: [Elimination] = []
    var solved = system.unknowns.indices.filter { !inputs.contains($0) }
    for unknown in solved where solved.count > 1 {
      guard let (index, inverse) = Self.determining(unknown, equations, system, grid, hasTime) else {
        continue
      }
      let rest = equations[index].linear.filter { $0.field != unknown }
      // What determines it must not be determined by it in turn.
      guard rest.allSatisfy({ term in !eliminated.contains { $0.unknown == term.field } }) else { continue }
      eliminated.append(
        Elimination(unknown: unknown, parts: Self.parts(rest, grid), inverse: inverse))
      equations.remove(at: index)
      solved.removeAll { $0 == unknown }
    }
    (self.eliminated, self.solved, self.equations) = (eliminated, solved, equations)
    guard equations.count >= solved.count else {
      let names = solved.map { system.unknowns[$0].name }.joined(separator: ", ")
      throw EquationError(
        "\(system.name) has \(equations.count) equations for the unknowns \(names): name those that are given as inputs"
      )
    }
    let residualGrid = grid.dealiased(degree: equations.reduce(1) { max($0, $1.degree) })
    self.residualGrid = residualGrid
    linear = equations.map { Self.parts($0.linear, grid) }
    analysis = AxisProduct(residualGrid.axes.map(\.analysis))
    var jets: Set<Jet> = []
    for equation in equations {
      equation.products.visit { if case .jet(let jet) = $0 { jets.insert(jet) } }
    }
    synthesis = Dictionary(
      uniqueKeysWithValues: jets.map { jet in
        let orders = SpectralTerms.orders(jet, grid.axes.count, hasTime)
        return (jet, Self.evaluation(grid, orders: orders, at: residualGrid.axes.map(\.coordinates)))
      })
    let formula = Self.formula(residualGrid, hasTime: hasTime) { _ in Tensor(0) }
    let toModes = analysis
    known = try equations.map { equation in
      guard equation.known != .zero else { return nil }
      let values = try formula(equation.known).broadcast(to: [1] + residualGrid.points + [1])
      guard values.elements.allSatisfy(\.isFinite) else {
        throw EquationError(
          "the known terms '\(equation.known)' of '\(equation.text)' are not finite somewhere: check their formula on the "
            + "domain")
      }
      return toModes(values)
    }
  }

  /// Values of a derivative at places, of coefficients.
  package static func evaluation(_ grid: SpectralGrid, orders: [Int], at places: [[Double]]) -> AxisProduct<
    Scalar
  > {
    AxisProduct(
      grid.axes.indices.map { i in
        let axis = grid.axes[i]
        let values = axis.evaluation(at: places[i])
        return orders[i] == 0 ? values : matmul(values, axis.derivative(order: orders[i]))
      })
  }

  /// Formulas at the points of a grid, as arrays [entries, points …, 1].
  static func formula(
    _ grid: SpectralGrid, hasTime: Bool, jet: @escaping (Jet) throws -> Tensor<Scalar>
  ) -> PointFormula<Scalar> {
    let columns = grid.axes.indices.map { i -> Tensor<Scalar> in
      var shape = [Int](repeating: 1, count: grid.axes.count + 2)
      shape[i + 1] = grid.axes[i].points
      return Tensor(grid.axes[i].coordinates.map { Scalar($0) }).reshaped(shape)
    }
    return PointFormula(
      coordinates: hasTime ? Array(columns.dropLast()) : columns, time: hasTime ? columns.last : nil, jet: jet
    )
  }

  // MARK: - Linear operators

  private static func isDiagonal(_ orders: [Int], _ grid: SpectralGrid) -> Bool {
    zip(orders, grid.axes).allSatisfy { $0 == 0 || $1.family == .fourier && $0 % 2 == 0 }
  }

  /// What a derivative of even orders multiplies coefficients by: [modes …, 1].
  static func symbol(_ terms: [SpectralTerms.Linear], _ grid: SpectralGrid) -> Tensor<Double> {
    var total = Tensor<Double>.zeros(grid.modes + [1])
    for term in terms {
      var factor = Tensor<Double>.full(Array(repeating: 1, count: grid.axes.count + 1), term.coefficient)
      for (i, axis) in grid.axes.enumerated() where term.orders[i] > 0 {
        let values = axis.orders.map { k -> Double in
          let omega = 2 * Double.pi * Double(k) / axis.length
          let power = (0..<term.orders[i]).reduce(1.0) { product, _ in product * omega }
          return (term.orders[i] / 2) % 2 == 0 ? power : -power
        }
        var shape = [Int](repeating: 1, count: grid.axes.count + 1)
        shape[i] = axis.modes
        factor = factor * Tensor(values).reshaped(shape)
      }
      total = total + factor
    }
    return total
  }

  private static func parts(_ terms: [SpectralTerms.Linear], _ grid: SpectralGrid) -> [LinearPart] {
    Set(terms.map(\.field)).sorted().map { field in
      let own = terms.filter { $0.field == field }
      let diagonal = own.filter { isDiagonal($0.orders, grid) }
      return LinearPart(
        field: field, symbol: diagonal.isEmpty ? nil : Tensor<Scalar>(symbol(diagonal, grid)),
        products: own.filter { !isDiagonal($0.orders, grid) }.map { term in
          let matrices = zip(grid.axes, term.orders).map { $1 == 0 ? nil : $0.derivative(order: $1) }
          return (Scalar(term.coefficient), AxisProduct<Scalar>(matrices))
        })
    }
  }

  /// The equation that determines an unknown mode by mode, and −1 over the unknown's symbol.
  private static func determining(
    _ unknown: Int, _ equations: [SpectralTerms], _ system: PointwiseSystem, _ grid: SpectralGrid,
    _ hasTime: Bool
  ) -> (equation: Int, inverse: Tensor<Scalar>)? {
    let isEvolving = { (node: Node) in
      node.contains {
        if case .jet(let jet) = $0 { jet.unknown == unknown && jet.timeOrder > 0 } else { false }
      }
    }
    guard !system.equations.contains(where: { isEvolving($0.node) }),
      !system.conditions.contains(where: { $0.assignment?.unknown == unknown }),
      (hasTime ? grid.axes.dropLast() : grid.axes[...]).allSatisfy({ $0.family == .fourier })
    else { return nil }
    for (index, equation) in equations.enumerated()
    where equation.products == .zero && equation.known == .zero {
      let own = equation.linear.filter { $0.field == unknown }
      let others = equation.linear.filter { $0.field != unknown }
      guard !own.isEmpty, !others.isEmpty, own.allSatisfy({ isDiagonal($0.orders, grid) }),
        // The equation of another unknown's evolution is not this one's.
        others.allSatisfy({ !hasTime || $0.orders[grid.axes.count - 1] == 0 })
      else { continue }
      let values = symbol(own, grid).elements
      let scale = values.map(abs).max() ?? 0
      let spatial = hasTime ? values.count / grid.axes[grid.axes.count - 1].modes : values.count
      let times = values.count / spatial
      // Only constants in space may be left open.
      guard values.enumerated().allSatisfy({ $0.offset < times || abs($0.element) > 1e-12 * scale }) else {
        continue
      }
      let inverse = values.map { abs($0) > 1e-12 * scale ? Scalar(-1 / $0) : 0 }
      return (index, Tensor(shape: grid.modes + [1], inverse))
    }
    return nil
  }

  /// 1/(1/T + |σ|) with the symbol σ in space of the linear terms of an unknown's own equation: [modes …, 1].
  ///
  /// - Throws: `EquationError` where no equation has one.
  func operatorScale(of unknown: Int, until: Double) throws -> Tensor<Double> {
    let time = hasTime ? grid.axes.count - 1 : grid.axes.count
    let own = equations.lazy.map { equation in
      equation.linear.filter { term in
        term.field == unknown && Self.isDiagonal(term.orders, grid) && term.orders.contains { $0 > 0 }
      }
    }
    guard grid.axes[..<time].allSatisfy({ $0.family == .fourier }),
      let terms = own.first(where: { !$0.isEmpty })
    else {
      throw EquationError(
        "the equations of \(system.name) have no symbol for '\(system.unknowns[unknown].name)' that its modes could be "
          + "scaled by, which takes a periodic box and linear terms of even order: take the scaling 'uniform'"
      )
    }
    let sizes = abs(Self.symbol(terms, grid))
    let rate = hasTime ? 1 / until : 0
    let least = rate > 0 ? rate : sizes.elements.filter { $0 > 0 }.min() ?? 1
    return Tensor(
      shape: sizes.shape, sizes.elements.map { least / (rate + ($0 > 0 || rate > 0 ? $0 : least)) })
  }

  // MARK: - Evaluation

  /// All fields, with those that are eliminated.
  package func completed(_ fields: [Tensor<Scalar>?]) -> [Tensor<Scalar>?] {
    var fields = fields
    for elimination in eliminated {
      var sum: Tensor<Scalar>?
      for part in elimination.parts {
        let term = part(fields[part.field]!)
        sum = sum.map { $0 + term } ?? term
      }
      fields[elimination.unknown] = sum! * elimination.inverse
    }
    return fields
  }

  /// Coefficients of the residual of every equation, [entries, residual modes …, 1], for coefficients of all unknowns of the
  /// system, [entries, modes …, 1].
  package func callAsFunction(_ fields: [Tensor<Scalar>?]) throws -> [Tensor<Scalar>] {
    let formula = Self.formula(residualGrid, hasTime: hasTime) { jet in
      self.synthesis[jet]!(fields[jet.unknown]!)
    }
    return try equations.indices.map { index in
      var sum: Tensor<Scalar>?
      for part in linear[index] {
        let term = part(fields[part.field]!)
        sum = sum.map { $0 + term } ?? term
      }
      var result = sum.map { $0.resized(to: residualGrid.modes) }
      if equations[index].products != .zero {
        let term = analysis(try formula(equations[index].products))
        result = result.map { $0 + term } ?? term
      }
      if let known = known[index] { result = result.map { $0 + known } ?? known }
      return result!
    }
  }

  /// Values of the residual of every equation at any places along each axis, [entries, places …, 1], all derivatives and
  /// products formed there: what a loss at points would be made of.
  package func values(_ fields: [Tensor<Scalar>?], at places: [[Double]]) throws -> [Tensor<Scalar>] {
    let columns = places.indices.map { i -> Tensor<Scalar> in
      var shape = [Int](repeating: 1, count: places.count + 2)
      shape[i + 1] = places[i].count
      return Tensor(places[i].map { Scalar($0) }).reshaped(shape)
    }
    let formula = PointFormula(
      coordinates: hasTime ? Array(columns.dropLast()) : columns, time: hasTime ? columns.last : nil
    ) { jet in
      let orders = SpectralTerms.orders(jet, self.grid.axes.count, self.hasTime)
      return Self.evaluation(self.grid, orders: orders, at: places)(fields[jet.unknown]!)
    }
    let entries = fields.lazy.compactMap { $0 }.first!.shape[0]
    return try equations.map { try formula($0.node).broadcast(to: [entries] + places.map(\.count) + [1]) }
  }
}

extension Tensor {
  /// Coefficients [entries, modes …, channels] with other numbers of modes: the first ones, or zeros behind them.
  func resized(to modes: [Int]) -> Tensor {
    var result = self
    for (i, count) in modes.enumerated() {
      let own = result.shape[i + 1]
      if own > count { result = result.slice(axis: i + 1, 0..<count) }
      if own < count { result = result.embedded(axis: i + 1, start: 0, length: count) }
    }
    return result
  }
}
