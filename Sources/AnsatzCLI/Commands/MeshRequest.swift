import Ansatz
import Foundation

/// What a command line says of meshes and finite elements.
struct MeshRequest {
  static let options = [
    Option(
      "mesh", "FILE",
      "Solve by finite elements on the mesh in FILE (Gmsh .msh, VTK .vtu or .vtk), or on a shipped one: "
        + ShippedMesh.allCases.map(\.rawValue).joined(separator: ", ")),
    Option(
      "boundary", "LIST",
      "Which boundaries of the mesh the problem's conditions mean: TAG,… for conditions on every side, SIDE=TAG for one"
    ),
    Option("dimension", "D", "Dimension of problems that are stated in several: poisson, helmholtz, …"),
    Option("order", "N", "Order of finite elements, 1 to 3; pressures get one less"),
    Option(
      "solver", "NAME",
      "How the linear systems of steady problems on meshes are solved: automatic, cholesky, lu, cg+amg, gmres(30)+ilu, …"
    ),
    Option("stabilize", nil, "Streamline stabilisation, for finite elements where convection dominates"),
  ]

  /// The options of models that are trained on meshes.
  static let trainingOptions = [
    Option(
      "mesh", "FILE",
      "Train on the mesh in FILE (Gmsh .msh, VTK .vtu or .vtk), or on a shipped one: "
        + ShippedMesh.allCases.map(\.rawValue).joined(separator: ", ")),
    Option(
      "boundaries", "LIST",
      "Which boundaries of the mesh the problem's conditions mean: TAG,… for conditions on every side, SIDE=TAG for one"
    ),
  ]

  private let arguments: ParsedArguments
  /// The option that names boundaries.
  private let boundaryOption: String

  init(_ arguments: ParsedArguments, boundaryOption: String = "boundary") {
    (self.arguments, self.boundaryOption) = (arguments, boundaryOption)
  }

  /// Whether finite elements are asked for by something other than --method.
  var asksForElements: Bool { elementOption != nil }
  /// The name of an option that only finite elements have, if one is given.
  var elementOption: String? {
    Self.options.map(\.name).first { $0 != "dimension" && arguments.has($0) }
  }

  /// The mesh and its boundaries.
  func placement() throws -> MeshPlacement {
    MeshPlacement(mesh: try arguments["mesh"].map(Self.read), boundaries: try boundaries())
  }

  /// The problem in the dimension asked for, or in that of the mesh, where it can be stated in several.
  func problem(_ problem: any Problem, on placement: MeshPlacement) throws -> any Problem {
    let asked = try arguments.integer("dimension", atLeast: 1, what: "dimensions")
    guard let dimension = asked ?? placement.mesh?.dimension, dimension != problem.domain.dimension else {
      return problem
    }
    guard let general = problem as? any DimensionedProblem else {
      if asked == nil { return problem }
      throw UsageError(
        "\(problem.name) is stated in \(problem.domain.dimension) dimension\(problem.domain.dimension == 1 ? "" : "s") only: "
          + "leave out --dimension")
    }
    let range = type(of: general).dimensions
    guard range.contains(dimension) else {
      throw UsageError(
        "\(problem.name) is stated in \(range.lowerBound) to \(range.upperBound) dimensions, not in \(dimension)"
      )
    }
    return type(of: general).init(dimension: dimension)
  }

  /// The problem in a dimension, where it can be stated in it; else as it is.
  static func problem(_ problem: any Problem, inDimension dimension: Int) -> any Problem {
    guard dimension != problem.domain.dimension, let general = problem as? any DimensionedProblem,
      type(of: general).dimensions.contains(dimension)
    else { return problem }
    return type(of: general).init(dimension: dimension)
  }

  private static func read(_ path: String) throws -> Mesh {
    if let shipped = ShippedMesh(rawValue: path) { return try Mesh.named(shipped) }
    let url = URL(fileURLWithPath: path)
    switch url.pathExtension.lowercased() {
    case "msh": return try Gmsh.read(url)
    case "vtu": return try VTKXML.readMesh(url).repaired().mesh
    case "vtk": return try LegacyVTK.readMesh(url).repaired().mesh
    default:
      throw UsageError(
        "--mesh is '\(path)': give a file that ends in .msh (Gmsh), .vtu or .vtk (VTK), or one of "
          + ShippedMesh.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  private func boundaries() throws -> [String: [String]] {
    guard let text = arguments[boundaryOption] else { return [:] }
    guard arguments.has("mesh") else {
      throw UsageError("--\(boundaryOption) names boundaries of a mesh: add --mesh FILE")
    }
    var result: [String: [String]] = [:]
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = item.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard (1...2).contains(words.count), !words.contains("") else {
        throw UsageError(
          "--\(boundaryOption) is '\(text)': give names of boundaries, or SIDE=NAME, separated by commas")
      }
      result[words.count == 1 ? "" : words[0], default: []].append(words[words.count - 1])
    }
    return result
  }

  /// The method; `points` are the vertices of a box.
  func method(_ placement: MeshPlacement, points: [Int], system: PDESystem) throws -> FiniteElementMethod {
    let usual = system.unknowns.contains { $0.source.kind == .vector } ? 2 : 1
    let order = try arguments.integer("order", atLeast: 1, what: "as the order of the elements") ?? usual
    if system.mesh != nil, arguments.has("points") {
      throw UsageError("--points is for grids, and \(system.name) is solved on a mesh: leave it out")
    }
    guard order <= 3 else { throw UsageError("--order is \(order): give 1, 2 or 3") }
    var method = FiniteElementMethod(
      mesh: placement.mesh, boundaries: placement.boundaries, order: order,
      stabilization: arguments.has("stabilize") ? .streamline : .none)
    if system.mesh == nil { method.points = points }
    if let name = arguments["solver"] {
      guard !system.isEvolution else {
        throw UsageError(
          "--solver is for steady problems, and the steps of \(system.name) are factorised: leave it out")
      }
      method.solver = try Self.linearSolver(name)
    }
    return method
  }

  /// The solver of linear systems with a name.
  static func linearSolver(_ name: String) throws -> any LinearSolver {
    try LinearSolverCatalogue.standard.solver(named: name.lowercased(), stopping: .tight)
  }

  /// The time stepping of an evolution.
  func stepping(_ suggested: SuggestedRun, until: Double) throws -> ImplicitStepping {
    for option in ["tolerance", "dealiasing"] where arguments.has(option) {
      throw UsageError("--\(option) is not for finite elements: leave it out")
    }
    let step = try arguments.positiveNumber("step") ?? min(suggested.step, until)
    guard step <= until else {
      throw UsageError(
        "--step is \(format(step)), longer than the whole run, which ends at t = \(format(until)): give a shorter step or a "
          + "later --until")
    }
    guard let name = arguments["stepper"] else { return ImplicitStepping(.bdf2, step: step) }
    guard let stepping = ImplicitStepping.named(name, step: step) else {
      let names = ImplicitScheme.allCases.map { ImplicitStepping($0, step: step).name }
      throw UsageError.unknown(
        "stepper for finite elements", name, among: names,
        help: "choose one of \(names.joined(separator: ", "))")
    }
    return stepping
  }
}
