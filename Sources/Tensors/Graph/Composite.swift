/// An operation on the rows of an array, along the last axis, that could be made of other primitives but has a kernel of
/// its own. Its derivatives are those of what it is made of, apart from the first ones, which are kernels again.
public enum Composite: Hashable, Sendable {
  /// exp(scale · x) / Σ exp(scale · x), for a scale > 0.
  case softmax(scale: Double)
  /// Of y = softmax(scale · x) and g: scale · y (g − Σ y g), which is the gradient with respect to x.
  case softmaxGradient(scale: Double)
  /// (x − mean) / √(variance + ε) (Ba, Kiros and Hinton 2016).
  case normalization(epsilon: Double)
  /// Of x and g: the gradient of the normalization with respect to x.
  case normalizationGradient(epsilon: Double)

  /// One of each kind, for tests that must not forget any.
  public static let samples: [Composite] = [
    .softmax(scale: 0.75), .softmaxGradient(scale: 0.75), .normalization(epsilon: 1e-3),
    .normalizationGradient(epsilon: 1e-3),
  ]

  /// The number of operands, which all have the shape of the result.
  public var operandCount: Int {
    switch self {
    case .softmax, .normalization: 1
    case .softmaxGradient, .normalizationGradient: 2
    }
  }

  /// Elements of scratch for a number of rows.
  package func scratch(rows: Int) -> Int {
    switch self {
    case .softmax, .softmaxGradient: 0
    case .normalization, .normalizationGradient: 2 * rows
    }
  }

  /// Carries the operation out; compiled for each type, because numbers of a type that is not known are boxed.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  package func evaluate<Scalar: Real>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>?, into y: UnsafeMutablePointer<Scalar>, rows: Int,
    columns: Int, scratch: UnsafeMutablePointer<Scalar>
  ) {
    guard rows > 0, columns > 0 else { return }
    switch self {
    case .softmax(let scale):
      y.update(from: a, count: rows * columns)
      Scalar.softmaxRows(y, rows: rows, columns: columns, scale: Scalar(scale))
    case .softmaxGradient(let scale):
      Scalar.softmaxRowsGradient(
        y, softmax: a, upstream: b!, rows: rows, columns: columns, scale: Scalar(scale))
    case .normalization(let epsilon):
      Scalar.normalizeRows(
        y, mean: scratch, reciprocalDeviation: scratch + rows, a, scale: nil, shift: nil, rows: rows,
        columns: columns, epsilon: Scalar(epsilon))
    case .normalizationGradient(let epsilon):
      let (mean, deviation) = (scratch, scratch + rows)
      Scalar.rowMoments(mean: mean, variance: deviation, a, rows: rows, columns: columns)
      for row in 0..<rows { deviation[row] = 1 / (deviation[row] + Scalar(epsilon)).squareRoot() }
      Scalar.normalizeRowsGradient(
        y, scaleGradient: nil, shiftGradient: nil, upstream: b!, a, mean: mean,
        reciprocalDeviation: deviation,
        scale: nil, rows: rows, columns: columns)
    }
  }

  /// The same function made of other primitives.
  package func expanded<Scalar>(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let x = operands[0]
    func mean(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mean(axis: -1, keepingAxis: true) }
    switch self {
    case .softmax(let scale):
      let e = exp((x - x.max(axis: -1, keepingAxis: true).stoppingGradient) * Scalar(scale))
      return e / e.sum(axis: -1, keepingAxis: true)
    case .softmaxGradient(let scale):
      let g = operands[1]
      return x * (g - (x * g).sum(axis: -1, keepingAxis: true)) * Scalar(scale)
    case .normalization(let epsilon):
      let centred = x - mean(x)
      return centred / sqrt(mean(centred.squared) + Scalar(epsilon))
    case .normalizationGradient(let epsilon):
      let g = operands[1]
      let centred = x - mean(x)
      let reciprocal = sqrt(mean(centred.squared) + Scalar(epsilon)).reciprocal
      let normal = centred * reciprocal
      return reciprocal * (g - mean(g) - normal * mean(normal * g))
    }
  }

  /// The operation on tensors of one shape: carried out, or recorded where an operand is.
  public func callAsFunction<Scalar>(_ operands: Tensor<Scalar>...) -> Tensor<Scalar> {
    let x = operands[0]
    precondition(
      operands.count == operandCount && x.rank >= 1 && operands.allSatisfy { $0.shape == x.shape },
      "\(self) has \(operandCount) operands of one shape, not \(operands.map(\.shape))")
    if let recorder = operands.lazy.compactMap(\.place).first?.recorder {
      return recorder.record(.composite(self), operands, x.shape)
    }
    let columns = x.shape[x.rank - 1]
    let rows = columns == 0 ? 0 : x.count / columns
    let block = Swift.max((1 << 14) / Swift.max(columns, 1), 1)
    let scratch = Buffer<Scalar>(
      uninitialized: Swift.max(scratch(rows: block), 1) * ((rows + block - 1) / block))
    return Tensor(shape: x.shape) { out in
      guard let out = out.baseAddress else { return }
      x.withUnsafeBufferPointer { a in
        operands[operandCount - 1].withUnsafeBufferPointer { b in
          WorkerPool.shared.forEach(tiles: (rows + block - 1) / block) { tile, _ in
            let first = tile * block
            evaluate(
              a.baseAddress! + first * columns, b.baseAddress! + first * columns, into: out + first * columns,
              rows: Swift.min(block, rows - first), columns: columns,
              scratch: scratch.pointer + tile * Swift.max(self.scratch(rows: block), 1))
          }
        }
      }
    }
  }
}

/// exp(scale · x) / Σ exp(scale · x) along the last axis.
public func softmax<Scalar>(_ x: Tensor<Scalar>, scale: Double = 1) -> Tensor<Scalar> {
  precondition(scale > 0, "a softmax has a positive scale, not \(scale)")
  return Composite.softmax(scale: scale)(x)
}

extension Tensor {
  /// (x − mean) / √(variance + ε) along the last axis.
  public func normalized(epsilon: Double) -> Tensor { Composite.normalization(epsilon: epsilon)(self) }
}
