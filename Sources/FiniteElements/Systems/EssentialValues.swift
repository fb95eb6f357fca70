import Algebra
import Equations
import Geometry
import Tensors

/// Degrees of freedom that boundary conditions prescribe, and the elimination of their rows and columns.
final class EssentialValues: @unchecked Sendable {
  // Unchecked: `values` and the programs' times change between solves only.

  /// Prescribed degrees of freedom, ascending.
  let dofs: [Int]
  /// Whether each degree of freedom is prescribed.
  let isPrescribed: [Bool]
  /// For each prescribed one, the condition and its point.
  private let sources: [Int]
  private let programs: [PointwiseProgram]
  private let coordinates: [[Double]]
  private let dependsOnTime: Bool
  private var values: [Double] = []
  private var time = Double.nan
  private let pattern: SparsityPattern
  /// For each entry of a prescribed row outside the diagonal, its position and that of the transposed entry.
  private let rowPositions: [Int32]
  private let columnPositions: [Int32]
  private let rowEnds: [Int]
  private let diagonals: [Int]

  init(_ space: MixedSpace, _ conditions: [WeakProblem.EssentialCondition], pattern: SparsityPattern) throws {
    var owner: [Int: Int] = [:]
    var place: [Int: [Double]] = [:]
    let d = space.mesh.dimension
    for (c, condition) in conditions.enumerated() {
      let field = space.fields[condition.unknown]
      for (dof, point) in field.space.nodes(onFacets: try space.facets(at: condition.part)) {
        owner[field.index(Int(dof))] = c
        place[field.index(Int(dof))] = point
      }
    }
    let dofs = owner.keys.sorted()
    self.dofs = dofs
    var isPrescribed = [Bool](repeating: false, count: space.dofCount)
    for dof in dofs { isPrescribed[dof] = true }
    self.isPrescribed = isPrescribed
    sources = dofs.map { owner[$0]! }
    let axes = Axis.allCases.prefix(d).map { Node.coordinate($0) }
    programs = try conditions.map { condition in
      if condition.value.contains(where: { if case .random = $0 { true } else { false } }) {
        throw FiniteElementError(
          "a boundary condition contains a random field, which is not drawn on boundaries: give a formula of the coordinates"
        )
      }
      return try PointwiseProgram([condition.value], inputs: Array(axes))
    }
    dependsOnTime = conditions.contains { $0.value.dependsOnTime }
    coordinates = (0..<d).map { axis in dofs.map { place[$0]![axis] } }
    self.pattern = pattern
    var (rowPositions, columnPositions, ends, diagonals): ([Int32], [Int32], [Int], [Int]) = ([], [], [0], [])
    for dof in dofs {
      for p in pattern.entries(ofRow: dof) {
        let column = Int(pattern.columnIndices.pointer[p])
        if column == dof {
          diagonals.append(p)
          continue
        }
        rowPositions.append(Int32(p))
        columnPositions.append(Int32(pattern.position(row: column, column: dof) ?? -1))
      }
      ends.append(rowPositions.count)
    }
    (self.rowPositions, self.columnPositions, rowEnds, self.diagonals) = (
      rowPositions, columnPositions, ends, diagonals
    )
  }

  /// The prescribed values at a time, in the order of `dofs`.
  func values(at time: Double) -> [Double] {
    if !values.isEmpty, !dependsOnTime || self.time == time { return values }
    let byCondition = programs.map { $0.values(coordinates, count: dofs.count, time: time)[0] }
    values = sources.enumerated().map { byCondition[$1][$0] }
    self.time = time
    return values
  }

  /// Replaces prescribed rows and columns by multiples of those of the identity; the columns times `values` go to the
  /// right-hand side. Diagonal entries keep their size, so that the matrix stays as well conditioned as it is.
  ///
  /// - Parameter values: What the unknowns of this system take at prescribed places.
  func eliminate(
    _ matrix: UnsafeMutablePointer<Double>, _ vector: UnsafeMutablePointer<Double>?, values: [Double]
  ) {
    for (i, dof) in dofs.enumerated() {
      for k in rowEnds[i]..<rowEnds[i + 1] {
        let p = Int(columnPositions[k])
        guard p >= 0 else { continue }
        let row = Int(pattern.columnIndices.pointer[Int(rowPositions[k])])
        if let vector, !isPrescribed[row] { vector[row] -= matrix[p] * values[i] }
        matrix[p] = 0
      }
      for k in rowEnds[i]..<rowEnds[i + 1] { matrix[Int(rowPositions[k])] = 0 }
      if matrix[diagonals[i]] == 0 { matrix[diagonals[i]] = 1 }
      vector?[dof] = matrix[diagonals[i]] * values[i]
    }
  }
}

extension FunctionSpace {
  /// The degrees of freedom on given facets, ascending.
  func dofs(onFacets facets: [Int]) -> [Int] { nodes(onFacets: facets).keys.map(Int.init).sorted() }

  /// The degrees of freedom on given facets with the places of their nodes.
  func nodes(onFacets facets: [Int]) -> [Int32: [Double]] {
    var found: [Int32: [Double]] = [:]
    let d = mesh.dimension
    let tables = blocks.map { block in
      (
        shapes: block.geometry.element.values(at: block.element.nodes),
        sides: block.element.shape.facets.indices.map { block.element.nodes(onSide: $0) }
      )
    }
    for facet in facets {
      let (b, index) = topology.place(ofCell: Int(topology.facetCells[2 * facet]))
      let block = blocks[b]
      let (n, m) = (block.element.functionCount, block.geometry.nodeCount)
      for i in tables[b].sides[Int(topology.facetSides[2 * facet])] {
        let dof = block.dofs.pointer[index * n + i]
        guard found[dof] == nil else { continue }
        found[dof] = (0..<d).map { axis in
          (0..<m).reduce(0) {
            $0 + tables[b].shapes[i][$1]
              * coordinates.pointer[Int(block.points.pointer[index * m + $1]) * d + axis]
          }
        }
      }
    }
    return found
  }
}
