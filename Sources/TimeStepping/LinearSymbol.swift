/// What the coefficient functions of a time-stepping method compute with: z = h·L for one mode, or for a whole operator.
///
/// A method is written once against this protocol. It then serves scalar symbols (`Complex<Double>`, one per Fourier
/// mode), small blocks of coupled unknowns (`SmallComplexMatrix`) and dense operators (`DenseSymbol`). All symbols that occur
/// in one method are functions of the same z, so they commute.
public protocol LinearSymbol: Sendable {
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func * (a: Double, b: Self) -> Self

  /// The identity of this symbol's size.
  var identity: Self { get }

  /// The inverse; its entries are not finite when the symbol is singular.
  var inverse: Self { get }

  /// φ_k of this symbol, where φ_0(z) = exp(z) and φ_k(z) = Σ_j z^j / (j + k)!, so that
  /// φ_{k+1}(z) = (φ_k(z) − 1/k!) / z.
  func phi(_ k: Int) -> Self

  /// φ_0 … φ_highest together, which costs little more than the highest alone.
  func phis(_ highest: Int) -> [Self]
}

extension LinearSymbol {
  public func phi(_ k: Int) -> Self { phis(k)[k] }
}

/// 1/0! … 1/highest!.
func reciprocalFactorials(_ highest: Int) -> [Double] {
  var factorial = 1.0
  return (0...highest).map { k in
    if k > 1 { factorial *= Double(k) }
    return 1 / factorial
  }
}
