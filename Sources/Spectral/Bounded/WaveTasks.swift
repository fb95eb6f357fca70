import Tensors
import Transforms

/// Sine and cosine series along one axis, to the grid or back.
final class ReflectedWaveTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint lines; scratch is per worker.

  private let axis: BoundedAxis
  private let parity: Parity
  private let toGrid: Bool
  private let shape: LineShape
  private let input: UnsafeMutablePointer<Double>
  private let output: UnsafeMutablePointer<Double>
  private let transform: ReflectedTransform
  private let factors: Buffer<Double>
  private let linesPerTile: Int
  let tiles: Int
  var cost: Int { 10 * axis.points * shape.lines }

  /// Modes to values of ∂ᵏ of the series.
  static func synthesis(
    _ axis: BoundedAxis, order: Int, _ shape: LineShape, workers: Int,
    from input: UnsafeMutablePointer<Double>,
    to output: UnsafeMutablePointer<Double>
  ) -> ReflectedWaveTask {
    let parity = axis.basis.parity!.differentiated(order)
    let factors = Buffer<Double>(count: axis.extent)
    for i in 0..<axis.extent {
      // The transform doubles all but the ends, and turns the sign of sines.
      let half = parity == .odd ? -0.5 : axis.wavenumber(i) == 0 ? 1.0 : 0.5
      factors.pointer[i] = half * axis.symbol(order, i).real
    }
    return ReflectedWaveTask(
      axis, parity, toGrid: true, factors, shape, workers: workers, from: input, to: output)
  }

  /// Values of a field of the given parity to amplitudes of its series, indexed as the axis' own modes are.
  static func analysis(
    _ axis: BoundedAxis, parity: Parity, _ shape: LineShape, workers: Int,
    from input: UnsafeMutablePointer<Double>, to output: UnsafeMutablePointer<Double>
  ) -> ReflectedWaveTask {
    let factors = Buffer<Double>(count: axis.extent)
    for i in 0..<axis.extent {
      let half = parity == .odd ? -1.0 : axis.wavenumber(i) == 0 ? 0.5 : 1
      factors.pointer[i] = half / Double(axis.points - 1)
    }
    return ReflectedWaveTask(
      axis, parity, toGrid: false, factors, shape, workers: workers, from: input, to: output)
  }

  private init(
    _ axis: BoundedAxis, _ parity: Parity, toGrid: Bool, _ factors: Buffer<Double>, _ shape: LineShape,
    workers: Int, from input: UnsafeMutablePointer<Double>, to output: UnsafeMutablePointer<Double>
  ) {
    (self.axis, self.parity, self.toGrid, self.factors, self.shape) = (axis, parity, toGrid, factors, shape)
    (self.input, self.output) = (input, output)
    let n = axis.points
    transform = ReflectedTransform(count: n, workers: workers)
    linesPerTile = max(1, 4096 / n)
    tiles = (shape.lines + linesPerTile - 1) / linesPerTile
  }

  func run(_ tile: Int, _ worker: Int) {
    for line in tile * linesPerTile..<min((tile + 1) * linesPerTile, shape.lines) {
      let (outer, inner) = (line / shape.inner, line % shape.inner)
      let modes = axis.extent
      if toGrid {
        synthesize(
          input + outer * modes * shape.inner + inner, output + outer * axis.points * shape.inner + inner,
          worker)
      } else {
        analyze(
          input + outer * axis.points * shape.inner + inner, output + outer * modes * shape.inner + inner,
          worker)
      }
    }
  }

  private func transformed(_ worker: Int) -> UnsafeMutablePointer<Double> {
    parity == .even ? transform.cosines(worker) : transform.sines(worker) + 1
  }

  private func synthesize(
    _ modes: UnsafePointer<Double>, _ values: UnsafeMutablePointer<Double>, _ worker: Int
  ) {
    let (n, stride, first) = (axis.points, shape.inner, axis.wavenumber(0))
    let line = transform.line(worker)
    for k in 0..<n { line[k] = 0 }
    let f = factors.pointer
    for i in 0..<axis.extent { line[i + first] = f[i] * modes[i * stride] }
    let result = transformed(worker)
    for j in 0..<n { values[j * stride] = result[2 * j] }
    if parity == .odd {
      values[0] = 0
      values[(n - 1) * stride] = 0
    }
  }

  private func analyze(_ values: UnsafePointer<Double>, _ modes: UnsafeMutablePointer<Double>, _ worker: Int)
  {
    let (n, stride, first) = (axis.points, shape.inner, axis.wavenumber(0))
    let line = transform.line(worker)
    for j in 0..<n { line[j] = values[j * stride] }
    let result = transformed(worker)
    let f = factors.pointer
    for i in 0..<axis.extent { modes[i * stride] = f[i] * result[2 * (i + first)] }
    // A sine series has no constant.
    if parity == .odd && first == 0 { modes[0] = 0 }
  }
}

/// Fourier series along one axis of complex arrays, or, on the last Fourier axis, between complex modes and real values.
final class FourierWaveTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint lines; scratch is per worker.

  private let axis: BoundedAxis
  private let toGrid: Bool
  private let shape: LineShape
  private let input: UnsafeMutablePointer<Double>
  private let output: UnsafeMutablePointer<Double>
  private let plan: FFTPlan<Double>
  private let factors: Buffer<Double>
  private let scratch: [Buffer<Double>]
  private let linesPerTile: Int
  let tiles: Int
  var cost: Int { 10 * axis.points * shape.lines }

  /// - Parameters:
  ///   - order: Of the derivative that is taken on the way to the grid.
  ///   - shape: Counts complex numbers where the arrays are complex.
  init(
    _ axis: BoundedAxis, toGrid: Bool, order: Int = 0, _ shape: LineShape, workers: Int,
    from input: UnsafeMutablePointer<Double>, to output: UnsafeMutablePointer<Double>
  ) {
    (self.axis, self.toGrid, self.shape, self.input, self.output) = (axis, toGrid, shape, input, output)
    let n = axis.points
    let kind: FFTKind =
      axis.isHalf
      ? (toGrid ? .complexToReal : .realToComplex) : .complexToComplex(toGrid ? .backward : .forward)
    plan = FFTPlan(kind, shape: [n])
    factors = Buffer(count: 2 * axis.extent)
    for i in 0..<axis.extent {
      let factor = toGrid ? axis.symbol(order, i) : Complex(1 / Double(n))
      factors.pointer[2 * i] = factor.real
      factors.pointer[2 * i + 1] = factor.imaginary
    }
    scratch = (0..<workers).map { _ in Buffer<Double>(count: 4 * (n + 2)) }
    linesPerTile = max(1, 4096 / n)
    tiles = (shape.lines + linesPerTile - 1) / linesPerTile
  }

  func run(_ tile: Int, _ worker: Int) {
    for line in tile * linesPerTile..<min((tile + 1) * linesPerTile, shape.lines) {
      let (outer, inner) = (line / shape.inner, line % shape.inner)
      let modes = 2 * (outer * axis.extent * shape.inner + inner)
      let points = (axis.isHalf ? 1 : 2) * (outer * axis.points * shape.inner + inner)
      if toGrid {
        synthesize(input + modes, output + points, worker)
      } else {
        analyze(input + points, output + modes, worker)
      }
    }
  }

  /// Where mode i stands in the transform's array.
  private func position(_ i: Int) -> Int { i <= axis.cutoff ? i : i + axis.points - axis.extent }

  private func synthesize(
    _ modes: UnsafePointer<Double>, _ values: UnsafeMutablePointer<Double>, _ worker: Int
  ) {
    let (n, stride) = (axis.points, shape.inner)
    let line = scratch[worker].pointer
    let result = line + 2 * (n + 2)
    let f = factors.pointer
    for j in 0..<2 * (axis.isHalf ? n / 2 + 1 : n) { line[j] = 0 }
    for i in 0..<axis.extent {
      let (p, m) = (2 * position(i), 2 * i * stride)
      line[p] = f[2 * i] * modes[m] - f[2 * i + 1] * modes[m + 1]
      line[p + 1] = f[2 * i] * modes[m + 1] + f[2 * i + 1] * modes[m]
    }
    plan.execute(line, result)
    if axis.isHalf {
      for j in 0..<n { values[j * stride] = result[j] }
    } else {
      for j in 0..<n {
        values[2 * j * stride] = result[2 * j]
        values[2 * j * stride + 1] = result[2 * j + 1]
      }
    }
  }

  private func analyze(_ values: UnsafePointer<Double>, _ modes: UnsafeMutablePointer<Double>, _ worker: Int)
  {
    let (n, stride) = (axis.points, shape.inner)
    let line = scratch[worker].pointer
    let result = line + 2 * (n + 2)
    if axis.isHalf {
      for j in 0..<n { line[j] = values[j * stride] }
    } else {
      for j in 0..<n {
        line[2 * j] = values[2 * j * stride]
        line[2 * j + 1] = values[2 * j * stride + 1]
      }
    }
    plan.execute(line, result)
    let factor = factors.pointer[0]
    for i in 0..<axis.extent {
      let (p, m) = (2 * position(i), 2 * i * stride)
      modes[m] = factor * result[p]
      modes[m + 1] = factor * result[p + 1]
    }
  }
}
