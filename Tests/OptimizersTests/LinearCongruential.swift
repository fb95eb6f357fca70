/// Knuth's "quick and dirty" generator with the multiplier of Numerical Recipes: initial weights that any program can
/// repeat.
struct LinearCongruential {
  private var state: UInt32

  init(seed: UInt32) { state = seed }

  /// The next number, uniform on [−bound, bound).
  mutating func uniform(_ bound: Double) -> Double {
    state = state &* 1_664_525 &+ 1_013_904_223
    return bound * (2 * (Double(state) / 4_294_967_296) - 1)
  }
}
