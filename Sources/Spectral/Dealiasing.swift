import Equations

/// How products are kept free of aliases.
public enum Dealiasing: Hashable, Sendable, Codable {
  /// Keep |k| < N/(d + 1) for terms of polynomial degree d (2/3 of the modes for quadratic terms, 1/2 for cubic ones),
  /// and 2/3 where a term is no polynomial; keep everything when the equation is linear.
  case automatic
  /// Keep every mode below Nyquist; products alias.
  case none
  /// Keep the given fraction of the modes below Nyquist, above 0 and up to 1.
  case fraction(Double)

  /// - Throws: ``EquationError`` when the fraction is none.
  func validate() throws {
    guard case .fraction(let fraction) = self, !(fraction > 0 && fraction <= 1) else { return }
    throw EquationError(
      "dealiasing keeps the fraction \(fraction) of the modes: give a number above 0 and up to 1")
  }

  /// The highest kept wavenumber on an axis of `points` for terms of the given degree (nil: no polynomial).
  func cutoff(points: Int, degree: Int?) -> Int {
    let highest = (points - 1) / 2
    switch self {
    case .automatic: return FourierLayout.dealiasedCutoff(points: points, degree: degree ?? 2)
    case .none: return highest
    case .fraction(let fraction): return Swift.min(highest, Int(fraction * Double(points) / 2))
    }
  }

  /// Whether products of `degree` fields leave the kept modes exact.
  func isExact(points: [Int], degree: Int?) -> Bool {
    guard let degree else { return false }
    return points.allSatisfy { (degree + 1) * cutoff(points: $0, degree: degree) < $0 }
  }
}

extension Dealiasing: LosslessStringConvertible {
  /// "automatic", "none", or the fraction as a number; nil for anything else.
  public init?(_ description: String) {
    switch description {
    case "automatic": self = .automatic
    case "none": self = .none
    default:
      guard let fraction = Double(description), fraction > 0, fraction <= 1 else { return nil }
      self = .fraction(fraction)
    }
  }

  public var description: String {
    switch self {
    case .automatic: "automatic"
    case .none: "none"
    case .fraction(let fraction): fraction.description
    }
  }
}
