import Foundation
import Tensors

/// The metric of a Sobolev space on a grid, P = (1 + ℓ² L)^{-s} or (ℓ² L)^{-s} with the negative Laplacian L, in which
/// gradients with respect to fields are taken (Neuberger, Sobolev Gradients and Differential Equations, 1997; its reading
/// as preconditioning by the operator: De Ryck, Bonnet, Mishra and de Bézenac, ICLR 2024).
///
/// With s > 0 gradients become smooth: g ← P g. A loss ½ ⟨r, r⟩ with Sobolev gradients is the loss ½ ⟨r, P r⟩ of the dual
/// norm; with s < 0 it is that of the space H^{-s} itself, in which derivatives count. ``whitened(_:)`` gives its residuals,
/// so that every optimizer can take it, and ``withSobolevGradient(_:)`` changes the gradients of any loss.
///
/// Fields are the last axes of tensors: [samples, channels, extents].
public struct SobolevMetric: Sendable {
  /// What is raised to −s.
  public enum Form: String, Sendable, Codable, CaseIterable {
    /// 1 + ℓ² L.
    case full
    /// ℓ² L, in which waves without a wavenumber, such as constants, count like the smoothest others.
    case homogeneous
  }

  /// L.
  public let laplacian: GridLaplacian
  /// s.
  public let order: Double
  /// ℓ, in the units of the grid.
  public let length: Double
  /// What is raised to −s.
  public let form: Form
  private let maps: (metric: GridMap, root: GridMap)

  /// The metric of a grid with ℓ = 1 and 1 + L, unless given.
  public init(_ laplacian: GridLaplacian, order: Double, length: Double = 1, form: Form = .full) {
    precondition(order.isFinite && length > 0, "a Sobolev metric of order \(order) and length \(length)")
    (self.laplacian, self.order, self.length, self.form) = (laplacian, order, length, form)
    let eigenvalues = laplacian.eigenvalues.elements
    let largest = eigenvalues.max() ?? 0
    // Zero but for rounding counts as zero.
    let smallest = eigenvalues.filter { $0 > 1e-14 * largest }.min() ?? 1
    func factor(_ eigenvalue: Double, _ power: Double) -> Double {
      let scaled =
        form == .full
        ? 1 + length * length * eigenvalue : length * length * max(eigenvalue, smallest)
      return Foundation.pow(scaled, -power)
    }
    let roots = laplacian.pointWeights.map { $0.map { $0.squareRoot() } }
    maps = (
      GridMap(laplacian, before: nil, after: nil) { factor($0, order) },
      GridMap(laplacian, before: nil, after: roots) { factor($0, 0.5 * order) }
    )
  }

  /// P x, recorded where x is.
  public func applied<Scalar: Real>(to x: Tensor<Scalar>) -> Tensor<Scalar> {
    SobolevPrimitive(maps.metric, .map)(x)
  }

  /// √w P^{1/2} x with the weights w of the points, whose sum of squares is ⟨x, P x⟩; recorded where x is.
  public func whitened<Scalar: Real>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    SobolevPrimitive(maps.root, .map)(x)
  }

  /// Writes √w P^{1/2} x for as many fields as follow one another; `out` may be `x`.
  public func whiten<Scalar: Real>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, fields: Int
  ) { maps.root.apply(x, into: out, fields: fields) }

  /// x itself, through which a gradient g goes back as P g: what a recorded loss of the result does to x, and to all that
  /// x is computed from, is a descent in the metric, whatever the loss.
  public func withSobolevGradient<Scalar: Real>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    SobolevPrimitive(maps.metric, .gradient)(x)
  }
}
