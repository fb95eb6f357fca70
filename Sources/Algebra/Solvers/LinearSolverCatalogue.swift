/// Linear solvers by name: iterative methods, preconditioners that go with them, and direct methods.
///
/// A name is a direct method, an iterative one, or `method+preconditioner`; parameters stand in brackets: `cholesky`,
/// `cg`, `cg+ssor(1.9)`, `gmres(30)+ilu`.
public struct LinearSolverCatalogue: Sendable {
  /// An entry: what a name stands for, with the number in brackets behind it, if there is one.
  public struct Entry<Method: Sendable>: Sendable {
    /// The name.
    public let name: String
    /// What it is, in a few words.
    public let summary: String
    /// The range of the number in brackets; nil for entries that take none.
    public let parameters: ClosedRange<Double>?
    /// Makes the method.
    public let make: @Sendable (_ parameter: Double?) -> Method

    /// An entry of a catalogue.
    public init(
      _ name: String, _ summary: String, parameters: ClosedRange<Double>? = nil,
      make: @escaping @Sendable (_ parameter: Double?) -> Method
    ) {
      (self.name, self.summary, self.parameters, self.make) = (name, summary, parameters, make)
    }
  }

  /// Methods that choose others.
  public var choosing: [Entry<any LinearSolver>]
  /// Direct methods.
  public var direct: [Entry<any DirectSolver>]
  /// Iterative methods.
  public var iterative: [Entry<any IterativeSolver>]
  /// Preconditioners.
  public var preconditioners: [Entry<any Preconditioner>]
  /// Names that stand for others.
  public var aliases: [String: String]

  /// A catalogue with the given entries.
  public init(
    choosing: [Entry<any LinearSolver>] = [], direct: [Entry<any DirectSolver>],
    iterative: [Entry<any IterativeSolver>], preconditioners: [Entry<any Preconditioner>],
    aliases: [String: String] = [:]
  ) {
    self.choosing = choosing
    (self.direct, self.iterative) = (direct, iterative)
    (self.preconditioners, self.aliases) = (preconditioners, aliases)
  }

  /// The names of single methods and of preconditioners, in the order of the catalogue.
  public var names: (methods: [String], preconditioners: [String]) {
    (
      choosing.map(\.name) + direct.map(\.name) + iterative.map(\.name) + aliases.keys.sorted(),
      preconditioners.map(\.name)
    )
  }

  /// The solver with a name.
  /// - Parameters:
  ///   - name: A direct method, an iterative one, or `method+preconditioner`.
  ///   - stopping: When iterations stop.
  /// - Throws: ``LinearSolverNameError``.
  public func solver(named name: String, stopping: StoppingCriterion = StoppingCriterion())
    throws(LinearSolverNameError) -> any LinearSolver
  {
    let full = aliases[name] ?? name
    let parts = full.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if let method = try find(parts[0], in: choosing) {
      guard parts.count == 1 else { throw .directWithPreconditioner(parts[0]) }
      guard let automatic = method as? AutomaticLinearSolver else { return method }
      return AutomaticLinearSolver(stopping, largestDirect: automatic.largestDirect)
    }
    if let method = try find(parts[0], in: direct) {
      guard parts.count == 1 else { throw .directWithPreconditioner(parts[0]) }
      return DirectLinearSolver(method)
    }
    guard var method = try find(parts[0], in: iterative) else {
      throw .unknownMethod(parts[0], known: names.methods)
    }
    method.stopping = stopping
    guard parts.count == 2 else { return IterativeLinearSolver(method) }
    guard let preconditioner = try find(parts[1], in: preconditioners) else {
      throw .unknownPreconditioner(parts[1], known: names.preconditioners)
    }
    guard method.requirements.takesPreconditioner else { throw .noPreconditioner(parts[0]) }
    return IterativeLinearSolver(method, preconditioner: preconditioner)
  }

  private func find<Method>(_ text: String, in entries: [Entry<Method>]) throws(LinearSolverNameError)
    -> Method?
  {
    let bracket = text.firstIndex(of: "(")
    let name = bracket.map { String(text[..<$0]) } ?? text
    guard let entry = entries.first(where: { $0.name == name }) else { return nil }
    guard let bracket else { return entry.make(nil) }
    let inside = text[text.index(after: bracket)...]
    guard inside.last == ")", let number = Double(inside.dropLast()), let range = entry.parameters,
      range.contains(number)
    else { throw .badParameter(text, name: name, range: entry.parameters) }
    return entry.make(number)
  }
}

/// A name that no linear solver has.
public enum LinearSolverNameError: Error, Equatable, CustomStringConvertible {
  case unknownMethod(String, known: [String])
  case unknownPreconditioner(String, known: [String])
  case directWithPreconditioner(String)
  case noPreconditioner(String)
  case badParameter(String, name: String, range: ClosedRange<Double>?)

  /// What is wrong with the name, and what to write.
  public var description: String {
    switch self {
    case .unknownMethod(let name, let known):
      return "There is no linear solver “\(name)”; there are \(known.joined(separator: ", "))."
    case .unknownPreconditioner(let name, let known):
      return "There is no preconditioner “\(name)”; there are \(known.joined(separator: ", "))."
    case .directWithPreconditioner(let name):
      return
        "\(name) is a direct method and takes no preconditioner; write “\(name)” alone, or an iterative method."
    case .noPreconditioner(let name):
      return "\(name) takes no preconditioner; write “\(name)” alone."
    case .badParameter(let text, let name, let range):
      guard let range else { return "“\(text)”: \(name) takes no number; write “\(name)” alone." }
      return
        "“\(text)”: \(name) takes one number from \(range.lowerBound) to \(range.upperBound) in brackets."
    }
  }
}
