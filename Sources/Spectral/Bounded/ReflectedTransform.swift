import Tensors
import Transforms

/// Cosine and sine sums over n equally spaced points, both ends included, through the real Fourier transform of the
/// field continued by reflection.
///
/// FFTW's own transforms of these kinds do the same inside, but allocate memory in every call.
struct ReflectedTransform: Sendable {
  /// The number of points n.
  let count: Int
  private let plan: FFTPlan<Double>
  private let scratch: [Buffer<Double>]

  /// - Parameter workers: How many may transform at the same time.
  init(count: Int, workers: Int) {
    self.count = count
    let period = 2 * (count - 1)
    plan = FFTPlan(.realToComplex, shape: [period])
    let doubles = period + 2 * (period / 2 + 1)
    scratch = (0..<workers).map { _ in Buffer(count: doubles) }
  }

  /// Where a worker writes the n values or amplitudes that come next; contents at n and beyond are overwritten.
  func line(_ worker: Int) -> UnsafeMutablePointer<Double> { scratch[worker].pointer }

  /// Σ'' over all points of 2 x_j cos(πjk/(n − 1)), the ends taken once: element 2k of the result, for k < n.
  func cosines(_ worker: Int) -> UnsafeMutablePointer<Double> {
    let x = scratch[worker].pointer
    let period = 2 * (count - 1)
    for j in 1..<count - 1 { x[period - j] = x[j] }
    plan.execute(x, x + period)
    return x + period
  }

  /// −2 Σ x_j sin(πjk/(n − 1)) over the interior points: element 2k + 1 of the result, for k < n.
  func sines(_ worker: Int) -> UnsafeMutablePointer<Double> {
    let x = scratch[worker].pointer
    let period = 2 * (count - 1)
    x[0] = 0
    x[count - 1] = 0
    for j in 1..<count - 1 { x[period - j] = -x[j] }
    plan.execute(x, x + period)
    return x + period
  }
}
