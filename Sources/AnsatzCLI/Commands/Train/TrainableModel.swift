import Ansatz

/// A kind of model that `ansatz train` knows: its options, and the training that they ask for.
protocol TrainableModel {
  /// The word on the command line.
  static var name: String { get }
  /// What it is, and where it comes from, in a sentence.
  static var summary: String { get }
  /// Options beside those of ``TrainRequest/options``.
  static var options: [Option] { get }
  /// The optimizers where none are given.
  static var optimizer: String { get }
  /// Optimizers that are for this model alone, by name.
  static var ownOptimizers: [String: any LeastSquaresOptimizer<Double>] { get }
  /// Whether the problem's conditions have to determine its solution; else some are natural to the model, or drawn.
  static var needsConditions: Bool { get }

  /// Reads its options.
  /// - Throws: `UsageError` for what does not fit.
  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws

  /// Makes the task of training the model, and hands it over.
  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result
}

/// What is done with a task whose type depends on the model: trained into a folder, or measured.
protocol TaskUser {
  associatedtype Result

  /// - Parameter title: The model in a few words, for plots.
  func callAsFunction<Task: TrainingTask>(_ task: Task, title: String) throws -> Result
  where Task.Scalar: OptimizerScalar
}

extension TrainableModel {
  static var ownOptimizers: [String: any LeastSquaresOptimizer<Double>] { [:] }
  static var needsConditions: Bool { true }
}

/// Every model that `ansatz train` knows.
enum TrainableModels {
  static let all: [any TrainableModel.Type] = [
    PinnModel.self, SeparableModel.self, RitzModel.self, LagrangianModel.self, GaussianModel.self,
    SpectralModel.self,
  ]

  /// The model of a command line, its first word that is no option.
  static func named(_ name: String?, problem: String) throws -> any TrainableModel.Type {
    let names = all.map { $0.name }
    guard let name else {
      throw UsageError(
        "the model is missing: write ansatz train \(names.joined(separator: " or ")) --problem \(problem)")
    }
    guard let model = all.first(where: { $0.name == name }) else {
      throw UsageError.unknown(
        "model", name, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    return model
  }
}
