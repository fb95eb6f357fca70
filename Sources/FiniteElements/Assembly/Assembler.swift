import Algebra
import Equations
import Geometry
import Tensors

/// Assembles requests over a mixed space: into values on one sparsity pattern, and into vectors.
///
/// Plans, scratch memory and regions are made once; a pass allocates nothing. Cells are taken in chunks, chunks of one
/// colour at the same time: every entry is summed in the same order whatever the number of threads.
final class Assembler: @unchecked Sendable {
  // Unchecked: `targets` changes between passes only; scratch belongs to its worker. One pass at a time.

  private let space: MixedSpace
  let pattern: AssemblyPattern
  private let pool: WorkerPool
  /// Plans over cells by block, and plans over sides.
  private let cellPlans: [[BlockPlan]]
  private let sidePlans: [BlockPlan]
  private var cellScratch: [[[BlockScratch]]] = []
  private var sideScratch: [BlockScratch] = []
  private var regions: [ParallelRegion] = []
  private var targets = AssemblyTargets()

  /// - Parameter degree: The quadrature degree, or nil for the estimate.
  init(_ pattern: AssemblyPattern, _ requests: [AssemblyRequest], degree: Int?, pool: WorkerPool) throws {
    let space = pattern.space
    (self.space, self.pattern, self.pool) = (space, pattern, pool)
    var cellPlans = space.mesh.cells.map { _ in [BlockPlan]() }
    var sidePlans: [BlockPlan] = []
    for request in requests {
      let pairs = Array(request.matrix.keys)
      switch request.place {
      case .cells:
        for b in space.mesh.cells.indices where space.mesh.cells[b].count > 0 {
          let list = CellList(
            space, block: b, cells: space.cellOrders[b], pattern: pattern, pairs: pairs)
          cellPlans[b].append(
            try BlockPlan(
              space, block: b, side: nil, list: list, request: request,
              degree: degree ?? request.degree(space, block: b)))
        }
      case .boundary(let place):
        for (key, cells) in try space.cellsBySide(at: place) {
          let list = CellList(space, block: key.block, cells: cells, pattern: pattern, pairs: pairs)
          sidePlans.append(
            try BlockPlan(
              space, block: key.block, side: key.side, list: list, request: request,
              degree: degree ?? request.degree(space, block: key.block)))
        }
      }
    }
    (self.cellPlans, self.sidePlans) = (cellPlans, sidePlans)
    cellScratch = cellPlans.map { $0.map { plan in (0..<pool.threadCount).map { _ in BlockScratch(plan) } } }
    sideScratch = sidePlans.map(BlockScratch.init)
    regions = pattern.colors.map { chunks in
      ParallelRegion(tiles: chunks.count) { [unowned self] tile, worker in
        assemble(chunks[tile], worker)
      }
    }
  }

  private func assemble(_ chunk: AssemblyPattern.Chunk, _ worker: Int) {
    for (plan, scratch) in zip(cellPlans[chunk.block], cellScratch[chunk.block]) {
      plan.run(chunk.cells, targets, scratch[worker])
    }
  }

  /// Overwrites the targets with the sums of all requests.
  func run(_ targets: AssemblyTargets, time: Double) {
    self.targets = targets
    for plan in cellPlans.joined() { plan.setTime(time) }
    for plan in sidePlans { plan.setTime(time) }
    if let matrix = targets.matrix {
      let count = pattern.pattern.entryCount
      pool.forEach(tiles: (count + 65535) / 65536) { tile, _ in
        (matrix + tile * 65536).update(repeating: 0, count: min(65536, count - tile * 65536))
      }
    }
    targets.vector?.update(repeating: 0, count: space.dofCount)
    self.targets.rowStarts = UnsafePointer(pattern.pattern.rowStarts.pointer)
    for region in regions { pool.run(region) }
    for chunk in pattern.rest { assemble(chunk, 0) }
    for (plan, scratch) in zip(sidePlans, sideScratch) {
      plan.run(0..<plan.list.count, self.targets, scratch)
    }
    self.targets = AssemblyTargets()
  }
}

extension MixedSpace {
  /// A side of the cells of a block.
  struct SideKey: Hashable, Comparable {
    var block: Int
    var side: Int
    static func < (a: SideKey, b: SideKey) -> Bool { (a.block, a.side) < (b.block, b.side) }
  }

  /// The cells at a part of the boundary, by the side that lies on it, as numbers within their blocks.
  func cellsBySide(at place: WeakForm.BoundaryPart) throws -> [(key: SideKey, cells: [Int])] {
    var groups: [SideKey: [Int]] = [:]
    for facet in try facets(at: place) {
      let (block, index) = topology.place(ofCell: Int(topology.facetCells[2 * facet]))
      let key = SideKey(block: block, side: Int(topology.facetSides[2 * facet]))
      groups[key, default: []].append(index)
    }
    return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
  }

  /// The facets of a part of the boundary.
  ///
  /// - Throws: `MeshError` when the mesh has no boundary of that name.
  func facets(at part: WeakForm.BoundaryPart) throws -> [Int] {
    let all = part.names.isEmpty ? topology.boundaryFacets : try mesh.facets(.named(part.names), of: topology)
    guard !part.except.isEmpty else { return all.map(Int.init) }
    let others = Set(try mesh.facets(.named(part.except), of: topology))
    return all.filter { !others.contains($0) }.map(Int.init)
  }
}
