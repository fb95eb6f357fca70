import Algebra
import Foundation
import Tensors
import Transforms

/// The negative Laplacian of a structured grid with one spacing per axis, and functions of it, by the transform in which
/// it is diagonal: Fourier's for periodic axes, the cosine and sine transforms for axes with walls (Swarztrauber, SIAM
/// Review 19, 1977; Strang, SIAM Review 41, 1999). Axes may differ, and so may both ends of an axis.
///
/// Unknowns at vertices on Neumann ends stand for half a cell, and count half in inner products.
public struct GridLaplacian: Sendable {
  /// What L makes of a wave e^{ikx}.
  public enum Symbol: String, Sendable, Codable, CaseIterable {
    /// k², as of the smooth function through the points.
    case spectral
    /// (2 − 2 cos kh) / h², as of the three-point stencil.
    case stencil
  }

  /// The axes, slowest first.
  public let axes: [GridAxis]
  /// Where the unknowns are.
  public let placement: GridPlacement
  /// What L makes of a wave.
  public let symbol: Symbol

  let transform: GridTransform
  /// The eigenvalues of L, mode by mode.
  let eigenvalues: Buffer<Double>

  /// The Laplacian of a grid.
  public init(axes: [GridAxis], placement: GridPlacement = .cells, symbol: Symbol = .spectral) {
    precondition(!axes.isEmpty, "a grid has at least one axis")
    for axis in axes {
      precondition(
        placement == .cells || axis.low != .neumann || axis.high != .neumann || axis.count > 1,
        "an axis between two Neumann vertices has at least two unknowns, not \(axis.count)")
    }
    (self.axes, self.placement, self.symbol) = (axes, placement, symbol)
    let transform = GridTransform(axes: axes, placement: placement)
    self.transform = transform
    let waves = axes.indices.map { k in
      Self.wavenumbers(axes[k], placement, isHalf: transform.halfAxis == k)
    }
    let shape = transform.modeShape
    let eigenvalues = Buffer<Double>(count: shape.reduce(1, *))
    for position in 0..<eigenvalues.count {
      var (rest, sum) = (position, 0.0)
      for k in shape.indices.reversed() {
        let (wave, h) = (waves[k][rest % shape[k]], axes[k].spacing)
        let root = symbol == .spectral ? wave : 2 * sin(0.5 * wave * h) / h
        sum += root * root
        rest /= shape[k]
      }
      eigenvalues.pointer[position] = sum
    }
    self.eigenvalues = eigenvalues
  }

  /// A periodic box with the given numbers of points and lengths.
  public init(periodic shape: [Int], lengths: [Double], symbol: Symbol = .spectral) {
    precondition(shape.count == lengths.count, "lengths \(lengths) for a grid of shape \(shape)")
    self.init(
      axes: zip(shape, lengths).map {
        GridAxis(count: $0, spacing: $1 / Double($0), boundary: .periodic)
      }, symbol: symbol)
  }

  private static func wavenumbers(_ axis: GridAxis, _ placement: GridPlacement, isHalf: Bool) -> [Double] {
    let (n, h) = (axis.count, axis.spacing)
    let isOffset = axis.low != axis.high
    // The length, in spacings.
    let length: Int
    if axis.low == .periodic {
      return Wavenumbers(count: n, length: Double(n) * h, half: isHalf).values
    } else if placement == .cells || isOffset {
      length = n
    } else {
      length = axis.low == .dirichlet ? n + 1 : n - 1
    }
    let first = isOffset ? 0.5 : axis.low == .dirichlet ? 1 : 0
    return (0..<n).map { .pi * (Double($0) + first) / (Double(length) * h) }
  }

  /// The largest eigenvalue.
  public var largestEigenvalue: Double { eigenvalues.elements.max() ?? 0 }

  /// f(L) as an operation on fields, prepared once; f is given as a function of the eigenvalues λ ≥ 0.
  ///
  /// (1 + λ)^{-s} is the Riesz map of the Sobolev space H^s, and its inverse for negative s.
  public func function(_ f: (_ eigenvalue: Double) -> Double) -> GridFunction {
    GridFunction(self, values: eigenvalues.elements.map(f))
  }
}

extension GridLaplacian: FieldLaplacian {
  public var shape: [Int] { axes.map(\.count) }
  public var cellVolume: Double { axes.reduce(1) { $0 * $1.spacing } }
  public var pointWeights: [Double]? { transform.weights }

  public func makeSolve(identity a: Double, laplacian b: Double) -> any FieldSolve {
    precondition(a > 0 && b >= 0, "a solve of \(a) u + \(b) L u = f")
    return function { 1 / (a + b * $0) }
  }
}
