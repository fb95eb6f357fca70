import Tensors

/// y = b ∘ f(L) (a ∘ x) on fields, and the transpose of it, with scratch that concurrent calls borrow.
final class GridMap: Sendable {
  let laplacian: GridLaplacian
  let before, after: [Double]?
  private let values: Buffer<Double>
  private let scratch: FieldScratch

  init(
    _ laplacian: GridLaplacian, before: [Double]?, after: [Double]?, _ f: (_ eigenvalue: Double) -> Double
  ) {
    (self.laplacian, self.before, self.after) = (laplacian, before, after)
    let transform = laplacian.transform
    let values = Buffer<Double>(count: transform.modeCount)
    for k in 0..<values.count {
      values.pointer[k] = f(laplacian.eigenvalues.pointer[k]) / transform.normalization
    }
    self.values = values
    scratch = FieldScratch(transform)
  }

  private init(_ other: GridMap, before: [Double]?, after: [Double]?) {
    (laplacian, values, scratch) = (other.laplacian, other.values, other.scratch)
    (self.before, self.after) = (before, after)
  }

  /// The transpose. f(L) is symmetric in the weighted product, so that its transpose is w f(L) w⁻¹.
  var transposed: GridMap {
    guard let weights = laplacian.pointWeights else { return GridMap(self, before: after, after: before) }
    let count = weights.count
    return GridMap(
      self, before: (0..<count).map { (after?[$0] ?? 1) / weights[$0] },
      after: (0..<count).map { (before?[$0] ?? 1) * weights[$0] })
  }

  /// Maps fields that follow one another.
  func apply<Scalar: Real>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, fields: Int
  ) {
    let transform = laplacian.transform
    let count = transform.count
    scratch.with { work in
      let field = work.first.pointer
      for number in 0..<fields {
        Scalar.convert(x + number * count, toDouble: field, count: count)
        before?.withUnsafeBufferPointer { Double.multiply(field, $0.baseAddress!, count: count) }
        transform.forward(work)
        if transform.width == 1 {
          Double.multiply(work.modes.pointer, values.pointer, count: values.count)
        } else {
          Double.multiplyReal(
            work.modes.pointer, symbol: values.pointer, work.modes.pointer, count: values.count,
            accumulating: false)
        }
        transform.backward(work)
        after?.withUnsafeBufferPointer { Double.multiply(field, $0.baseAddress!, count: count) }
        Scalar.convert(field, to: out + number * count, count: count)
      }
    }
  }
}
