import Foundation
import Optimizers

/// Optimizers by name, as command lines and files write them: `adam:5000@1e-3+warmup=500+cosine,ssbroyden`.
///
/// Stages are separated by commas. Each is a name, the number of steps after a colon, the rate after an @, and what is
/// added to it, each after a +: schedules of the rate (`cosine`, `step=0.5:1000`), `warmup`, and modifications of the
/// updates (`clip=1`, `decay=1e-4`, `plateau`, `ema`), which are applied from left to right. Numbers of a modifier stand
/// behind an = and are separated by colons. A stage without steps goes on until it stalls, the last one until the training
/// ends.
public enum OptimizerText {
  /// What there is by a name.
  public struct Description: Sendable, Hashable {
    public let name: String
    /// A line on the method.
    public let summary: String
    /// The rate where none is given; nil for methods that take none.
    public let rate: Double?
    /// Whether the rate can follow a schedule.
    public let hasSchedule: Bool
    /// The most parameters that the method is offered for; nil where its memory does not grow with their square.
    public let parameterLimit: Int?
  }

  /// The names that there are.
  public static var names: [Description] {
    OptimizerEntry<Double>.all.map { entry in
      let (rate, hasSchedule): (Double?, Bool) =
        switch entry.kind {
        case .rule(let rate, _): (rate, true)
        case .scheduled(let rate, _): (rate, true)
        case .adapting(let rate, _): (rate, false)
        case .searching: (nil, false)
        }
      return Description(
        name: entry.name, summary: entry.summary, rate: rate, hasSchedule: hasSchedule,
        parameterLimit: entry.parameterLimit)
    }
  }

  /// Refuses optimizers that keep matrices too large for a number of parameters.
  /// - Throws: `TrainingError` naming the stage, and what to take instead.
  public static func check(_ text: String, parameters count: Int) throws {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let entry = try entry(StageText(String(part)), Double.self)
      guard let limit = entry.parameterLimit, count > limit else { continue }
      throw TrainingError(
        "\(entry.name) keeps and factors matrices over all pairs of parameters and is offered up to \(limit) of them, and "
          + "this model has \(count): take lbfgs, soap or spring, or a smaller model")
    }
  }

  /// What can be added to optimizers that take a rate: how it is written, and a line on it.
  public static var modifiers: [(form: String, summary: String)] {
    OptimizerModifier<Double>.all.map { ($0.form, $0.summary) }
  }

  /// The optimizer that a text describes.
  /// - Throws: `TrainingError` naming what is wrong and what there is.
  public static func optimizer<Scalar: OptimizerScalar>(_ text: String, _ type: Scalar.Type) throws
    -> any LeastSquaresOptimizer<Scalar>
  {
    let stages = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var result: (any LeastSquaresOptimizer<Scalar>)?
    for (i, stage) in stages.enumerated() {
      let own = try optimizer(StageText(stage), isLast: i == stages.count - 1, type)
      if let before = result { result = joined(before, own) } else { result = own }
    }
    return result!
  }

  /// Whether a step of the last stage is dear, so that points are renewed and measured more often.
  /// - Throws: `TrainingError` where there is no such optimizer.
  public static func endsDear(_ text: String) throws -> Bool {
    let stages = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return try entry(StageText(stages.last ?? ""), Double.self).isDear
  }

  private static func joined<Scalar: OptimizerScalar>(
    _ a: any LeastSquaresOptimizer<Scalar>, _ b: any LeastSquaresOptimizer<Scalar>
  ) -> any LeastSquaresOptimizer<Scalar> {
    func open<A: LeastSquaresOptimizer<Scalar>>(_ a: A) -> any LeastSquaresOptimizer<Scalar> {
      func open<B: LeastSquaresOptimizer<Scalar>>(_ b: B) -> any LeastSquaresOptimizer<Scalar> { a.then(b) }
      return open(b)
    }
    return open(a)
  }

  /// The parts of a stage.
  private struct StageText {
    let text: String
    let name: String
    var steps: String?
    var rate: String?
    let modifiers: [String]

    init(_ text: String) {
      self.text = text.trimmingCharacters(in: .whitespaces)
      // A plus before a letter adds something; within a number it is a sign.
      var parts: [String] = [""]
      let characters = Array(self.text)
      for (i, character) in characters.enumerated() {
        if character == "+", i + 1 == characters.count || !characters[i + 1].isNumber {
          parts.append("")
        } else {
          parts[parts.count - 1].append(character)
        }
      }
      modifiers = parts.dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
      let atRate = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      func trimmed(_ part: Substring) -> String { part.trimmingCharacters(in: .whitespaces) }
      if atRate.count > 1 { rate = trimmed(atRate[1]) }
      let named = atRate[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if named.count > 1 { steps = trimmed(named[1]) }
      name = trimmed(named[0]).lowercased()
    }
  }

  private static func entry<Scalar: OptimizerScalar>(_ stage: StageText, _ type: Scalar.Type) throws
    -> OptimizerEntry<Scalar>
  {
    let all = OptimizerEntry<Scalar>.all
    guard let entry = all.first(where: { $0.name == stage.name }) else {
      throw TrainingError(
        "there is no optimizer '\(stage.name)': choose among \(all.map(\.name).joined(separator: ", "))")
    }
    return entry
  }

  private static func optimizer<Scalar: OptimizerScalar>(
    _ stage: StageText, isLast: Bool, _ type: Scalar.Type
  ) throws -> any LeastSquaresOptimizer<Scalar> {
    let entry = try entry(stage, type)
    var steps: Int?
    if let text = stage.steps {
      guard let count = Int(text), count > 0 else {
        throw TrainingError("'\(text)' in '\(stage.text)' is no number of steps: write \(entry.name):1000")
      }
      steps = count
    }
    func staged<Base: LeastSquaresOptimizer<Scalar>>(_ base: Base) -> any LeastSquaresOptimizer<Scalar> {
      if let steps { return base.steps(steps) }
      return isLast ? base : base.until(.stalled)
    }
    let modifiers = try stage.modifiers.map { text in
      if let found = OptimizerModifier<Scalar>.named(text), !entry.takes(found) {
        throw TrainingError(
          "\(entry.name) \(entry.takesSchedule ? "makes its updates" : "finds its steps") by itself and cannot be modified: "
            + "leave out '+\(text)'")
      }
      let (modifier, numbers) = try modifier(text, in: stage, steps: steps, Scalar.self)
      return (text: text, kind: modifier.kind, numbers: numbers)
    }
    let own: any LeastSquaresOptimizer<Scalar>
    switch entry.kind {
    case .rule(let fallback, let make):
      own = try rule(stage, rate: try rate(stage) ?? fallback, modifiers, make)
    case .scheduled(let fallback, let make):
      own = make(try schedule(stage, rate: try rate(stage) ?? fallback, modifiers))
    case .adapting(let fallback, let make): own = make(try rate(stage) ?? fallback)
    case .searching(let optimizer):
      if let rate = stage.rate {
        throw TrainingError("\(entry.name) finds its steps by itself and takes no rate: leave out '@\(rate)'")
      }
      own = optimizer
    }
    let complete = modifiers.reduce(own) { optimizer, modifier in
      if case .any(let modify) = modifier.kind { modify(optimizer, modifier.numbers) } else { optimizer }
    }
    return staged(complete)
  }

  private static func rate(_ stage: StageText) throws -> Double? {
    guard let text = stage.rate else { return nil }
    guard let value = Double(text), value > 0, value.isFinite else {
      throw TrainingError("'\(text)' in '\(stage.text)' is no rate: write \(stage.name)@1e-3")
    }
    return value
  }

  private typealias Modifiers<Scalar: OptimizerScalar> = [(
    text: String, kind: OptimizerModifier<Scalar>.Kind, numbers: [Double]
  )]

  /// The rates of all steps.
  private static func schedule<Scalar: OptimizerScalar>(
    _ stage: StageText, rate: Double, _ modifiers: Modifiers<Scalar>
  ) throws -> Schedule {
    var schedule: Schedule?
    var warmUp: Int?
    for (text, kind, numbers) in modifiers {
      switch kind {
      case .schedule(let make):
        guard schedule == nil else {
          throw TrainingError("'\(stage.text)' has two schedules: leave out one of them, such as '+\(text)'")
        }
        schedule = make(rate, numbers)
      case .warmUp: warmUp = Int(numbers[0])
      case .rule, .any: break
      }
    }
    let complete = schedule ?? .constant(rate)
    return warmUp.map { complete.warmedUp(over: $0) } ?? complete
  }

  /// A rule with its rate, schedule and modifications.
  private static func rule<Scalar: OptimizerScalar>(
    _ stage: StageText, rate: Double, _ modifiers: Modifiers<Scalar>,
    _ make: (Schedule) -> any UpdateRule<Scalar>
  ) throws -> any UpdateRule<Scalar> {
    var rule = make(try schedule(stage, rate: rate, modifiers))
    for (_, kind, numbers) in modifiers {
      if case .rule(let modify) = kind { rule = modify(rule, numbers) }
    }
    return rule
  }

  private static func modifier<Scalar: OptimizerScalar>(
    _ text: String, in stage: StageText, steps: Int?, _ type: Scalar.Type
  ) throws -> (OptimizerModifier<Scalar>, [Double]) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let all = OptimizerModifier<Scalar>.all
    guard let modifier = OptimizerModifier<Scalar>.named(text) else {
      let name = (parts.first ?? "").trimmingCharacters(in: .whitespaces).lowercased()
      throw TrainingError(
        "nothing of the name '\(name)' can be added to an optimizer: choose among "
          + all.map(\.form).joined(separator: ", "))
    }
    let given =
      parts.count > 1 ? parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init) : []
    guard given.count <= modifier.numbers.count else {
      throw TrainingError("'+\(text)' has too many numbers: write +\(modifier.form)")
    }
    let numbers = try modifier.numbers.enumerated().map { i, number -> Double in
      guard i < given.count else {
        if modifier.takesSteps, let steps { return Double(steps) }
        guard let fallback = number.fallback else {
          throw TrainingError(
            "'+\(text)' lacks its \(number.what): write +\(modifier.form)"
              + (modifier.takesSteps ? ", or give the stage a number of steps, \(stage.name):1000" : ""))
        }
        return fallback
      }
      guard let value = Double(given[i]), number.allowed.contains(value),
        !number.isWhole || value == value.rounded()
      else {
        throw TrainingError(
          "'\(given[i])' in '+\(text)' cannot be its \(number.what): write +\(modifier.form) with "
            + "\(number.isWhole ? "a whole number" : "a number") from \(number.allowed.lowerBound) to "
            + "\(number.allowed.upperBound)")
      }
      return value
    }
    return (modifier, numbers)
  }
}
