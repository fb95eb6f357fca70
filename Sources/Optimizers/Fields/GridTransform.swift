import Algebra
import Tensors
import Transforms

/// The transform of real fields on a grid in which constant coefficients are diagonal: real transforms along axes with
/// walls, then a Fourier transform of half spectra along the periodic ones.
final class GridTransform: Sendable {
  /// The number of points.
  let count: Int
  /// The numbers of modes of each axis; those of the last periodic axis are half as many and one more.
  let modeShape: [Int]
  /// The last periodic axis; nil where there is none, and modes are real.
  let halfAxis: Int?
  /// What a product over modes is divided by so that forward and backward undo one another.
  let normalization: Double
  /// Weights of points in inner products; nil for ones.
  let weights: [Double]?
  /// What squares of modes are multiplied by so that their sum is the weighted one of the squares of the points.
  let squares: Buffer<Double>

  private let walls, wallsBack: RealTransformPlan<Double>?
  private let waves, wavesBack: FFTPlan<Double>?

  var modeCount: Int { squares.count }
  /// Numbers per mode.
  var width: Int { halfAxis == nil ? 1 : 2 }

  init(axes: [GridAxis], placement: GridPlacement) {
    let shape = axes.map(\.count)
    let periodic = axes.indices.filter { axes[$0].low == .periodic }
    let walled = axes.indices.filter { axes[$0].low != .periodic }
    var modes = shape
    if let last = periodic.last { modes[last] = shape[last] / 2 + 1 }
    (count, modeShape, halfAxis) = (shape.reduce(1, *), modes, periodic.last)

    func strides(_ shape: [Int]) -> [Int] {
      shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
    }
    let (real, complex) = (strides(shape), strides(modes))
    let kinds = walled.map { Self.kind(axes[$0], placement) }
    func dimension(_ k: Int, _ input: [Int], _ output: [Int]) -> TransformDimension {
      TransformDimension(count: shape[k], inputStride: input[k], outputStride: output[k])
    }
    var factor = 1.0
    if walled.isEmpty {
      (walls, wallsBack) = (nil, nil)
    } else {
      let (own, loops) = (
        walled.map { dimension($0, real, real) }, periodic.map { dimension($0, real, real) }
      )
      walls = RealTransformPlan(kinds: kinds, axes: own, loops: loops)
      wallsBack = RealTransformPlan(kinds: kinds.map(\.inverse), axes: own, loops: loops)
      factor *= walls!.normalization
    }
    if periodic.isEmpty {
      (waves, wavesBack) = (nil, nil)
    } else {
      waves = FFTPlan(
        .realToComplex, axes: periodic.map { dimension($0, real, complex) },
        loops: walled.map { dimension($0, real, complex) })
      wavesBack = FFTPlan(
        .complexToReal, axes: periodic.map { dimension($0, complex, real) },
        loops: walled.map { dimension($0, complex, real) })
      factor *= waves!.normalization
    }
    normalization = factor

    // Squares of the basis functions, axis by axis.
    var parts: [[Double]] = axes.indices.map { k in
      guard axes[k].low == .periodic else { return Self.squares(axes[k], placement) }
      let n = shape[k]
      guard k == periodic.last else { return Array(repeating: 1 / Double(n), count: n) }
      return (0...n / 2).map { ($0 == 0 || 2 * $0 == n ? 1 : 2) / Double(n) }
    }
    squares = Self.product(parts)
    let isHalved = walled.contains {
      placement == .vertices && (axes[$0].low == .neumann || axes[$0].high == .neumann)
    }
    guard isHalved else {
      weights = nil
      return
    }
    parts = axes.map { axis in
      var own = [Double](repeating: 1, count: axis.count)
      if axis.low == .neumann { own[0] *= 0.5 }
      if axis.high == .neumann { own[axis.count - 1] *= 0.5 }
      return own
    }
    let products = Self.product(parts)
    weights = withExtendedLifetime(products) { Array(products.elements) }
  }

  /// The products of one number per axis.
  private static func product(_ parts: [[Double]]) -> Buffer<Double> {
    let shape = parts.map(\.count)
    let out = Buffer<Double>(count: shape.reduce(1, *))
    for position in 0..<out.count {
      var (rest, value) = (position, 1.0)
      for k in shape.indices.reversed() {
        value *= parts[k][rest % shape[k]]
        rest /= shape[k]
      }
      out.pointer[position] = value
    }
    return out
  }

  /// The transform whose basis functions meet the conditions at both ends.
  private static func kind(_ axis: GridAxis, _ placement: GridPlacement) -> RealTransformKind {
    switch (placement, axis.low, axis.high) {
    case (.cells, .dirichlet, .dirichlet): .dst2
    case (.cells, .neumann, .neumann): .dct2
    case (.cells, .dirichlet, _): .dst4
    case (.cells, _, _): .dct4
    case (.vertices, .dirichlet, .dirichlet): .dst1
    case (.vertices, .neumann, .neumann): .dct1
    case (.vertices, .dirichlet, _): .dst3
    case (.vertices, _, _): .dct3
    }
  }

  /// 1 / 4N for the sums N of w φ² over points: modes are 2 Σ w u φ.
  private static func squares(_ axis: GridAxis, _ placement: GridPlacement) -> [Double] {
    let n = axis.count
    var sums = [Double](repeating: 0.5 * Double(n), count: n)
    switch kind(axis, placement) {
    case .dct2: sums[0] = Double(n)
    case .dst2: sums[n - 1] = Double(n)
    case .dst1: sums = Array(repeating: 0.5 * Double(n + 1), count: n)
    case .dct1:
      sums = Array(repeating: 0.5 * Double(n - 1), count: n)
      sums[0] = Double(n - 1)
      sums[n - 1] = Double(n - 1)
    default: break
    }
    return sums.map { 1 / (4 * $0) }
  }

  /// What a transform works in.
  final class Workspace {
    let first, second, modes: Buffer<Double>

    init(_ transform: GridTransform) {
      first = Buffer(count: transform.count)
      second = Buffer(count: transform.count)
      modes = Buffer(count: transform.modeCount * transform.width)
    }
  }

  /// The modes of the field in `first`, which is overwritten.
  func forward(_ work: Workspace) {
    guard let waves else {
      walls!.execute(work.first.pointer, work.modes.pointer)
      return
    }
    if let walls {
      walls.execute(work.first.pointer, work.second.pointer)
      waves.execute(work.second.pointer, work.modes.pointer)
    } else {
      waves.execute(work.first.pointer, work.modes.pointer)
    }
  }

  /// The field of the modes, which are overwritten, in `first`, times the normalization.
  func backward(_ work: Workspace) {
    guard let wavesBack else {
      wallsBack!.execute(work.modes.pointer, work.first.pointer)
      return
    }
    if let wallsBack {
      wavesBack.execute(work.modes.pointer, work.second.pointer)
      wallsBack.execute(work.second.pointer, work.first.pointer)
    } else {
      wavesBack.execute(work.modes.pointer, work.first.pointer)
    }
  }
}
