import Autodiff
import Equations
import Geometry
import NeuralNetworks
import Simulation
import Tensors

/// A trained model at one time, as a state of a solution: its fields, and all their derivatives, at any points.
struct LearnedState<Scalar: Real>: SolutionState, @unchecked Sendable {
  // Unchecked: the model's parameters are not changed while its solution is read.

  let system: PDESystem
  let time: Double
  let grid: RectilinearGrid
  /// The problem without reduction, whose unknowns the model gives.
  let pointwise: PointwiseSystem
  let model: (Tensor<Scalar>) -> Tensor<Scalar>
  /// Whether points are known to lie in the domain; else values outside are NaN.
  private var keepsAll = false

  init(
    system: PDESystem, time: Double, grid: RectilinearGrid, pointwise: PointwiseSystem,
    model: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    (self.system, self.time, self.grid) = (system, time, grid)
    (self.pointwise, self.model) = (pointwise, model)
  }

  private var keepingAll: LearnedState {
    var state = self
    state.keepsAll = true
    return state
  }

  var mesh: Mesh? { pointwise.mesh }
  var fillsBox: Bool { if case .box = pointwise.extent { true } else { false } }

  func meshValues(of formulas: [Node]) throws -> [[Double]] {
    guard let mesh else { throw EquationError("the solution of \(system.name) has no mesh") }
    let points = (0..<mesh.pointCount).map { Array(mesh.point($0)) }
    // Points of curved boundaries lie outside of straight sides by rounding: all of them count.
    return try keepingAll.evaluate(formulas, at: points)
  }

  var hidden: Set<Int> { Set(system.unknowns.indices.filter { system.unknowns[$0].isVelocity }) }

  var weights: [[Double]] { grid.trapezoidalWeights(system.box) }

  func values(of jets: [Jet]) throws -> [[Double]] { try values(of: jets, at: grid.points) }

  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    guard !jets.isEmpty, !points.isEmpty else { return jets.map { _ in [] } }
    let isEvolution = pointwise.isEvolution
    let columns = pointwise.dimension + (isEvolution ? 1 : 0)
    let table = Tensor<Scalar>(
      shape: [points.count, columns],
      points.flatMap { point in (point + (isEvolution ? [time] : [])).map { Scalar($0) } })
    // The reduction's velocities are time derivatives here.
    let wanted = jets.map { jet -> (unknown: Int, index: DerivativeIndex) in
      var (unknown, order) = (jet.unknown, jet.timeOrder)
      if unknown < system.unknowns.count, system.unknowns[unknown].isVelocity {
        let velocity = system.unknowns[unknown]
        unknown = pointwise.unknowns.firstIndex { $0.source == velocity.source && $0.role == velocity.role }!
        order += 1
      } else if unknown >= system.unknowns.count {
        // Fields follow the problem's unknowns there, and those of the reduction here.
        unknown += pointwise.unknowns.count - system.unknowns.count
      }
      let orders = Axis.allCases.prefix(pointwise.dimension).map { jet.orders[$0] }
      return (unknown, DerivativeIndex(orders + (isEvolution ? [order] : [])))
    }
    let values = try derivatives(of: model, wanted, at: table)
    let isInside = keepsAll ? points.map { _ in true } : pointwise.contains(points)
    return values.map { column in
      zip(column.elements, isInside).map { $1 ? Double($0) : .nan }
    }
  }

  func integral(of formula: Node) throws -> Double {
    switch pointwise.extent {
    case .box: break
    case .mesh(let extent):
      let (points, weights) = extent.mesh.quadrature
      return try zip(keepingAll.evaluate([formula], at: points)[0], weights).reduce(0) { $0 + $1.0 * $1.1 }
    case .region(let geometry):
      let table = PointSampler(.sobol, seed: 0).points(1 << 15, in: geometry)
      let d = geometry.dimension
      let all = table.elements
      let points = (0..<table.shape[0]).map { Array(all[$0 * d..<($0 + 1) * d]) }
      let values = try keepingAll.evaluate([formula], at: points)[0]
      return values.reduce(0, +) / Double(values.count) * geometry.volume
    }
    let values = try evaluate([formula], at: nil)[0]
    var total = 0.0
    let inner = weights.dropFirst().reduce([1.0]) { rows, axis in
      rows.flatMap { row in axis.map { row * $0 } }
    }
    for (i, weight) in weights[0].enumerated() {
      for (j, w) in inner.enumerated() { total += weight * w * values[i * inner.count + j] }
    }
    return total
  }
}

extension PhysicsTask {
  /// The trained model as a solution: fields that are evaluated, measured and exported like a classical one's, with the
  /// residuals of its equations as fields of their own.
  ///
  /// - Parameters:
  ///   - problem: The problem that was trained against.
  ///   - parameters: Its parameters; those that were found are taken from the training.
  ///   - points: Grid points per axis on which fields are sampled.
  ///   - frames: How many times of an evolution, the first and the last included.
  ///   - seconds: What the training took, for the statistics.
  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: found.map { Double($0.wrappedValue.elements[0]) }, until: settings.until,
      solver: "physics-informed network", method: "pinn", unknowns: objective.layout.count, steps: steps,
      seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Scalar>(system: $0, time: $1, grid: $2, pointwise: system, model: { self.network($0) })
    }
  }
}

/// What a trained model of coordinates tells about itself, to be read as a solution.
struct LearnedSolution {
  /// The problem without reduction, whose unknowns the model gives.
  let system: PointwiseSystem
  /// Values of the parameters that were found.
  let found: [Double]
  let until: Double
  /// The model in words, and its name among methods.
  let solver, method: String
  /// Trained parameters, and what the training took.
  let unknowns, steps: Int
  let seconds: Double

  /// The model's fields on a grid, the residuals of its equations, and further fields of its own.
  ///
  /// - Parameter state: The model at a time, on a grid.
  func solution(
    of problem: some Problem, parameters: ParameterValues, points: [Int], frames: Int,
    with fields: [LoweredQuantity] = [],
    state: (_ system: PDESystem, _ time: Double, _ grid: RectilinearGrid) throws -> any SolutionState
  ) throws -> Solution {
    precondition(points.count == system.dimension, "\(points) points for \(system.dimension) axes")
    var parameters = parameters
    for (parameter, value) in zip(system.free, found) { parameters.values[parameter.name] = value }
    // Found values may lie a little outside of the range that a parameter is declared with.
    let ranged = ParameterValues(
      parameters.values.filter { name, value in
        problem.parameters.first { $0.name == name }?.range.contains(value) ?? true
      })
    var lowered = try PDESystem(problem, parameters: ranged, on: system.placement)
    let first = lowered.unknowns.count
    if !system.fields.isEmpty {
      // Derived quantities are those of the fields that were found, and so are the fields themselves.
      lowered.derived = try lowered.lowered(problem.derived, parameters: ranged) { node in
        let name: String
        switch node {
        case .coefficient(let own, _): name = own
        case .parameter(let parameter): name = parameter.name
        default: return nil
        }
        return system.fields.firstIndex { $0.name == name }.map { .jet(Jet(first + $0)) }
      }
      for (i, field) in system.fields.enumerated() {
        lowered.derived.append(
          LoweredQuantity(name: field.name, kind: .field, components: [.jet(Jet(first + i))]))
      }
    }
    for (i, equation) in system.equations.enumerated() {
      let node = equation.node.replacingTerminals { terminal in
        guard case .jet(let jet) = terminal, jet.unknown >= system.unknowns.count else { return nil }
        guard jet.unknown >= system.functions else {
          return .jet(Jet(jet.unknown + first - system.unknowns.count, jet.orders, timeOrder: jet.timeOrder))
        }
        return .constant(found[jet.unknown - system.functions])
      }
      let name = system.equations.count == 1 ? "residual" : "residual_\(i + 1)"
      lowered.derived.append(LoweredQuantity(name: name, kind: .field, components: [node]))
    }
    lowered.derived += fields
    let grid = RectilinearGrid(
      coordinates: zip(system.box.intervals, points).map { interval, n in
        let h = (interval.upper - interval.lower) / Double(interval.isPeriodic ? n : n - 1)
        return (0..<n).map {
          $0 == n - 1 && !interval.isPeriodic ? interval.upper : interval.lower + Double($0) * h
        }
      })
    let count = system.isEvolution ? max(frames, 2) : 1
    let all = try (0..<count).map { i -> Solution.Frame in
      let time = count == 1 ? 0 : until * Double(i) / Double(count - 1)
      return Solution.Frame(time: time, state: try state(lowered, time, grid))
    }
    var statistics = RunStatistics()
    statistics.solver = solver
    statistics.unknowns = unknowns
    statistics.iterations = steps
    statistics.secondsSolve = seconds
    statistics.threads = WorkerPool.shared.threadCount
    return Solution(
      problem: problem.name, parameters: parameters.values, method: method, frames: all,
      statistics: statistics)
  }
}

extension RectilinearGrid {
  /// Weights of the trapezoidal rule along each axis of a box; the upper end of a periodic one is no point of the grid.
  func trapezoidalWeights(_ box: Box) -> [[Double]] {
    zip(box.intervals, shape).map { interval, n in
      let h = (interval.upper - interval.lower) / Double(interval.isPeriodic ? n : n - 1)
      return (0..<n).map { interval.isPeriodic || (0 < $0 && $0 < n - 1) ? h : h / 2 }
    }
  }
}
