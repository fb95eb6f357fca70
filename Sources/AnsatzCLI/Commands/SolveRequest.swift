import Ansatz
import Foundation

/// What a command line of `ansatz solve` asks for, checked.
package struct SolveRequest: Sendable {
  package var problem: any Problem
  package var parameters: ParameterValues
  package var method: MethodSettings
  /// How a steady problem is solved; nil for an evolution.
  package var steadyMethod: (any SteadyMethod)?
  /// The finite elements of an evolution on a mesh, and its time stepping.
  package var elements: FiniteElementMethod?
  package var implicit: ImplicitStepping?
  package var stepper: any SemilinearMethod
  package var until: Double
  package var frames: Int
  package var seed: UInt64
  package var output: String?
  package var formats: [RunFormat]
  package var replaces: Bool

  /// More steps than any machine makes in a year.
  private static let mostSteps = 1e12
  private static let mostFrames = 100_000
  /// Rounding makes up about this part of a step's error estimate.
  private static let leastTolerance = 1e-14

  /// - Parameter arguments: parsed with the options of ``SolveCommand`` and the problem's parameters.
  package init(_ arguments: ParsedArguments, problem named: any Problem) throws {
    let meshRequest = MeshRequest(arguments)
    let placement = try meshRequest.placement()
    let problem = try CoefficientOptions.apply(
      arguments, to: try meshRequest.problem(named, on: placement))
    self.problem = problem
    var values: [String: Double] = [:]
    for parameter in problem.parameters { values[parameter.name] = try arguments.number(parameter.name) }
    parameters = ParameterValues(values)
    try parameters.validate(for: problem)
    let system = try PDESystem(problem, parameters: parameters, on: placement)
    let suggested = problem.suggested
    if system.isEvolution, let given = problem.coefficients.first(where: { arguments.has($0.name) }) {
      throw UsageError(
        "--\(given.name) is for steady problems, as a run in time is resumed with the coefficients of the catalogue: state a "
          + "problem of your own, with 'ansatz new'")
    }

    let names =
      system.isEvolution ? Methods.evolution.map(\.name) + ["fem"] : Methods.steady.map(\.name)
    let suited = system.isEvolution ? Methods.suited(to: system).name : Methods.suitedSteady(to: system)
    let name =
      arguments["method"]?.lowercased()
      ?? (system.mesh != nil || meshRequest.asksForElements ? "fem" : suited)
    let usesElements = name == "fem"
    if !usesElements, let option = meshRequest.elementOption {
      throw UsageError("--\(option) is for finite elements: leave it out, or write --method fem")
    }
    // Any solver of the catalogue of linear solvers, for the stencil on a grid.
    let linear = system.isEvolution || names.contains(name) ? nil : try? MeshRequest.linearSolver(name)
    guard names.contains(name) || linear != nil else {
      if !system.isEvolution, name.contains("+") || name.contains("(") {
        _ = try MeshRequest.linearSolver(name)
      }
      throw UsageError.unknown(
        "method", name, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    let d = system.dimension
    let usual =
      suggested.points.isEmpty ? Array(repeating: [512, 128, 32][d - 1], count: d) : suggested.points
    method = MethodSettings(
      name: name,
      points: try arguments.integers("points", atLeast: 4, what: "points along an axis") ?? usual)
    if method.points.count == 1 { method.points = Array(repeating: method.points[0], count: d) }
    guard method.points.count == d else {
      throw UsageError(
        "--points gives \(method.points.count) numbers, and \(problem.name) has \(d) dimension\(d == 1 ? "" : "s"): give "
          + "one number for all axes or one per axis")
    }
    if system.isEvolution && usesElements {
      elements = try meshRequest.method(placement, points: method.points, system: system)
      steadyMethod = nil
    } else if system.isEvolution {
      let rule = arguments["dealiasing"]?.lowercased() ?? "automatic"
      guard let dealiasing = Dealiasing(rule) else {
        throw UsageError(
          "--dealiasing is '\(rule)': give automatic, none, or a fraction of the modes above 0 and up to 1")
      }
      method.dealiasing = dealiasing.description
      steadyMethod = nil
    } else {
      let counts = method.points
      steadyMethod =
        usesElements
        ? try meshRequest.method(placement, points: counts, system: system)
        : linear.map { GridMethod(.sparse($0, name: name), points: counts) }
          ?? Methods.steady.first { $0.name == name }!.make(counts)
      for option in ["dealiasing", "stepper", "step", "tolerance", "until", "frames"]
      where arguments.has(option) {
        throw UsageError(
          "\(problem.name) is a steady problem, which no time passes in: leave out --\(option)")
      }
    }

    until = try arguments.positiveNumber("until") ?? suggested.until
    if elements != nil {
      let implicit = try meshRequest.stepping(suggested, until: until)
      self.implicit = implicit
      stepper = RK4(step: implicit.step)
    } else {
      stepper = try Self.stepper(arguments, suggested, until: until)
    }
    frames =
      try arguments.integer("frames", atLeast: 2, what: "frames, the initial and the final one")
      ?? suggested.frames
    if case .fixed(let step) = stepper.stepSize {
      let steps = max(1, (until / step - 1e-9).rounded(.up))
      guard steps <= Self.mostSteps else {
        throw UsageError(
          "a step of \(format(step)) up to t = \(format(until)) takes \(format(steps)) steps: give a longer --step or an "
            + "earlier --until"
        )
      }
      if Double(frames) > steps + 1 {
        guard !arguments.has("frames") else {
          throw UsageError(
            "--frames is \(frames), more than the \(Int(steps)) steps of the run can fill: give at most \(Int(steps) + 1)"
          )
        }
        frames = max(2, Int(steps) + 1)
      }
    }
    guard frames <= Self.mostFrames else {
      throw UsageError("--frames is \(frames): give at most \(Self.mostFrames)")
    }
    if let text = arguments["seed"] {
      guard let value = UInt64(text) else {
        throw UsageError("--seed is '\(text)': give a whole number from 0 to \(UInt64.max)")
      }
      seed = value
    } else {
      seed = 0
    }
    output = arguments["output"]
    formats = try Self.formats(arguments["format"]) ?? [.vtk, .png]
    replaces = arguments.has("force")
    if replaces && output == nil {
      throw UsageError("--force replaces the folder given by --output: add --output DIR")
    }
  }

  private static func stepper(
    _ arguments: ParsedArguments, _ suggested: SuggestedRun, until: Double
  ) throws -> any SemilinearMethod {
    let step = try arguments.positiveNumber("step")
    let tolerance = try arguments.positiveNumber("tolerance")
    if step != nil && tolerance != nil {
      throw UsageError("--step and --tolerance exclude each other: give one")
    }
    let embedded = Steppers.all.filter { $0 is any EmbeddedMethod }.map(\.name)
    let names = Steppers.all.map(\.name)
    var stepper = try Steppers.named(suggested.stepper ?? "ETDRK4")
    if let name = arguments["stepper"] {
      guard let known = try? Steppers.named(name) else {
        throw UsageError.unknown(
          "stepper", name, among: names, help: "choose one of \(names.joined(separator: ", "))")
      }
      stepper = known
    } else if tolerance != nil, !(stepper is any EmbeddedMethod) {
      stepper = try Steppers.named(embedded.last ?? stepper.name)
    }
    if let tolerance {
      guard stepper is any EmbeddedMethod else {
        throw UsageError(
          "\(stepper.name) cannot choose its step by --tolerance: give --step, or one of the steppers "
            + embedded.joined(separator: ", "))
      }
      guard tolerance < 1, tolerance >= Self.leastTolerance else {
        throw UsageError(
          "--tolerance is \(format(tolerance)): give a number below 1 and, because of rounding, not below "
            + format(Self.leastTolerance))
      }
      return stepper.with(.adaptive(StepControl(relativeTolerance: tolerance)))
    }
    let length = step ?? min(suggested.step, until)
    guard length <= until else {
      throw UsageError(
        "--step is \(format(length)), longer than the whole run, which ends at t = \(format(until)): give a shorter step "
          + "or a later --until")
    }
    return stepper.with(.fixed(length))
  }

  private static func formats(_ text: String?) throws -> [RunFormat]? {
    guard let text else { return nil }
    let names = RunFormat.allCases.map(\.rawValue)
    return try text.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let format = RunFormat(rawValue: $0.lowercased()) else {
        throw UsageError.unknown(
          "format", String($0), among: names, help: "choose one or more of \(names.joined(separator: ","))")
      }
      return format
    }
  }
}
