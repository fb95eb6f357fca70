import Geometry

/// Several scalar unknowns, each in a function space of its own, that share one vector of degrees of freedom.
///
/// Components of a vector alternate: degree of freedom `dof` of component c of d stands at `first + d · dof + c`, so that
/// solvers find small blocks. Pairs of spaces such as Taylor–Hood's (Taylor & Hood 1973), velocities of order k + 1 and a
/// pressure of order k, are lists of components.
public final class MixedSpace: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// One scalar unknown to be placed.
  public struct Component: Hashable, Sendable {
    /// The name in messages and output.
    public var name: String
    /// The kind of element.
    public var family: ElementFamily
    /// Neighbouring components with equal groups and elements are parts of one vector.
    public var group: Int

    /// A component; by default every one is on its own.
    public init(_ name: String, _ family: ElementFamily, group: Int = -1) {
      (self.name, self.family, self.group) = (name, family, group)
    }
  }

  /// One scalar unknown in its place.
  public struct Field: Sendable {
    /// The name in messages and output.
    public let name: String
    /// The space.
    public let space: FunctionSpace
    /// Where the field's first degree of freedom stands.
    public let first: Int
    /// The distance between neighbouring degrees of freedom.
    public let stride: Int
    /// The group of the component that it was.
    let group: Int
    /// The number of the field's space among the distinct ones.
    let spaceIndex: Int

    /// Where a degree of freedom of the space stands.
    public func index(_ dof: Int) -> Int { first + stride * dof }
  }

  /// The mesh.
  public let mesh: Mesh
  /// The unknowns.
  public let fields: [Field]
  /// The number of degrees of freedom of all unknowns.
  public let dofCount: Int
  let topology: MeshTopology
  /// The order in which the cells of each block are taken, where it is not their own.
  let cellOrders: [[Int]?]
  /// The distinct spaces.
  let spaces: [FunctionSpace]
  /// Random fields in formulas.
  let random: RandomFieldTable

  /// The spaces of some components on a mesh.
  ///
  /// - Parameter random: What draws the random fields in formulas.
  /// - Throws: ``FiniteElementError`` when a shape does not admit an element, `MeshError` when the mesh is none.
  public init(
    _ mesh: Mesh, _ components: [Component], topology: MeshTopology? = nil, random: RandomFieldSource? = nil
  ) throws {
    self.random = RandomFieldTable(mesh, random)
    let topology = try topology ?? MeshTopology(mesh)
    self.mesh = mesh
    self.topology = topology
    cellOrders = CellOrder.orders(mesh)
    var spaces: [FunctionSpace] = []
    var fields: [Field] = []
    var next = 0
    var i = 0
    while i < components.count {
      let family = components[i].family
      let s: Int
      if let known = spaces.firstIndex(where: { $0.family == family }) {
        s = known
      } else {
        s = spaces.count
        spaces.append(try FunctionSpace(mesh, family, topology: topology, orders: cellOrders))
      }
      var end = i + 1
      while end < components.count, components[end].group >= 0, components[end].group == components[i].group,
        components[end].family == family
      { end += 1 }
      for c in i..<end {
        fields.append(
          Field(
            name: components[c].name, space: spaces[s], first: next + c - i, stride: end - i,
            group: components[c].group, spaceIndex: s))
      }
      next += (end - i) * spaces[s].dofCount
      i = end
    }
    guard next <= Int(Int32.max) else {
      throw FiniteElementError("\(next) degrees of freedom exceed 32-bit numbers: use a coarser mesh")
    }
    (self.spaces, self.fields, dofCount) = (spaces, fields, next)
  }
}
