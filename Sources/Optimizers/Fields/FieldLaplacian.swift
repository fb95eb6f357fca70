import Tensors

/// A negative Laplacian L on fields of numbers at points: symmetric and positive semidefinite in the inner product
/// Σ wᵢ uᵢ vᵢ, with solves of a u + b L u = f.
public protocol FieldLaplacian: Sendable {
  /// The shape of a field.
  var shape: [Int] { get }

  /// What a sum over points is multiplied by to stand for an integral: the volume of a cell, 1 on a graph.
  var cellVolume: Double { get }

  /// The weights w of the points within a sum, in the order of the field; nil for ones.
  var pointWeights: [Double]? { get }

  /// The solution of a u + b L u = f for a > 0 and b ≥ 0, prepared once.
  /// - Throws: where the system cannot be prepared.
  func makeSolve(identity a: Double, laplacian b: Double) throws -> any FieldSolve
}

/// u = (a + b L)⁻¹ f for fixed a and b. It owns scratch, so it belongs to one caller at a time.
public protocol FieldSolve: AnyObject {
  /// Writes u; returns Σ wᵢ uᵢ (L u)ᵢ. The fields do not overlap; u holds a guess, which iterations begin with.
  /// - Throws: where an iteration does not converge.
  func solve(_ f: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) throws -> Double

  /// Σ wᵢ uᵢ (L u)ᵢ
  func form(_ u: UnsafePointer<Double>) -> Double
}

extension FieldLaplacian {
  /// The number of points.
  public var count: Int { shape.reduce(1, *) }
}
