import Equations
import Geometry

/// What is prescribed on the sides of a box for one unknown: u = g, or D ∂u/∂n = D (g − value · u).
struct GridSides {
  /// a u + b ∂u/∂n = g, brought to a = 1, b = 0 or to b = 1.
  struct Condition {
    var isDirichlet: Bool
    /// The factor of u beside ∂u/∂n.
    var value: Double
    var data: Node
  }

  private let name: String
  private let conditions: [Side: Condition]

  init(_ equation: SecondOrderEquation, _ system: PDESystem) throws {
    name = system.unknowns[equation.unknown].name
    var found: [Side: Condition] = [:]
    for (axis, interval) in zip(Axis.allCases, system.box.intervals) where !interval.isPeriodic {
      for isUpper in [false, true] {
        let side = Side(axis, upper: isUpper)
        guard let given = system.boundary.first(where: { $0.side == side && $0.unknown == equation.unknown })
        else {
          throw EquationError(
            "\(name) has no condition on the \(side.name) side: add .dirichlet(\(name) == …, on: .\(side.name)) or "
              + ".neumann(dn(\(name)) == …, on: .\(side.name))")
        }
        if given.data.dependsOnTime {
          throw EquationError(
            "the condition '\(given.text)' depends on t, but the problem is steady: remove t, or add a time derivative"
          )
        }
        let factor = given.normal == 0 ? given.value : given.normal
        found[side] = Condition(
          isDirichlet: given.normal == 0, value: given.normal == 0 ? 1 : given.value / factor,
          data: given.data / .constant(factor))
      }
    }
    conditions = found
  }

  func isDirichlet(_ axis: Int, upper isUpper: Bool) -> Bool {
    conditions[Side(Axis.allCases[axis], upper: isUpper)]?.isDirichlet ?? false
  }

  /// Whether both sides of an axis prescribe the normal derivative alone.
  func isPureNeumann(_ axis: Int) -> Bool {
    [false, true].allSatisfy {
      guard let condition = conditions[Side(Axis.allCases[axis], upper: $0)] else { return false }
      return !condition.isDirichlet && condition.value == 0
    }
  }

  /// Whether a natural side has a term in u.
  var hasNaturalValue: Bool { conditions.values.contains { !$0.isDirichlet && $0.value != 0 } }

  /// Mixed derivatives need values on all neighbours, which natural sides do not have.
  func check(_ coefficients: GridCoefficients, isPeriodic: [Bool]) throws {
    for (a, b, _) in coefficients.mixed {
      for axis in [a, b] where !isPeriodic[axis] {
        for isUpper in [false, true] where !isDirichlet(axis, upper: isUpper) {
          throw EquationError(
            "the mixed derivative of \(name) meets a flux condition on the \(Side(Axis.allCases[axis], upper: isUpper).name) "
              + "side, which the grid's stencil cannot take: use finite elements (fem)")
        }
      }
    }
  }

  /// Values on all vertices: the data of Dirichlet sides, zero elsewhere. Where two sides meet the later axis counts.
  func prescribed(on grid: RectilinearGrid) throws -> [Double] {
    var result = [Double](repeating: 0, count: grid.pointCount)
    for (side, condition) in ordered where condition.isDirichlet {
      for (index, value) in try values(of: condition.data, side, grid) { result[index] = value }
    }
    return result
  }

  /// The natural sides with the prescribed normal derivatives at their vertices.
  func natural(on grid: RectilinearGrid) throws -> [Side: NaturalSide] {
    var result: [Side: NaturalSide] = [:]
    for (side, condition) in ordered where !condition.isDirichlet {
      let data =
        condition.data.isZero
        ? [:] : Dictionary(uniqueKeysWithValues: try values(of: condition.data, side, grid))
      result[side] = NaturalSide(value: condition.value, data: data)
    }
    return result
  }

  private var ordered: [(key: Side, value: Condition)] {
    conditions.sorted {
      ($0.key.axis.rawValue, $0.key.isUpper ? 1 : 0) < ($1.key.axis.rawValue, $1.key.isUpper ? 1 : 0)
    }
  }

  /// A formula at the vertices of a side, with their positions in the grid.
  private func values(of data: Node, _ side: Side, _ grid: RectilinearGrid) throws -> [(Int, Double)] {
    var coordinates = grid.coordinates
    let axis = side.axis.rawValue
    let position = side.isUpper ? coordinates[axis].count - 1 : 0
    coordinates[axis] = [coordinates[axis][position]]
    let face = RectilinearGrid(coordinates: coordinates)
    let values = try face.values(of: data)
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      let place = face.coordinatesOfPoint(bad).map { "\($0)" }.joined(separator: ", ")
      throw EquationError(
        "the value prescribed for \(name) on the \(side.name) side is not finite at (\(place)): correct its formula"
      )
    }
    let inner = grid.shape[(axis + 1)...].reduce(1, *)
    return values.indices.map { i in
      ((i / inner) * inner * grid.shape[axis] + position * inner + i % inner, values[i])
    }
  }
}
