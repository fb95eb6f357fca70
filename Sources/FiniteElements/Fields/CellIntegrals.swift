import Equations
import Geometry
import Tensors

/// Integrals of formulas over every cell, or over the sides of cells on a part of the boundary: assembly into functions
/// that are constant in each cell.
public final class CellIntegrals: @unchecked Sendable {
  // Unchecked: the assembler holds scratch; one evaluation at a time.

  private let space: MixedSpace
  private let assembler: Assembler
  private let count: Int
  private let stateCount: Int

  /// Prepares integrals over a system's unknowns.
  ///
  /// - Parameters:
  ///   - formulas: Nodes over jets up to second order, coordinates, time and, on boundaries, normals; see
  ///     `PDESystem.lowered(_:onBoundary:)`.
  ///   - place: Where to integrate.
  ///   - degree: The quadrature degree; by default the estimate from the formulas, at least that of the elements squared.
  /// - Throws: ``EquationError`` when a formula cannot be evaluated, `MeshError` when there is no such boundary.
  public init(
    _ system: FiniteElementSystem, _ formulas: [Node], over place: WeakForm.Place = .cells, degree: Int? = nil
  ) throws {
    let own = system.space
    count = formulas.count
    stateCount = own.dofCount
    let components =
      system.space.fields.map { field in
        MixedSpace.Component(field.name, field.space.family, group: field.group)
      } + formulas.indices.map { MixedSpace.Component("integral \($0)", .discontinuous(0)) }
    space = try MixedSpace(own.mesh, components, topology: own.topology)
    let n = components.count
    let pattern = try AssemblyPattern(
      space, couples: Array(repeating: Array(repeating: false, count: n), count: n), pool: system.pool)
    let first = own.fields.count
    let empty = Array(repeating: Node.zero, count: own.mesh.dimension)
    let request = AssemblyRequest(
      place: place, matrix: [:],
      vector: Dictionary(
        uniqueKeysWithValues: formulas.enumerated().map { (first + $0, [$1] + empty) }))
    assembler = try Assembler(pattern, [request], degree: degree, pool: system.pool)
  }

  /// The integrals for a state: one array per formula with one number per cell.
  public func values(_ state: [Double], rate: [Double]? = nil, time: Double = 0) -> [[Double]] {
    precondition(state.count == stateCount, "\(state.count) values for \(stateCount) degrees of freedom")
    var vector = [Double](repeating: 0, count: space.dofCount)
    state.withUnsafeBufferPointer { state in
      vector.withUnsafeMutableBufferPointer { vector in
        if let rate {
          rate.withUnsafeBufferPointer {
            assembler.run(
              AssemblyTargets(vector: vector.baseAddress, state: state.baseAddress, rate: $0.baseAddress),
              time: time)
          }
        } else {
          assembler.run(AssemblyTargets(vector: vector.baseAddress, state: state.baseAddress), time: time)
        }
      }
    }
    return space.fields.suffix(count).map { field in
      // One degree of freedom per cell, though not in their order.
      field.space.blocks.flatMap { block in
        (0..<block.cellCount).map { vector[field.index(Int(block.dofs.pointer[$0]))] }
      }
    }
  }

  /// The integrals over the whole place, one per formula.
  public func totals(_ state: [Double], time: Double = 0) -> [Double] {
    values(state, time: time).map { $0.reduce(0, +) }
  }
}
