import Algebra
import CKernels
import Tensors

/// The fit of the factors of one tensor, in doubles and in memory of its own: not generic, so that its loops are compiled
/// for doubles wherever it is called from.
final class TensorFit: @unchecked Sendable {
  // Unchecked: belongs to one worker of a region at a time.

  /// The tensor that is fitted to and applied to; random numbers, and what replaces them.
  let vector, noise: Buffer<Double>
  let image: Buffer<Double>
  let fit: FactorFit
  let products = StripedProduct()
  /// The factors of all tensors, and their L.
  var factors, smoothness: UnsafeMutablePointer<Double>?
  var fitting = LieGroupFitting()

  /// For tensors of up to `count` numbers, factors of up to `factor`, and rows of these of up to `row`.
  init(count: Int, factor: Int, row: Int) {
    (vector, image, noise) = (Buffer(count: count), Buffer(count: count), Buffer(count: count))
    fit = FactorFit(count: factor, row: row)
  }

  /// Shortens what would overflow when squared, long after it has lost all meaning.
  func capped(_ x: UnsafeMutablePointer<Double>, count: Int) {
    let largest = Double.maximumMagnitude(x, count: count)
    if largest > 1e60 { Double.scale(x, by: 1e60 / largest, count: count) }
  }

  /// A step of the fit to the tensor in `image`, of elements that are rounded as `rounding` says.
  func step(_ block: TensorBlock, index: Int, step: Int, rounding: Double) {
    let (matrix, h, g, noise) = (block.matrix, vector.pointer, image.pointer, noise.pointer)
    let count = matrix.count
    // Zero says nothing of scales, and P would grow without a bound.
    guard Double.maximumMagnitude(g, count: count) > 0 else { return }
    capped(g, count: count)
    Double.fillNormal(
      noise, count: count, seed: fitting.seed, stream: fitting.stream(.pair, step: step),
      first: UInt64(matrix.start))
    if matrix.field.isComplex {
      ck_add_noise_complex(h, g, noise, fitting.damping, rounding, Int64(count / 2))
    } else {
      ck_add_noise(h, g, noise, fitting.damping, rounding, Int64(count))
    }
    switch fitting.geometry {
    case .procrustes: fitByRotation(block)
    case .triangular: fitTriangular(block)
    }
    // With the probability of one in a hundred.
    let stream = RandomStream(seed: fitting.seed, stream: fitting.stream(.decisions, step: step))
    if block.axes.count > 1, stream.uniform(at: UInt64(index + 1)) < 0.01 { balance(block) }
  }

  /// x ← P x for the tensor in `vector`.
  func precondition(_ block: TensorBlock) {
    capped(vector.pointer, count: block.matrix.count)
    for axis in block.axes {
      apply(block, axis, vector.pointer)
      apply(block, axis, vector.pointer, isAdjoint: true)
    }
    capped(vector.pointer, count: block.matrix.count)
  }

  /// Limits the root mean square of the tensor in `vector`, and then its elements.
  func clip(_ matrix: MatrixBlock, rootMeanSquare: Double, element: Double) {
    let (x, count) = (vector.pointer, matrix.count)
    let square = Double.dot(x, x, count: count) / Double(count / matrix.field.width)
    if square > rootMeanSquare * rootMeanSquare {
      Double.scale(x, by: rootMeanSquare / square.squareRoot(), count: count)
    }
    guard element < .infinity else { return }
    if matrix.field.isComplex {
      ck_clip_complex(x, element, Int64(count / 2))
    } else {
      Double.clip(x, bound: element, count: count)
    }
  }

  /// (mean |g|⁴)^¼ of the tensor in `image`.
  func measure(_ matrix: MatrixBlock) -> Double {
    let (g, width) = (image.pointer, matrix.field.width)
    let largest = Double.maximumMagnitude(g, count: matrix.count)
    guard largest > 0 else { return 0 }
    var sum = 0.0
    for i in stride(from: 0, to: matrix.count, by: width) {
      // In multiples of the largest element, of which no power overflows.
      let (re, im) = (g[i] / largest, width == 2 ? g[i + 1] / largest : 0)
      let square = re * re + im * im
      sum += square * square
    }
    return largest * (sum / Double(matrix.count / width)).squareRoot().squareRoot()
  }

  /// Gives all factors the same largest element.
  private func balance(_ block: TensorBlock) {
    func largest(_ axis: TensorBlock.Axis) -> Double {
      Double.maximumMagnitude(factors! + axis.start, count: block.count(of: axis))
    }
    let mean = block.axes.reduce(0) { $0 + Double.log(largest($1)) } / Double(block.axes.count)
    guard mean.isFinite else { return }
    for axis in block.axes {
      Double.scale(
        factors! + axis.start, by: Double.exp(mean) / largest(axis), count: block.count(of: axis))
    }
  }

  private func fitByRotation(_ block: TensorBlock) {
    let (h, field) = (vector.pointer, block.matrix.field)
    for axis in block.axes {
      apply(block, axis, h)
      apply(block, axis, h, isAdjoint: true)
    }
    capped(h, count: block.matrix.count)
    let elements = block.matrix.count / field.width
    for axis in block.axes {
      let (q, smoothness) = (factors! + axis.start, smoothness! + axis.number)
      let target = Double(elements / axis.length)
      gram(block, axis, h, into: fit.gram.pointer)
      if axis.isSquare {
        fit.step(
          field, order: axis.length, q, target: target, smoothness: smoothness, fitting)
      } else {
        let squares = fit.gram.pointer
        smoothness.pointee = fitting.smoothness(
          smoothness.pointee, Double.maximum(squares, count: axis.length) + target)
        let step = fitting.rate / smoothness.pointee
        for i in 0..<axis.length { q[i] *= 1 - step * (squares[i] - target) }
      }
    }
  }

  private func fitTriangular(_ block: TensorBlock) {
    let (h, v, field) = (vector.pointer, noise.pointer, block.matrix.field)
    if field.isComplex { Double.scale(v, by: 0.5.squareRoot(), count: block.matrix.count) }
    for axis in block.axes {
      apply(block, axis, h)
      solve(block, axis, v)
    }
    capped(h, count: block.matrix.count)
    capped(v, count: block.matrix.count)
    for axis in block.axes {
      let (q, smoothness) = (factors! + axis.start, smoothness! + axis.number)
      gram(block, axis, h, into: fit.gram.pointer)
      gram(block, axis, v, into: fit.otherGram.pointer)
      if axis.isSquare {
        fit.triangularStep(field, order: axis.length, q, smoothness: smoothness, fitting)
      } else {
        let (a, b) = (fit.gram.pointer, fit.otherGram.pointer)
        let estimate = (0..<axis.length).reduce(0.0) { max($0, a[$1] + b[$1]) }
        guard estimate > 0 else { continue }
        smoothness.pointee = fitting.smoothness(smoothness.pointee, estimate)
        let step = fitting.rate / smoothness.pointee
        for i in 0..<axis.length { q[i] *= 1 - step * (a[i] - b[i]) }
      }
    }
  }
}
