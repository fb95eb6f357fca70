import Algebra
import Tensors

/// One mode of a system of coupled unknowns as a symbol. Meant for up to about 8 unknowns; `DenseSymbol` serves large
/// real operators.
extension SmallComplexMatrix: LinearSymbol, NormedSymbol {
  public var identity: SmallComplexMatrix { .identity(rows) }

  /// φ_0 … φ_highest by scaling and doubling; entry by entry when the matrix is diagonal.
  ///
  /// The error is a small multiple of the unit roundoff times the norm of the matrix, which is what a rounding error
  /// in its entries would cause.
  public func phis(_ highest: Int) -> [SmallComplexMatrix] {
    guard isDiagonal else { return scalingAndDoubling(highest) }
    let values = (0..<rows).map { self[$0, $0].phis(highest) }
    return (0...highest).map { k in SmallComplexMatrix(diagonal: values.map { $0[k] }) }
  }

  /// The largest column sum.
  var norm: Double {
    var largest = 0.0
    for column in 0..<columns {
      var sum = 0.0
      for row in 0..<rows { sum += self[row, column].magnitude }
      if sum.isNaN { return sum }
      largest = max(largest, sum)
    }
    return largest
  }

  private var isDiagonal: Bool {
    for row in 0..<rows {
      for column in 0..<columns where row != column && self[row, column] != .zero { return false }
    }
    return true
  }
}
