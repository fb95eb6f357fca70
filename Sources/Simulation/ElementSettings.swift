import Equations
import FiniteElements
import Geometry

/// Finite elements by their names and numbers, as run folders state them; the mesh is a file of its own.
public struct ElementSettings: Codable, Equatable, Sendable {
  /// The order of the elements.
  public var order: Int
  /// "streamline", or nil for none.
  public var stabilization: String?
  /// Which boundaries of the mesh the problem's conditions mean.
  public var boundaries: [String: [String]]
  /// Whether the mesh was given, not made from the problem's domain.
  public var isMeshGiven: Bool

  init(_ method: FiniteElementMethod) {
    order = method.order
    stabilization = method.stabilization == .streamline ? "streamline" : nil
    boundaries = method.placement.boundaries
    isMeshGiven = method.placement.mesh != nil
  }

  /// The method on a mesh, or with the given vertices along the axes of a box.
  func method(mesh: Mesh?, points: [Int]) -> FiniteElementMethod {
    var method = FiniteElementMethod(
      mesh: isMeshGiven ? mesh : nil, boundaries: boundaries, order: order,
      stabilization: stabilization == nil ? .none : .streamline)
    method.points = points
    return method
  }
}

extension MethodSettings {
  init(_ method: FiniteElementMethod) {
    self.init(name: method.name, points: method.points, elements: ElementSettings(method))
  }
}
