import FiniteElements

/// Implicit time stepping with a fixed step, for evolutions on meshes.
public struct ImplicitStepping: Sendable, Hashable {
  /// The scheme.
  public var scheme: ImplicitScheme
  /// The length of steps.
  public var step: Double

  /// Steps of a length by a scheme.
  public init(_ scheme: ImplicitScheme = .bdf2, step: Double) { (self.scheme, self.step) = (scheme, step) }

  /// The scheme's name in statistics and on the command line.
  public var name: String {
    switch scheme {
    case .backwardEuler: "backward-Euler"
    case .midpoint: "midpoint"
    case .bdf2: "BDF2"
    }
  }

  /// The scheme with a name, in any case of letters, or nil.
  public static func named(_ name: String, step: Double) -> ImplicitStepping? {
    ImplicitScheme.allCases.map { ImplicitStepping($0, step: step) }
      .first { $0.name.lowercased() == name.lowercased() }
  }
}
