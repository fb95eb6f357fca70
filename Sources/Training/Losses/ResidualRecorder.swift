import Autodiff
import Equations
import Geometry
import NeuralNetworks
import Tensors

/// Residuals of equations and conditions, recorded for a model whose outputs are the unknowns.
///
/// The derivatives that the residuals need are carried through the model together, in as few channels as their linear
/// combinations allow.
struct ResidualRecorder<Scalar: Real> {
  let system: PointwiseSystem
  /// Whether the outward normal follows the coordinates of points.
  private let hasNormals: Bool
  private let combinations: JetCombinations
  private let plan: TaylorPlan
  /// For each derivative that is carried by itself, its place among what the plan gives.
  private let single: [JetCombinations.Index: Int]

  /// Plans the residuals of some formulas at a place.
  init(_ system: PointwiseSystem, _ residuals: [Node], at place: PointwiseSystem.Place = .inside) throws {
    self.system = system
    if case .boundary = place { hasNormals = true } else { hasNormals = false }
    combinations = try JetCombinations(residuals, unknowns: system.functions)
    let directions = system.dimension + (system.isEvolution ? 1 : 0)
    func index(_ jet: JetCombinations.Index) -> DerivativeIndex {
      let space = Axis.allCases.prefix(system.dimension).map { jet.orders[$0] }
      return DerivativeIndex(space + (system.isEvolution ? [jet.timeOrder] : []))
    }
    let sums = combinations.combinations.map { sum in
      DerivativeCombination(Dictionary(uniqueKeysWithValues: sum.map { (index($0.index), $0.coefficient) }))
    }
    plan = TaylorPlan(
      sums.map { $0.terms.count == 1 ? DerivativeCombination($0.terms.keys.first!) : $0 }
        + combinations.single.map { DerivativeCombination(index($0)) }, directions: directions)
    single = Dictionary(
      uniqueKeysWithValues: combinations.single.enumerated().map { ($1, sums.count + $0) })
  }

  /// The number of channels that the model carries, its value included.
  var channelCount: Int { plan.channelCount + 1 }

  /// The residuals at points.
  ///
  /// - Parameters:
  ///   - points: Coordinates, and time last, of shape [points, coordinates]; then the normal on boundaries of any shape.
  ///   - model: A function from points to the unknowns, [points, unknowns].
  ///   - free: The parameters that are to be found, one number each.
  ///   - keepsRows: Whether derivatives that are the same at all points are carried for each point all the same, so that
  ///     every point has a row in all products.
  /// - Returns: One column [points, 1] per residual.
  func callAsFunction(
    _ table: Tensor<Scalar>, free: [Tensor<Scalar>], keepsRows: Bool = false,
    model: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws -> [Tensor<Scalar>] {
    let coordinates = system.dimension + (system.isEvolution ? 1 : 0)
    // The model and its derivatives see coordinates only.
    let points = hasNormals ? table.slice(axis: 1, 0..<coordinates) : table
    let values = try model(points)
    let count = system.functions
    guard values.rank == 2, values.shape == [points.shape[0], count] else {
      let names = (0..<count).map(system.name(of:)).joined(separator: ", ")
      throw EquationError(
        "the model's output has the shape \(values.shape) at \(points.shape[0]) points, but \(system.name) has \(count) "
          + "unknown\(count == 1 ? "" : "s") (\(names)): let the last layer have the width \(count)")
    }
    let directions = (0..<points.shape[1]).map { direction in
      let unit = Tensor<Scalar>(
        shape: [1, points.shape[1]], (0..<points.shape[1]).map { $0 == direction ? 1 : 0 })
      // Times a 1 that is computed from each point.
      return keepsRows ? sign(points.slice(axis: 1, 0..<1).squared + 1) * unit : unit
    }
    let derivatives =
      plan.channelCount == 0
      ? [] : try taylorDerivatives(of: [values], by: points, along: directions, plan: plan)[0]
    func column(_ table: Tensor<Scalar>, _ unknown: Int) -> Tensor<Scalar> {
      table.slice(axis: 1, unknown..<unknown + 1)
    }
    var formula = PointFormula(points: points, dimension: system.dimension) { jet in
      if jet.unknown >= count { return free[jet.unknown - count].reshaped([]) }
      let index = JetCombinations.Index(jet)
      if index.total == 0 { return column(values, jet.unknown) }
      guard let place = single[index] else {
        throw EquationError("a derivative of \(system.name(of: jet.unknown)) is not carried")
      }
      return column(derivatives[place], jet.unknown)
    }
    if hasNormals {
      formula.normals = (0..<system.dimension).map {
        table.slice(axis: 1, coordinates + $0..<coordinates + $0 + 1)
      }
    }
    return try combinations.rows.map { row in
      var sum: Tensor<Scalar>?
      func add(_ term: Tensor<Scalar>) { sum = sum.map { $0 + term } ?? term }
      for term in row.terms {
        var inner: Tensor<Scalar>?
        func addInner(_ value: Tensor<Scalar>, _ scale: Double) {
          let scaled = value * Scalar(scale)
          inner = inner.map { $0 + scaled } ?? scaled
        }
        if term.combination >= 0 { addInner(column(derivatives[term.combination], term.unknown), term.scale) }
        for (index, coefficient) in term.rest {
          addInner(column(derivatives[single[index]!], term.unknown), coefficient)
        }
        guard let inner else { continue }
        add(term.cofactor == .one ? inner : try formula(term.cofactor) * inner)
      }
      if !row.formula.isZero { add(try formula(row.formula)) }
      return (sum ?? Tensor(0)).broadcast(to: [points.shape[0], 1])
    }
  }
}

/// How much a model carries for the residuals of a problem.
package enum ResidualChannels {
  /// The number of channels, the value included.
  package static func count(_ system: PointwiseSystem) throws -> Int {
    try ResidualRecorder<Double>(system, system.equations.map(\.node)).channelCount
  }
}
