import Tensors

/// A layer whose input is added to its output: y = x + f(x) (He, Zhang, Ren and Sun, arXiv 1512.03385, 2015).
public struct Residual<Scalar: Real, Inner: Layer>: Layer where Inner.Scalar == Scalar {
  /// f, whose output has the shape of its input.
  public let inner: Inner

  /// A layer with its input added.
  public init(_ inner: Inner) { self.inner = inner }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x + inner(x) }
}
