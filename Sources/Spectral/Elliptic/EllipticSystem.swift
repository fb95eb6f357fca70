import Equations
import Foundation
import Geometry
import Tensors

/// A steady linear problem with constant coefficients, ready to be solved directly.
///
/// Every unknown has an equation a u − Σ c_d ∂²u/∂x_d² = f of its own, on a box with any mix of periodic, Dirichlet,
/// Neumann and Robin sides; on fully periodic boxes the equations may be of any order and coupled. Plans and matrices are
/// made once; ``solve(means:random:pool:)`` may be called for many draws of random sources.
public final class EllipticSystem: Sendable {
  /// The lowered problem.
  public let system: PDESystem
  /// The points of the solution, the same for all unknowns.
  public let grid: RectilinearGrid
  /// Integration weights of the grid's points along each axis: ∫ f dx ≈ Σ w f.
  public let weights: [[Double]]
  /// The method of each axis, such as "Fourier", "sine", "Chebyshev" or "finite differences".
  public let methodNames: [String]
  /// The time that the set-up took.
  public let setupSeconds: Double

  private let work: Work

  private enum Work: Sendable {
    case scalars([ScalarEllipticEquation], [HelmholtzSolver])
    case modes(PeriodicLinearSystem)
  }

  /// Prepares a problem.
  ///
  /// - Parameters:
  ///   - system: The lowered problem, without time derivatives.
  ///   - points: Grid points per axis; bounded axes count the points on both sides (cell centres have none there).
  ///   - method: How it is discretised.
  /// - Throws: ``EquationError`` when the problem is not of the form above: the text names the term, or the side
  ///   without a condition. ``EllipticError`` when it has no unique solution or does not fit the method.
  public init(_ system: PDESystem, points: [Int], method: EllipticMethod = .automatic) throws {
    let begin = Date()
    if let row = system.rows.first(where: { !$0.mass.isEmpty }) {
      throw EquationError(
        "'\(row.text)' has a time derivative: this is an evolution equation, so give a final time to integrate to"
      )
    }
    guard points.count == system.dimension, points.allSatisfy({ $0 > 0 }) else {
      throw EquationError(
        "the grid of \(points.map(String.init).joined(separator: " × ")) points does not fit a domain of "
          + "\(system.dimension) dimension\(system.dimension == 1 ? "" : "s"): give one positive number per axis"
      )
    }
    self.system = system
    if system.box.isPeriodic, !method.isFiniteDifference, !ScalarEllipticEquation.suits(system) {
      try method.requireFourier(system)
      let modes = try PeriodicLinearSystem(system, points: points)
      grid = RectilinearGrid(coordinates: modes.layout.coordinates)
      weights = zip(system.box.intervals, points).map { Array(repeating: $0.length / Double($1), count: $1) }
      methodNames = points.map { _ in "Fourier" }
      work = .modes(modes)
    } else {
      let equations = try ScalarEllipticEquation.read(system)
      let discretization = try method.discretization(of: equations, system)
      let solvers = try equations.map { equation in
        try HelmholtzSolver(
          box: system.box, points: points, conditions: equation.conditions, discretization: discretization,
          shift: equation.shift, diffusivity: equation.diffusivity)
      }
      grid = solvers[0].grid
      weights = solvers[0].weights
      methodNames = solvers[0].methodNames
      work = .scalars(equations, solvers)
    }
    setupSeconds = Date().timeIntervalSince(begin)
  }

  /// Whether the transforms take the equations of a problem, conditions apart: constant coefficients, no products.
  public static func takes(_ system: PDESystem) -> Bool {
    ScalarEllipticEquation.suits(system)
      || system.box.isPeriodic && system.rows.allSatisfy { !$0.terms.contains(where: \.dependsOnUnknowns) }
  }

  /// Solves the problem.
  ///
  /// - Parameters:
  ///   - means: Per unknown, the mean of the solution where the problem leaves it free; 0 by default.
  ///   - random: Values of random fields of the sources on the grid.
  ///   - pool: The threads to use.
  /// - Throws: ``EllipticError`` when sources and data do not balance or are not finite, and what `random` throws.
  public func solve(
    means: [Double]? = nil,
    random: (RandomField, RectilinearGrid) throws -> [Double] = { _, _ in
      throw EquationError("the source has a random field: give a seed")
    },
    pool: WorkerPool = .shared
  ) throws -> EllipticSolution {
    precondition(
      means == nil || means!.count == system.unknowns.count,
      "\(means?.count ?? 0) means for \(system.unknowns.count) unknowns")
    let begin = Date()
    let fields: EllipticSolution.Fields
    switch work {
    case .scalars(let equations, let solvers):
      fields = .scalars(
        try zip(equations, solvers).map { equation, solver in
          let source = try grid.values(of: equation.source, random: { try random($0, grid) })
          try requireFinite(source, equation)
          var data: [Side: [Double]] = [:]
          for (side, node) in equation.data where node != .zero {
            data[side] = try RectilinearGrid(coordinates: solver.sidePoints(side)).values(of: node)
          }
          return try solver.solve(
            source, boundary: data, mean: means?[equation.unknown] ?? 0, pool: pool)
        })
    case .modes(let modes):
      let sources = try modes.sources.map { try grid.values(of: $0, random: { try random($0, grid) }) }
      fields = .modes(modes.layout, try modes.solve(sources, means: means, pool: pool))
    }
    return EllipticSolution(
      system: system, grid: grid, weights: weights, fields: fields,
      statistics: EllipticStatistics(
        methodNames: methodNames, points: grid.shape, setupSeconds: setupSeconds,
        solveSeconds: Date().timeIntervalSince(begin)))
  }

  private func requireFinite(_ source: [Double], _ equation: ScalarEllipticEquation) throws {
    guard let i = source.firstIndex(where: { !$0.isFinite }) else { return }
    var (rest, place) = (i, [Double]())
    for axis in grid.coordinates.reversed() {
      place.insert(axis[rest % axis.count], at: 0)
      rest /= axis.count
    }
    let text = place.map { "\($0)" }.joined(separator: ", ")
    throw EllipticError.notFinite(
      what: "the source of the equation for \(system.unknowns[equation.unknown].name) at (\(text))")
  }
}

extension EllipticMethod {
  var isFiniteDifference: Bool { if case .finiteDifference = self { true } else { false } }

  /// Refuses bases that a coupled periodic system cannot have.
  func requireFourier(_ system: PDESystem) throws {
    guard case .axes(let methods) = self else { return }
    for (method, axis) in zip(methods, Axis.allCases) where method != .fourier && method != .automatic {
      throw EquationError(
        "the \(method.rawValue) basis needs a bounded axis, but \(axis.name) is periodic: use Fourier modes there"
      )
    }
  }

  /// The discretisation of each axis.
  func discretization(
    of equations: [ScalarEllipticEquation], _ system: PDESystem
  ) throws -> [AxisDiscretization] {
    let axes = Axis.allCases.prefix(system.dimension)
    switch self {
    case .finiteDifference(let grid): return axes.map { _ in .finiteDifference(grid) }
    case .automatic: return axes.map { Self.automatic($0, equations, system) }
    case .axes(let methods):
      guard methods.count == system.dimension else {
        throw EquationError(
          "\(methods.count) bases do not fit a domain of \(system.dimension) dimension\(system.dimension == 1 ? "" : "s"): give one per axis"
        )
      }
      return try zip(axes, methods).map { axis, method in
        try Self.checked(axis, method, equations, system)
      }
    }
  }

  private static func checked(
    _ axis: Axis, _ method: AxisMethod, _ equations: [ScalarEllipticEquation], _ system: PDESystem
  ) throws -> AxisDiscretization {
    let isPeriodic = system.box.intervals[axis.rawValue].isPeriodic
    switch method {
    case .automatic: return automatic(axis, equations, system)
    case .fourier where !isPeriodic:
      throw EquationError(
        "Fourier modes need a periodic axis, but \(axis.name) is bounded: use Chebyshev, or sines or cosines there"
      )
    case .fourier: return .spectral()
    case _ where isPeriodic:
      throw EquationError(
        "the \(method.rawValue) basis needs a bounded axis, but \(axis.name) is periodic: use Fourier modes there"
      )
    case .chebyshev: return .chebyshev
    case .sine, .cosine:
      let wanted: SideCondition = method == .sine ? .dirichlet : .neumann
      for equation in equations {
        let pair = equation.conditions[axis.rawValue]
        let both = [pair.lower, pair.upper]
        if both.contains(wanted) && both.allSatisfy({ $0 == .dirichlet || $0 == .neumann }) { continue }
        throw EquationError(
          "the \(method.rawValue) basis does not meet the conditions of \(system.unknowns[equation.unknown].name) along \(axis.name): use Chebyshev there"
        )
      }
      return .spectral()
    }
  }

  /// Sines or cosines along a bounded axis where they converge fast for every unknown.
  private static func automatic(
    _ axis: Axis, _ equations: [ScalarEllipticEquation], _ system: PDESystem
  ) -> AxisDiscretization {
    if system.box.intervals[axis.rawValue].isPeriodic { return .spectral() }
    let parity = ReflectionParity(box: system.box)
    let suits = equations.allSatisfy { equation in
      [false, true].allSatisfy { isUpper in
        let side = Side(axis, upper: isUpper)
        let condition = equation.conditions[axis.rawValue][upper: isUpper]
        guard parity.vanishes(equation.data[side] ?? .zero) else { return false }
        let others = equation.data.filter { $0.key.axis != axis }.values
        return ([equation.source] + others).allSatisfy { parity.holds(for: $0, on: side, condition) }
      }
    }
    return suits ? .spectral() : .chebyshev
  }
}
