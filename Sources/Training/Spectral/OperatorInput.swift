import Equations

/// A field that a solution operator takes: what it is in the problem, and how samples of it are drawn.
public struct OperatorInput: Sendable, Hashable {
  /// What varies from sample to sample.
  public enum Role: Sendable, Hashable {
    /// A field that the equations name as an unknown, such as a coefficient or a source.
    case field(String)
    /// The initial state of an unknown, in place of the condition that the problem states.
    case initial(String)
    /// A source that is added to the right-hand side of an equation, counted from 0.
    case source(equation: Int)
    /// A parameter of the problem, as a field in its place.
    case parameter(String)
  }

  public var role: Role
  public var sampler: FieldSampler

  /// A field of a role, drawn by a sampler.
  public init(_ role: Role, _ sampler: FieldSampler) { (self.role, self.sampler) = (role, sampler) }

  /// The name of the channel.
  public var name: String {
    switch role {
    case .field(let name), .parameter(let name): name
    case .initial(let name): "initial_\(name)"
    case .source(let equation): "source_\(equation)"
    }
  }
}

/// A problem with fields in the places that its inputs name.
struct ParametricProblem {
  /// The problem with unknowns for inputs, and without initial conditions that are inputs.
  private(set) var problem: StatedProblem
  let inputs: [OperatorInput]
  /// The unknown that stands for each input; nil for initial states.
  private(set) var unknowns: [Unknown?] = []

  /// Puts inputs in their places.
  ///
  /// - Throws: `EquationError` where the problem has no such place.
  init(_ original: some Problem, inputs: [OperatorInput]) throws {
    problem = StatedProblem(original)
    self.inputs = inputs
    guard original.domain.mesh == nil else {
      throw EquationError(
        "\(original.name) is posed on a mesh, and series of Fourier and Chebyshev functions need a box: take a problem on a "
          + "box, or the model 'pinn' with a signed distance")
    }
    guard !inputs.isEmpty else {
      throw EquationError(
        "a spectral network maps fields to solutions and was given none for \(original.name): name an initial state, a "
          + "source, a parameter or a field of the equations that varies, or take the model 'pinn' for one solution"
      )
    }
    guard Set(inputs.map(\.role)).count == inputs.count else {
      throw EquationError("two inputs of \(original.name) have the same place: give each once")
    }
    for input in inputs { unknowns.append(try place(input, original)) }
  }

  private mutating func place(_ input: OperatorInput, _ original: some Problem) throws -> Unknown? {
    let name = original.name
    let known = original.unknowns
    switch input.role {
    case .field(let field):
      guard let unknown = known.first(where: { $0.name == field }) else {
        throw EquationError(
          "the equations of \(name) have no field '\(field)': choose one of "
            + known.map(\.name).joined(separator: ", "))
      }
      guard unknown.kind == .scalar else {
        throw EquationError("'\(field)' of \(name) is no real scalar field: give its components one by one")
      }
      return unknown
    case .initial(let field):
      guard let unknown = known.first(where: { $0.name == field }), unknown.kind == .scalar else {
        throw EquationError(
          "\(name) has no real scalar unknown '\(field)' whose initial state could vary: choose one of "
            + known.filter { $0.kind == .scalar }.map(\.name).joined(separator: ", "))
      }
      problem.conditions.removeAll { condition in
        condition.place == .initial && condition.equation.mentions(field) && !condition.equation.hasRate
      }
      problem.exact = []
      return nil
    case .source(let index):
      guard problem.equations.indices.contains(index),
        case .scalar(let left, let right) = problem.equations[index].sides
      else {
        throw EquationError(
          "\(name) has no scalar equation number \(index) that a source could be added to: it has "
            + "\(problem.equations.count), counted from 0")
      }
      let unknown = Unknown(name: input.name, kind: .scalar)
      problem.equations[index].sides = .scalar(left, right + .unknown(unknown))
      problem.exact = []
      return unknown
    case .parameter(let parameter):
      guard original.parameters.contains(where: { $0.name == parameter }) else {
        throw EquationError(
          "\(name) has no parameter '\(parameter)' that could vary: "
            + (original.parameters.isEmpty
              ? "it has none at all"
              : "choose one of \(original.parameters.map(\.name).joined(separator: ", "))"))
      }
      let unknown = Unknown(name: parameter, kind: .scalar)
      problem.replaceTerminals { node in
        if case .parameter(let p) = node, p.name == parameter { return .unknown(unknown) }
        return nil
      }
      return unknown
    }
  }

  /// The problem with formulas for its inputs, for classical solvers.
  func problem(with formulas: [Node]) -> StatedProblem {
    var result = problem
    result.replaceTerminals { node in
      guard case .unknown(let unknown) = node, let i = unknowns.firstIndex(of: unknown) else { return nil }
      return formulas[i]
    }
    for (input, formula) in zip(inputs, formulas) {
      guard case .initial(let name) = input.role else { continue }
      result.conditions.append(.initial(ScalarField.unknown(name) == ScalarField(formula)))
    }
    return result
  }
}

extension Equation {
  /// Whether a time derivative occurs.
  fileprivate var hasRate: Bool {
    var found = false
    visit { if case .timeDerivative = $0 { found = true } }
    return found
  }
}
