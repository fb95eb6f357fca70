import CKernels
import Equations
import Foundation
import Geometry
import Optimizers
import Tensors

/// The loss of a sum of Gaussians, u = Σ w_k exp(−½ Σ ((x_j − m_jk)/σ_jk)²), against a problem: half the sum, over equations
/// and conditions, of weight × mean squared residual.
///
/// Unknowns share Gaussians and have weights of their own. Parameters are the weights [unknowns, Gaussians], in which the
/// model is linear, then means and logarithms of widths, [coordinates, Gaussians] each, then the problem's parameters that are
/// to be found. Derivatives of Gaussians of any order are written down, not recorded: a residual and its row of the Jacobian
/// cost one exponential and some products per Gaussian.
public final class GaussianObjective: SeparableLeastSquaresObjective {
  public typealias Scalar = Double
  public typealias Term = PhysicsObjective<Double>.Term

  public let system: PointwiseSystem
  public private(set) var terms: [Term]
  public private(set) var layout: ParameterLayout
  /// The number of Gaussians.
  public private(set) var count: Int
  /// Whether means and widths are trained, or stay as they are: their derivatives count as zero then.
  public private(set) var trainsShapes: Bool
  public private(set) var residualCount = 0
  /// The losses of the terms at the last evaluation of residuals, in their order.
  public private(set) var termLosses: [Double] = []
  public var linearCount: Int { system.unknowns.count * count }

  let places: [PointwiseSystem.Place]
  private let formulas: [GaussianFormula]
  private let periods: [Double?]
  private let orders: [Int]
  private(set) var points: PointSet<Double>
  private var sum: GaussianSum
  private var tiles: GaussianTiles?
  /// Memory of losses and gradients, which need residuals and rows of their own.
  private var ownResiduals, ownRows: Tensor<Double>?

  /// The loss of a number of Gaussians at points.
  ///
  /// - Parameters:
  ///   - points: Points for every place that has a residual, at least one each.
  ///   - conditions: Which conditions become terms; all of the system where left out.
  ///   - equations: The equations, where they are to be others than the system's: of the same jets.
  ///   - weight: The weight of each term.
  /// - Throws: ``EquationError`` where a formula cannot be evaluated or differentiated.
  public init(
    _ system: PointwiseSystem, count: Int, points: PointSet<Double>,
    equations: [PointwiseSystem.Residual]? = nil, conditions: [PointwiseSystem.Residual]? = nil,
    trainsShapes: Bool = true, weight: (Term) -> Double = { _ in 1 }
  ) throws {
    precondition(count > 0, "a sum of \(count) Gaussians")
    (self.system, self.count, self.points, self.trainsShapes) = (system, count, points, trainsShapes)
    let residuals = (equations ?? system.equations) + (conditions ?? system.conditions)
    var places: [PointwiseSystem.Place] = []
    for residual in residuals where !places.contains(residual.place) { places.append(residual.place) }
    var (formulas, terms): ([GaussianFormula], [Term]) = ([], [])
    for place in places {
      let own = residuals.filter { $0.place == place }
      formulas.append(try GaussianFormula(system, own.map(\.node)))
      for (i, residual) in own.enumerated() {
        let name = own.count == 1 ? place.name : "\(place.name) \(i + 1)"
        terms.append(Term(name: name, text: residual.text, place: place, weight: 1))
      }
    }
    for i in terms.indices { terms[i].weight = weight(terms[i]) }
    (self.places, self.formulas, self.terms) = (places, formulas, terms)
    periods =
      system.box.intervals.map { $0.isPeriodic ? $0.upper - $0.lower : nil }
      + (system.isEvolution ? [nil] : [])
    orders = periods.indices.map { axis in formulas.map { $0.order(along: axis) }.max() ?? 0 }
    layout = ParameterLayout()
    sum = GaussianSum(count: 1, unknowns: 1, periods: [nil], orders: [0])
    setCount(count, trainsShapes: trainsShapes)
    try setPoints(points)
  }

  var axes: Int { periods.count }

  /// Another number of Gaussians, so that all parameters have to be given anew, or other ones that are trained.
  public func setCount(_ count: Int, trainsShapes: Bool) {
    (self.count, self.trainsShapes) = (count, trainsShapes)
    sum = GaussianSum(count: count, unknowns: system.unknowns.count, periods: periods, orders: orders)
    layout = ParameterLayout().appending("weights", shape: [system.unknowns.count, count])
    layout = layout.appending("means", shape: [axes, count])
    layout = layout.appending("logWidths", shape: [axes, count])
    for parameter in system.free { layout = layout.appending("problem.\(parameter.name)", shape: [1]) }
    tiles = nil
  }

  public var trainsLinearOnly: Bool { !trainsShapes && system.free.isEmpty }

  /// Other points.
  /// - Throws: ``EquationError`` where a place has none, or points have the wrong number of coordinates.
  public func setPoints(_ points: PointSet<Double>) throws {
    for place in places {
      guard let table = points.tables[place], table.rank == 2, table.shape[0] > 0, table.shape[1] == axes
      else {
        throw EquationError(
          "the loss needs points for '\(place.name)' of shape [points, \(axes)], and has "
            + "\(points.tables[place].map { "\($0.shape)" } ?? "none")")
      }
    }
    self.points = points
    residualCount = zip(places, formulas).reduce(0) { $0 + points.count($1.0) * $1.1.residualCount }
    tiles = nil
  }

  /// The weights of all terms.
  public func setWeights(_ weights: [Double]) {
    precondition(weights.count == terms.count, "\(weights.count) weights for \(terms.count) terms")
    for i in terms.indices { terms[i].weight = weights[i] }
    tiles = nil
  }

  // MARK: - Gaussians

  /// The lengths of the box along all coordinates, of which time is `until` long.
  func lengths(until: Double) -> [Double] {
    system.box.intervals.map { $0.upper - $0.lower } + (system.isEvolution ? [until] : [])
  }

  /// Means and logarithms of widths, [2 · coordinates, count], at parameters x.
  public func shapes(at x: Tensor<Double>) -> Tensor<Double> {
    let from = linearCount
    return x.slice(axis: 0, from..<from + 2 * axes * count)
  }

  /// What the residuals' derivatives in weights would be of other Gaussians, at the fields of x: a column of `residualCount`
  /// numbers for each unknown and Gaussian.
  func columns(of shapes: [[Double]], at x: Tensor<Double>) throws -> Buffer<Double> {
    let (n, unknowns, rows) = (shapes.count, system.unknowns.count, residualCount)
    // Slopes are those at x, so tiles of their own evaluate fields with the old sum and columns with the new one.
    let other = GaussianSum(count: n, unknowns: unknowns, periods: periods, orders: orders)
    let parameters = Buffer<Double>(count: GaussianSum.length(axes: axes, unknowns: unknowns, count: n))
    for (k, shape) in shapes.enumerated() {
      for j in 0..<2 * axes { parameters.pointer[unknowns * n + j * n + k] = shape[j] }
    }
    other.set(parameters.pointer)
    take(x)
    let (residuals, table) = (Buffer<Double>(count: rows), Buffer<Double>(count: rows * unknowns * n))
    currentTiles().run(
      residuals: residuals.pointer, rows: table.pointer, stride: unknowns * n, withShapes: false,
      rowsOf: other)
    let columns = Buffer<Double>(count: rows * unknowns * n)
    let width = unknowns * n
    WorkerPool.shared.forEach(tiles: (rows + 63) / 64) { tile, _ in
      Double.transpose(
        columns.pointer, leading: rows, table.pointer, columns: width,
        rows: tile * 64..<min(tile * 64 + 64, rows))
    }
    return columns
  }

  // MARK: - Evaluation

  private func currentTiles() -> GaussianTiles {
    if let tiles { return tiles }
    let new = GaussianTiles(
      places: zip(places, formulas).map { place, formula in
        GaussianTiles.Place(
          points: points.tables[place]!, formula: formula,
          scales: terms.filter { $0.place == place }.map {
            ($0.weight / Double(points.count(place))).squareRoot()
          })
      }, sum: sum, freeCount: system.free.count)
    tiles = new
    return new
  }

  /// The parameters of all Gaussians, whether they are trained or not.
  private func take(_ x: Tensor<Double>) {
    precondition(
      x.shape == [layout.count], "parameters of shape \(x.shape) for a layout of shape [\(layout.count)]")
    x.withUnsafeBufferPointer { x in
      sum.set(x.baseAddress!)
      currentTiles().setFree(x.baseAddress! + layout.count - system.free.count)
    }
  }

  private func readTermLosses(_ residuals: Tensor<Double>) {
    if termLosses.count != terms.count { termLosses = Array(repeating: 0, count: terms.count) }
    residuals.withUnsafeBufferPointer { r in
      var (row, term) = (0, 0)
      for (place, formula) in zip(places, formulas) {
        let n = points.count(place)
        for _ in 0..<formula.residualCount {
          termLosses[term] = 0.5 * Double.inner(r.baseAddress! + row, r.baseAddress! + row, count: n)
          (row, term) = (row + n, term + 1)
        }
      }
    }
  }

  public func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    take(x)
    residuals.withUnsafeMutableBufferPointer {
      currentTiles().run(residuals: $0.baseAddress!, rows: nil, stride: 0, withShapes: false)
    }
    readTermLosses(residuals)
  }

  /// Memory for residuals, which is no longer held here so that it is written in place.
  private func takeResiduals() -> Tensor<Double> {
    defer { ownResiduals = nil }
    return ownResiduals.flatMap { $0.count == residualCount ? $0 : nil } ?? .zeros([residualCount])
  }

  public func value(at x: Tensor<Double>) throws -> Double {
    var r = takeResiduals()
    defer { ownResiduals = r }
    try residuals(at: x, into: &r)
    return termLosses.reduce(0, +)
  }

  public func jacobian(
    at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>
  ) throws {
    try rows(at: x, &residuals, &jacobian, withShapes: true, columns: layout.count)
    guard !trainsShapes else { return }
    let (n, first, shapes) = (layout.count, linearCount, 2 * axes * count)
    jacobian.withUnsafeMutableBufferPointer { j in
      for row in 0..<residualCount { (j.baseAddress! + row * n + first).update(repeating: 0, count: shapes) }
    }
  }

  public func linearJacobian(
    at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>
  ) throws {
    try rows(at: x, &residuals, &jacobian, withShapes: false, columns: linearCount)
  }

  private func rows(
    at x: Tensor<Double>, _ residuals: inout Tensor<Double>, _ jacobian: inout Tensor<Double>,
    withShapes: Bool, columns: Int
  ) throws {
    precondition(
      residuals.shape == [residualCount] && jacobian.shape == [residualCount, columns],
      "a Jacobian of shape \(jacobian.shape) with residuals of shape \(residuals.shape) for \(residualCount) residuals and "
        + "\(columns) parameters")
    take(x)
    residuals.withUnsafeMutableBufferPointer { r in
      jacobian.withUnsafeMutableBufferPointer { j in
        currentTiles().run(
          residuals: r.baseAddress!, rows: j.baseAddress!, stride: columns, withShapes: withShapes)
      }
    }
    readTermLosses(residuals)
  }

  /// The sizes of the equations' residuals at points inside, [points, coordinates], without weights: the root of the sum of
  /// squares where there are several equations.
  func residualSizes(at points: Tensor<Double>, _ x: Tensor<Double>) throws -> [Double] {
    take(x)
    let (n, formula) = (points.shape[0], formulas[places.firstIndex(of: .inside)!])
    let other = GaussianTiles(
      places: [
        GaussianTiles.Place(
          points: points, formula: formula, scales: Array(repeating: 1, count: formula.residualCount))
      ], sum: sum, freeCount: system.free.count)
    x.withUnsafeBufferPointer { other.setFree($0.baseAddress! + layout.count - system.free.count) }
    let values = Buffer<Double>(count: n * formula.residualCount)
    other.run(residuals: values.pointer, rows: nil, stride: 0, withShapes: false)
    return (0..<n).map { i in
      var sum = 0.0
      for e in 0..<formula.residualCount { sum += values.pointer[e * n + i] * values.pointer[e * n + i] }
      return sum.squareRoot()
    }
  }

  public func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var r = takeResiduals()
    var j = ownRows ?? .zeros([0])
    ownRows = nil
    if j.shape != [residualCount, layout.count] { j = .zeros([residualCount, layout.count]) }
    defer { (ownResiduals, ownRows) = (r, j) }
    try jacobian(at: x, residuals: &r, jacobian: &j)
    gradient.withUnsafeMutableBufferPointer { g in
      g.update(repeating: 0)
      r.withUnsafeBufferPointer { r in
        j.withUnsafeBufferPointer { j in
          for i in 0..<r.count {
            Double.axpy(r[i], j.baseAddress! + i * g.count, g.baseAddress!, count: g.count)
          }
        }
      }
    }
    return termLosses.reduce(0, +)
  }

  /// A Gaussian's width along each axis for its mean and for its logarithm 1; for parameters to be found, their size.
  public func stepScale(at x: Tensor<Double>, into scale: inout Tensor<Double>) {
    x.withUnsafeBufferPointer { x in
      scale.withUnsafeMutableBufferPointer { scale in
        let shapeCount = axes * count
        for k in 0..<shapeCount {
          scale[k] = exp(x[linearCount + shapeCount + k])
          scale[shapeCount + k] = 1
        }
        for k in 2 * shapeCount..<scale.count { scale[k] = max(abs(x[linearCount + k]), 1e-3) }
      }
    }
  }
}
