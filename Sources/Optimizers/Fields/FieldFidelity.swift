import Tensors

/// Values that a field is held to at some points: the energy ½ Σ Λᵢ (uᵢ − yᵢ)² (Bertozzi and Flenner, Multiscale Model.
/// Simul. 10, 2012).
public struct FieldFidelity: Sendable, Equatable {
  /// The numbers of the points in the order of the field.
  public let points: [Int]
  /// y at these points.
  public let values: [Double]
  /// Λ, the same for all of them.
  public let strength: Double

  /// Values at points, each of which is named once.
  public init(points: [Int], values: [Double], strength: Double) {
    precondition(points.count == values.count, "\(values.count) values for \(points.count) points")
    precondition(Set(points).count == points.count, "points of a fidelity that are named twice")
    precondition(strength > 0, "a fidelity of strength \(strength)")
    (self.points, self.values, self.strength) = (points, values, strength)
  }
}
