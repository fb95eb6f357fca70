import Tensors

/// A Gaussian random field on a box with the law N(0, σ²(-Δ + τ²)^{-α}).
///
/// A sample is the Karhunen-Loève sum
///
///     u(x) = Σ_k σ (|κ_k|² + τ²)^{-α/2} ξ_k φ_k(x)
///
/// over eigenfunctions φ_k of -Δ with eigenvalues |κ_k|² that are orthonormal in L² of the box, with independent standard
/// normal ξ_k. Its pointwise variance is Σ_k σ² (|κ_k|² + τ²)^{-α} φ_k(x)², and does not depend on the grid but for the
/// modes that the grid cannot carry. With side lengths L the eigenfunctions are products over the axes of
///
/// - periodic: 1/√L, and √(2/L) cos κx, √(2/L) sin κx with κ = 2πk/L. A grid of n points carries |k| < n/2.
/// - Neumann: 1/√L, and √(2/L) cos κx with κ = πk/L, k = 0 … n-1.
/// - Dirichlet: √(2/L) sin κx with κ = πk/L, k = 1 … n, or n - 2 on a grid that has the boundary.
///
/// The ξ_k come from a counter-based stream by the wavenumbers of their mode: the same seed on a finer grid draws the
/// same low modes. The square root of the operator exists for every α; samples are functions if α exceeds half the
/// dimension. These are the laws of the data sets of Li et al. (2021) and of the inverse problems of Stuart (2010).
public struct GaussianRandomField: Hashable, Sendable {
  /// What the field does at the ends of the box.
  public enum Boundary: Hashable, Sendable {
    /// It continues periodically. Points x_j = jL/n.
    case periodic
    /// Its normal derivative vanishes.
    case neumann(GridPlacement)
    /// It vanishes.
    case dirichlet(GridPlacement)
  }

  /// Where the n points of an axis lie.
  public enum GridPlacement: Hashable, Sendable {
    /// x_j = jL/(n-1): both ends are points.
    case vertices
    /// x_j = (j + ½)L/n: the middles of n cells.
    case centers
  }

  /// The number of points of each axis, 1 to 3 of them.
  public let shape: [Int]
  /// The length of each axis.
  public let lengths: [Double]
  /// The boundary condition of all axes, and where the points lie.
  public let boundary: Boundary
  /// σ: the factor of every sample.
  public let sigma: Double
  /// τ: the inverse of the length beyond which the field decorrelates.
  public let tau: Double
  /// α: the smoothness.
  public let alpha: Double
  /// Whether the constant mode is left out, so that samples have mean zero over the box.
  public let zeroMean: Bool

  /// A field with the law N(0, σ²(-Δ + τ²)^{-α}) on a grid.
  ///
  /// - Parameters:
  ///   - shape: The number of points of each axis, 1 to 3 of them.
  ///   - lengths: The length of each axis, by default 1.
  ///   - boundary: The boundary condition of all axes, and the grid that goes with it.
  ///   - sigma: The factor of every sample.
  ///   - tau: An inverse length. It may be 0 if the constant mode is left out.
  ///   - alpha: The smoothness.
  ///   - zeroMean: Whether the constant mode is left out.
  public init(
    shape: [Int], lengths: [Double]? = nil, boundary: Boundary = .periodic, sigma: Double, tau: Double,
    alpha: Double, zeroMean: Bool = false
  ) {
    let lengths = lengths ?? shape.map { _ in 1 }
    precondition(
      (1...3).contains(shape.count) && lengths.count == shape.count && lengths.allSatisfy { $0 > 0 },
      "a random field of shape \(shape) on a box with lengths \(lengths)")
    let fewest =
      switch boundary {
      case .periodic: 1
      case .neumann(let grid): grid == .vertices ? 2 : 1
      case .dirichlet(let grid): grid == .vertices ? 3 : 1
      }
    precondition(
      shape.allSatisfy { (fewest..<(1 << 19)).contains($0) },
      "a random field with the boundary \(boundary) has \(fewest) to 2¹⁹ - 1 points on every axis, not \(shape)"
    )
    self.shape = shape
    self.lengths = lengths
    self.boundary = boundary
    self.sigma = sigma
    self.tau = tau
    self.alpha = alpha
    self.zeroMean = zeroMean
  }

  /// Sample number `index` under a seed. Samples of one seed are independent.
  public func sample(seed: UInt64, index: UInt64 = 0) -> Tensor<Double> {
    let stream = RandomStream(seed: seed, stream: index)
    return boundary == .periodic ? periodicSample(stream) : expansionSample(stream)
  }

  /// Samples `first ..< first + count` under a seed, of shape `[count] + shape`.
  public func samples(_ count: Int, seed: UInt64, first: UInt64 = 0) -> Tensor<Double> {
    .stacked((0..<count).map { sample(seed: seed, index: first + UInt64($0)) })
  }

  // MARK: - Modes

  /// σ(|κ|² + τ²)^{-α/2} for the squared wavenumber |κ|².
  func deviation(_ squaredWavenumber: Double) -> Double {
    if squaredWavenumber == 0, zeroMean { return 0 }
    return sigma * Double.pow(squaredWavenumber + tau * tau, -alpha / 2)
  }

  /// The number of a mode, 0 for the constant one: the wavenumbers interleaved with their signs, 20 bits each.
  func number(of mode: [Int]) -> UInt64 {
    var number: UInt64 = 0
    for k in mode.reversed() { number = number << 20 | UInt64(k >= 0 ? 2 * k : -2 * k - 1) }
    return number
  }

  /// Calls `body` with the position in row-major order and the multi-index of every element of a shape.
  func forEachIndex(of shape: [Int], _ body: (Int, [Int]) -> Void) {
    var index = [Int](repeating: 0, count: shape.count)
    for position in 0..<shape.reduce(1, *) {
      body(position, index)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
