/// What an unknown obeys at both ends of an axis, apart from the data: a u + b ∂u/∂n, with n pointing outwards.
struct EndConditions: Hashable, Sendable {
  /// The factors of one condition, scaled such that the larger is 1.
  struct Factors: Hashable, Sendable {
    var value: Double
    var normal: Double

    /// The factors divided by the larger one, and that number.
    static func scaled(value: Double, normal: Double) -> (Factors, scale: Double) {
      let scale = abs(value) >= abs(normal) ? value : normal
      return (Factors(value: value / scale, normal: normal / scale), scale)
    }
  }

  var lower: Factors?
  var upper: Factors?

  /// How many ends have a condition.
  var count: Int { (lower == nil ? 0 : 1) + (upper == nil ? 0 : 1) }
  /// Whether both ends have the same one, so that solutions are even or odd about the middle.
  var isSymmetric: Bool { lower == upper }

  subscript(isUpper: Bool) -> Factors? {
    get { isUpper ? upper : lower }
    set { if isUpper { upper = newValue } else { lower = newValue } }
  }
}
