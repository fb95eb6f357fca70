/// The catalogue of time-stepping methods, for command lines and for tests that run over all of them.
public enum Steppers {
  /// Every method, with a step of 1; `with(_:)` gives it another.
  public static let all: [any SemilinearMethod] = [
    ETDRK1(step: 1), ETDRK2(step: 1), ETDRK3(step: 1), ETDRK4(step: 1), IFRK4(step: 1),
    SBDF1(step: 1), SBDF2(step: 1), SBDF3(step: 1), SBDF4(step: 1), CNAB2(step: 1),
    RK222(step: 1), RK443(step: 1),
    RK4(step: 1), DormandPrince54(step: 1), Tsitouras54(step: 1),
  ]

  /// The method of this name, upper and lower case being the same, with a step of 1.
  ///
  /// - Throws: `UnknownStepper` when there is none.
  public static func named(_ name: String) throws(UnknownStepper) -> any SemilinearMethod {
    guard let method = all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw UnknownStepper(name: name)
    }
    return method
  }
}

/// No time-stepping method has the name that was asked for.
public struct UnknownStepper: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked for.
  public let name: String

  public var description: String {
    let names = Steppers.all.map(\.name).joined(separator: ", ")
    return "There is no time-stepping method called \"\(name)\"; choose one of \(names)."
  }
}
