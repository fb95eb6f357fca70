import Equations
import Spectral

/// A discretisation in space by its name and numbers, as run folders and the command line state it.
public struct MethodSettings: Codable, Equatable, Sendable {
  /// "fourier", for instance.
  public var name: String
  /// Grid points per axis.
  public var points: [Int]
  /// "automatic", "none", or the kept fraction of the modes, for methods that form products on a grid.
  public var dealiasing: String?
  /// The elements, for methods on meshes.
  public var elements: ElementSettings?

  /// Settings by name.
  public init(
    name: String, points: [Int], dealiasing: String? = nil, elements: ElementSettings? = nil
  ) {
    (self.name, self.points, self.dealiasing, self.elements) = (name, points, dealiasing, elements)
  }

  init(_ method: any EvolutionMethod) {
    self.init(
      name: method.name, points: method.points,
      dealiasing: ((method as? Fourier)?.dealiasing ?? (method as? any BoxMethod)?.dealiasing)?.description)
  }

  /// The rule that ``dealiasing`` names.
  var rule: Dealiasing { dealiasing.flatMap(Dealiasing.init) ?? .automatic }
}

/// The discretisations in space that can be asked for by name.
public enum Methods {
  /// One discretisation.
  public struct Entry: Sendable {
    /// The name by which it is asked for.
    public let name: String
    /// A few words on the problems it suits.
    public let summary: String
    /// Makes the method.
    public let make: @Sendable (MethodSettings) -> any EvolutionMethod
    /// Whether it is what a problem on this domain is solved by unless another is asked for.
    public let suits: @Sendable (PDESystem) -> Bool
  }

  /// Every method for evolutions; the first that suits a problem is its default.
  public static let evolution: [Entry] = [
    Entry(name: "fourier", summary: "evolution on periodic boxes") {
      Fourier(points: $0.points, dealiasing: $0.rule)
    } suits: {
      $0.isEvolution && $0.box.isPeriodic
    },
    Entry(name: "automatic", summary: "the best of the following per axis") {
      SuitableBasis(points: $0.points, dealiasing: $0.rule)
    } suits: {
      $0.isEvolution
    },
    Entry(name: "sine", summary: "values of zero on bounded sides") {
      Sine(points: $0.points, dealiasing: $0.rule)
    } suits: { _ in
      false
    },
    Entry(name: "cosine", summary: "normal derivatives of zero on bounded sides") {
      Cosine(points: $0.points, dealiasing: $0.rule)
    } suits: { _ in
      false
    },
    Entry(name: "chebyshev", summary: "any conditions on bounded sides") {
      Chebyshev(points: $0.points, dealiasing: $0.rule)
    } suits: { _ in
      false
    },
  ]

  /// One way to solve steady problems.
  public struct SteadyEntry: Sendable {
    public let name: String
    /// A few words on the problems it suits.
    public let summary: String
    /// Makes the method with points per axis.
    public let make: @Sendable (_ points: [Int]) -> any SteadyMethod
  }

  /// Every method for steady problems; the first is the default.
  public static let steady: [SteadyEntry] = [
    SteadyEntry(name: "automatic", summary: "the most accurate basis per axis") { SuitableBasis(points: $0) },
    SteadyEntry(name: "fourier", summary: "periodic boxes") { Fourier(points: $0) },
    SteadyEntry(name: "sine", summary: "values of zero on bounded sides") { Sine(points: $0) },
    SteadyEntry(name: "cosine", summary: "normal derivatives of zero on bounded sides") {
      Cosine(points: $0)
    },
    SteadyEntry(name: "chebyshev", summary: "any conditions on bounded sides") { Chebyshev(points: $0) },
    SteadyEntry(name: "fft", summary: "the second-order stencil, inverted by fast transforms") {
      FiniteDifference(points: $0)
    },
    SteadyEntry(name: "sor", summary: "the stencil with variable coefficients, by successive over-relaxation")
    {
      GridMethod.sor(points: $0)
    },
    SteadyEntry(name: "pcg", summary: "the same by preconditioned conjugate gradients, or GMRES") {
      GridMethod.pcg(points: $0)
    },
    SteadyEntry(name: "multigrid", summary: "the same by geometric multigrid") {
      GridMethod.multigrid(points: $0)
    },
    SteadyEntry(name: "amg", summary: "the same by algebraic multigrid") { GridMethod.amg(points: $0) },
    SteadyEntry(name: "cholesky", summary: "the same by sparse Cholesky factorisation") {
      GridMethod.cholesky(points: $0)
    },
    SteadyEntry(name: "lu", summary: "the same by sparse LU factorisation") { GridMethod.lu(points: $0) },
    SteadyEntry(name: "fem", summary: "finite elements on a mesh: any geometry, systems, nonlinear equations")
    {
      FiniteElementMethod(cells: $0.map { $0 - 1 })
    },
  ]

  /// The method for evolutions with the given name, or nil.
  public static func named(_ name: String) -> Entry? { evolution.first { $0.name == name } }

  /// The name of the method that solves a steady problem unless another is asked for.
  public static func suitedSteady(to system: PDESystem) -> String {
    if system.mesh != nil { return "fem" }
    if EllipticSystem.takes(system) { return "automatic" }
    if let equations = try? SecondOrderEquation.read(system, for: "multigrid") {
      return equations.contains { !$0.convection.allSatisfy(\.isZero) } ? "lu" : "multigrid"
    }
    return system.box.isPeriodic ? "automatic" : "fem"
  }

  /// The method that solves an evolution unless another is asked for.
  public static func suited(to system: PDESystem) -> Entry {
    evolution.first { $0.suits(system) } ?? evolution[0]
  }
}
