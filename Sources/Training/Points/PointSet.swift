import Equations
import Geometry
import Tensors

/// Points at which residuals are evaluated, by the place where they lie.
public struct PointSet<Scalar: Real>: Sendable {
  /// For each place, coordinates and time last: [points, coordinates].
  public var tables: [PointwiseSystem.Place: Tensor<Scalar>]

  /// Points by place.
  public init(_ tables: [PointwiseSystem.Place: Tensor<Scalar>]) { self.tables = tables }

  /// The number of points of a place.
  public func count(_ place: PointwiseSystem.Place) -> Int { tables[place]?.shape[0] ?? 0 }
}
