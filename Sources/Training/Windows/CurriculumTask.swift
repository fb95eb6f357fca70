import Equations
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of one network against a problem that becomes harder in stages, such as a viscosity that falls or a Reynolds
/// number that rises: each stage begins with the network of the one before (Krishnapriyan et al., Adv. Neural Inf. Process.
/// Syst. 34, 2021).
///
/// The last stage's problem is the one that is meant; errors are measured against its solution.
public final class CurriculumTask<Core: Layer>: StagedTask where Core.Scalar: OptimizerScalar {
  public typealias Scalar = Core.Scalar
  public static var stageName: String { "stage" }

  /// The problems of the stages, at points.
  public let stages: [PointwiseSystem]
  /// When a stage is done with, besides when its optimizer is.
  public let stageRule: StageRule
  /// The stage that is being trained.
  public private(set) var stage = 0
  /// Its training.
  public private(set) var current: PhysicsTask<Core>

  /// The parameters of the last stage that go through the curriculum.
  private let meaning: [String: Double]
  private let settings: TrainingPoints
  private let waves: Int
  private let frequencies: DataFrequencies?
  private let isHard: Bool
  private let reference: MeasuredPoints?
  private let core: Core

  /// The training of stages.
  ///
  /// - Parameters:
  ///   - stages: The problem with the parameters of each stage, on one box and with the same unknowns and conditions.
  ///   - meaning: The values in the last stage of the parameters that change, for the solution.
  ///   - rule: When a stage is done with; the share of the steps and seconds that are left where it says nothing.
  ///   - waves: How many multiples of the base frequency a periodic coordinate is turned into.
  ///   - frequencies: Of coordinates that are not periodic, frequencies that become features besides.
  ///   - isHard: Whether conditions that can be are met by construction, or left to the loss.
  ///   - reference: Values of the last stage to compare with; the exact solution of each where left out and there is one.
  ///   - core: Makes the core of the network for a number of features.
  /// - Throws: `TrainingError` for stages that one network cannot take, and what the tasks of stages throw.
  public init(
    _ stages: [PointwiseSystem], meaning: [String: Double] = [:], rule: StageRule = StageRule(),
    settings: TrainingPoints, waves: Int = 1,
    frequencies: DataFrequencies? = nil, isHard: Bool = true, reference: MeasuredPoints? = nil,
    core: (_ features: Int) -> Core
  ) throws {
    precondition(!stages.isEmpty, "a curriculum without a stage")
    let first = stages[0]
    guard
      stages.allSatisfy({
        $0.box == first.box && $0.unknowns.map(\.name) == first.unknowns.map(\.name)
          && $0.isEvolution == first.isEvolution
      })
    else {
      throw TrainingError(
        "the stages of a curriculum have other domains or unknowns, which one network cannot take: change a parameter of the "
          + "equations only")
    }
    (self.stages, self.meaning, stageRule, self.settings) = (stages, meaning, rule, settings)
    (self.waves, self.frequencies) = (waves, frequencies)
    (self.isHard, self.reference) = (isHard, reference)
    let own = core(
      CoordinateFeatures(first, until: settings.until, waves: waves, frequencies: frequencies).count)
    self.core = own
    current = try Self.task(
      first, settings, waves: waves, frequencies: frequencies, isHard: isHard, reference: reference, core: own
    )
  }

  private static func task(
    _ system: PointwiseSystem, _ settings: TrainingPoints, waves: Int, frequencies: DataFrequencies?,
    isHard: Bool,
    reference: MeasuredPoints?,
    core: Core
  ) throws -> PhysicsTask<Core> {
    let conditions = isHard ? try HardConditions(system, until: settings.until) : nil
    let network = PhysicsNetwork(
      system, until: settings.until, waves: waves, frequencies: frequencies, conditions: conditions
    ) { _ in
      core
    }
    return try PhysicsTask(
      system, network: network, settings: settings, conditions: conditions?.remaining ?? system.conditions,
      reference: reference)
  }

  // MARK: - Stages

  public var stageCount: Int { stages.count }

  public func beginNextStage(after best: Tensor<Scalar>) throws {
    precondition(stagesLeft > 0, "there is no stage after the last")
    current.apply(best)
    stage += 1
    current = try Self.task(
      stages[stage], settings, waves: waves, frequencies: frequencies, isHard: isHard, reference: reference,
      core: core)
  }

  // MARK: - Checkpoints

  public var state: [String: Tensor<Scalar>] {
    var state = current.state
    state[Self.stageName] = Tensor([Scalar(stage)])
    return state
  }

  public func restore(_ state: [String: Tensor<Scalar>]) throws {
    for _ in 0..<(try stage(of: state).number) { try beginNextStage(after: initialParameters) }
    try current.restore(state)
  }

  // MARK: - Fields

  public func solution(
    of problem: some Problem, parameters: ParameterValues, points: [Int], frames: Int, steps: Int,
    seconds: Double
  ) throws -> Solution {
    var parameters = parameters
    parameters.values.merge(meaning) { $1 }
    return try current.solution(
      of: problem, parameters: parameters, points: points, frames: frames, steps: steps, seconds: seconds)
  }

  public var remarks: [String] {
    stagesLeft == 0
      ? []
      : ["\(stage + 1) of \(stages.count) stages were trained; go on with --resume and more steps or seconds"]
  }
}
