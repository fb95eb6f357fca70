import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// A trained Lagrangian network at one time, as a state of a solution: its fields, and their derivatives, at any positions.
struct LagrangianState<State: Layer, Position: Layer>: SolutionState, @unchecked Sendable
where State.Scalar: OptimizerScalar, State.Scalar == Position.Scalar {
  // Unchecked: the network's parameters are not changed while its solution is read, and evaluators are made anew.

  let system: PDESystem
  let time: Double
  let grid: RectilinearGrid
  let task: LagrangianTask<State, Position>
  /// The characteristics at the time, and the labels at the grid.
  private let map: CharacteristicMap<State.Scalar>
  private let gridLabels: CharacteristicMap<State.Scalar>.Labels

  init(
    _ task: LagrangianTask<State, Position>, system: PDESystem, time: Double, grid: RectilinearGrid
  ) throws {
    (self.task, self.system, self.time, self.grid) = (task, system, time, grid)
    map = try task.characteristics(at: [time])
    gridLabels = try map.labels(at: grid.points.map { $0 + [time] })
  }

  var hidden: Set<Int> { [] }
  var weights: [[Double]] { grid.trapezoidalWeights(system.box) }

  func values(of jets: [Jet]) throws -> [[Double]] { try values(of: jets, gridLabels) }

  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    let isInside = points.map { point in
      zip(point, system.box.intervals).allSatisfy { $1.isPeriodic || ($1.lower...$1.upper).contains($0) }
    }
    return try values(of: jets, map.labels(at: points.map { $0 + [time] })).map { column in
      zip(column, isInside).map { $1 ? $0 : .nan }
    }
  }

  private func values(of jets: [Jet], _ labels: CharacteristicMap<State.Scalar>.Labels) throws -> [[Double]] {
    var derivatives = task.lagrangian.positionDerivatives
    var columns: [[Double]?] = []
    var formulas: [Node] = []
    for jet in jets {
      if jet == LabelQuantity.branches {
        columns.append(labels.branches.map { Double($0) })
        continue
      }
      formulas.append(jet == LabelQuantity.jacobian ? derivatives.determinant : try derivatives(jet))
      columns.append(nil)
    }
    var values = try task.evaluator(formulas)(labels.rows)[...]
    return columns.map { $0 ?? values.removeFirst() }
  }
}

/// What stands for quantities of characteristics in formulas over jets: derivatives that no equation has.
private enum LabelQuantity {
  /// det ∂X/∂a.
  static let jacobian = Jet(0, MultiIndex(-1, 0, 0))
  /// The number of labels at a position.
  static let branches = Jet(0, MultiIndex(-2, 0, 0))
}

extension LagrangianTask: FieldTask {
  /// Whether characteristics cross, and where.
  public var remarks: [String] { crossing.map { ["\($0)"] } ?? [] }

  /// The trained network as a solution: fields at positions that are evaluated, measured and exported like a classical one's,
  /// with the residuals of its equations, det ∂X/∂a (`jacobian`) and the number of labels at each position (`branches`, 1 where
  /// characteristics do not cross) as fields of their own. Where characteristics cross or nearly do, the name of the solver
  /// in the statistics says so.
  ///
  /// - Parameters:
  ///   - problem: The problem that was trained against.
  ///   - parameters: Its parameters.
  ///   - points: Grid points per axis on which fields are sampled.
  ///   - frames: How many times, the first and the last included.
  ///   - seconds: What the training took, for the statistics.
  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    let count = max(frames, 2)
    let report = try characteristics(
      at: (0..<count).map { lagrangian.until * Double($0) / Double(count - 1) }
    ).crossing
    return try LearnedSolution(
      system: lagrangian.system, found: [], until: lagrangian.until,
      solver: "Lagrangian physics-informed network"
        + (report.smallest < CrossingReport.small ? ", whose \(report)" : ""),
      method: "lpinn", unknowns: objective.layout.count, steps: steps, seconds: seconds
    ).solution(
      of: problem, parameters: parameters, points: points, frames: frames,
      with: [
        LoweredQuantity(name: "jacobian", kind: .field, components: [.jet(LabelQuantity.jacobian)]),
        LoweredQuantity(name: "branches", kind: .field, components: [.jet(LabelQuantity.branches)]),
      ]
    ) { try LagrangianState(self, system: $0, time: $1, grid: $2) }
  }
}
