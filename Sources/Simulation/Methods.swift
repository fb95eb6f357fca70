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

  /// Settings by name.
  public init(name: String, points: [Int], dealiasing: String? = nil) {
    (self.name, self.points, self.dealiasing) = (name, points, dealiasing)
  }

  init(_ method: any EvolutionMethod) {
    self.init(name: method.name, points: method.points, dealiasing: (method as? Fourier)?.dealiasing.text)
  }

  /// The rule that ``dealiasing`` names.
  var rule: Dealiasing {
    switch dealiasing {
    case "none": .none
    case let text?: Double(text).map { .fraction($0) } ?? .automatic
    case nil: .automatic
    }
  }
}

extension Dealiasing {
  fileprivate var text: String {
    switch self {
    case .automatic: "automatic"
    case .none: "none"
    case .fraction(let fraction): fraction.description
    }
  }
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

  /// Every method; the first that suits a problem is its default.
  public static let evolution: [Entry] = [
    Entry(name: "fourier", summary: "evolution on periodic boxes") {
      Fourier(points: $0.points, dealiasing: $0.rule)
    } suits: {
      $0.isEvolution && $0.box.isPeriodic
    }
  ]

  /// The method with the given name, or nil.
  public static func named(_ name: String) -> Entry? { evolution.first { $0.name == name } }

  /// The method that solves a problem unless another is asked for.
  ///
  /// - Throws: ``EquationError`` when none of them can.
  public static func suited(to system: PDESystem) throws -> Entry {
    if let entry = evolution.first(where: { $0.suits(system) }) { return entry }
    let names = evolution.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
    throw EquationError(
      "\(system.name) \(system.isEvolution ? "is posed on a box with boundaries" : "is a steady problem"), which none of "
        + "the methods solves yet: choose a problem for \(names)")
  }
}
