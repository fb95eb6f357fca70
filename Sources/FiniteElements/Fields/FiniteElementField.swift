import Equations
import Geometry

/// An unknown, or a quantity derived from unknowns, as a field on the mesh.
public struct FiniteElementField: MeshField {
  public let name: String
  public let componentNames: [String]
  /// The state that the field belongs to.
  public let solution: FiniteElementSolution
  /// One formula over jets per component.
  public let formulas: [Node]

  /// A field of given formulas over jets.
  public init(_ name: String, componentNames: [String], formulas: [Node], of solution: FiniteElementSolution)
  {
    precondition(
      componentNames.count == formulas.count, "\(componentNames.count) names for \(formulas.count) components"
    )
    (self.name, self.componentNames, self.formulas, self.solution) = (
      name, componentNames, formulas, solution
    )
  }

  public var mesh: Mesh { solution.system.mesh }

  public func values(at points: [[Double]]) throws -> [[Double]] {
    try solution.values(of: formulas, at: points)
  }

  /// One array per component with one value per point of the mesh; where cells differ, as derivatives do, the mean of theirs.
  public var pointValues: [[Double]] { get throws { try solution.pointValues(of: formulas) } }

  public var integrals: [Double] {
    get throws { try CellIntegrals(solution.system, formulas).totals(solution.values, time: solution.time) }
  }

  public var l2Norm: Double {
    get throws {
      let square = Node.sum(of: formulas.map { .raise($0, .constant(2)) })
      return try CellIntegrals(solution.system, [square]).totals(solution.values, time: solution.time)[0]
        .squareRoot()
    }
  }

  public var h1Seminorm: Double {
    get throws {
      let axes = Axis.allCases.prefix(mesh.dimension)
      let square = try Node.sum(
        of: formulas.flatMap { formula in
          try axes.map { .raise(try formula.differentiated(.axis($0)), .constant(2)) }
        })
      return try CellIntegrals(solution.system, [square]).totals(solution.values, time: solution.time)[0]
        .squareRoot()
    }
  }

  public var maxNorm: Double {
    get throws { try formulas.map { try solution.maximum($0) }.reduce(0) { $1.isNaN ? .nan : max($0, $1) } }
  }

  /// The values of each component, the mean over each cell.
  public var cellMeans: [[Double]] {
    get throws {
      let integrals = try CellIntegrals(solution.system, formulas + [.one]).values(
        solution.values, time: solution.time)
      return integrals.dropLast().map { zip($0, integrals[integrals.count - 1]).map { $0 / $1 } }
    }
  }
}

extension FiniteElementSolution {
  /// Names of all fields: unknowns as they are declared, and derived fields.
  public var fieldNames: [String] {
    var names: [String] = []
    for unknown in system.system.unknowns where !names.contains(Self.name(of: unknown)) {
      names.append(Self.name(of: unknown))
    }
    return names + system.system.derived.filter { $0.kind == .field }.map(\.name)
  }

  /// The field with a name: a vector unknown by its own name or one of its components by theirs, or a derived field.
  ///
  /// - Throws: ``FiniteElementError`` when there is none; the text lists those that there are.
  public func field(_ name: String) throws -> FiniteElementField {
    let unknowns = system.system.unknowns
    let members = unknowns.indices.filter { Self.name(of: unknowns[$0]) == name }
    let own = members.isEmpty ? unknowns.indices.filter { unknowns[$0].name == name } : members
    if !own.isEmpty {
      return FiniteElementField(
        name, componentNames: own.map { unknowns[$0].name }, formulas: own.map { .jet(Jet($0)) }, of: self)
    }
    guard let derived = system.system.derived.first(where: { $0.name == name && $0.kind == .field }) else {
      throw FiniteElementError(
        "\(system.system.name) has no field '\(name)': choose one of \(fieldNames.joined(separator: ", "))")
    }
    let axes = ["x", "y", "z"]
    let names =
      derived.components.count == 1 ? [name] : derived.components.indices.map { name + "_" + axes[$0] }
    return FiniteElementField(name, componentNames: names, formulas: derived.components, of: self)
  }

  /// All fields.
  public var fields: [FiniteElementField] { get throws { try fieldNames.map { try field($0) } } }

  /// Derived numbers (integrals and means over the domain) by name, in the order of the problem.
  public var numbers: [(name: String, value: Double)] {
    get throws {
      let quantities = system.system.derived.filter { $0.kind != .field }
      let totals = try CellIntegrals(system, quantities.map { $0.components[0] } + [.one]).totals(
        values, time: time)
      return zip(quantities, totals).map { quantity, total in
        (quantity.name, quantity.kind == .mean ? total / totals[totals.count - 1] : total)
      }
    }
  }

  private static func name(of unknown: RealUnknown) -> String {
    unknown.source.name + (unknown.isVelocity ? "_t" : "")
  }
}
