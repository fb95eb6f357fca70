import Tensors

/// Finds the cell that contains a point, and the point's reference coordinates therein.
///
/// A tree of bounding boxes over the cells in the order of a space-filling curve (Morton 1966): four boxes to a parent,
/// built bottom-up in one pass (as Lauterbach et al. 2009, "Fast BVH construction on GPUs").
public final class MeshLocator: Sendable {
  /// Where a point is.
  public struct Location: Sendable, Hashable {
    /// The cell, counted through all blocks.
    public var cell: Int
    /// The block of the cell.
    public var block: Int
    /// The number of the cell in its block.
    public var element: Int
    /// The reference coordinates, 0 beyond the dimension.
    public var reference: SIMD3<Double>
  }

  /// The mesh.
  public let mesh: Mesh
  private let cellStarts: [Int]
  /// Cells along the curve.
  private let order: [Int32]
  /// The boxes of each level, `2 dimension` numbers each (lower corner, upper corner); level 0 is that of cells in order.
  private let levels: [[Double]]
  private let functions: [CellFunctions]
  private static let arity = 4
  /// How far outside of a cell, in reference coordinates, rounding may put a point of it.
  private static let tolerance = 1e-9

  /// A tree for `mesh`.
  ///
  /// - Throws: ``MeshError`` where there are no cells or indices are out of range.
  public init(_ mesh: Mesh) throws(MeshError) {
    try mesh.checkArrays()
    self.mesh = mesh
    cellStarts = mesh.cells.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    functions = mesh.cells.map { CellFunctions($0.shape, order: $0.order) }
    let boxes = Self.boxes(mesh)
    let order = Self.curve(boxes, mesh.dimension)
    let width = 2 * mesh.dimension
    var level: [Double] = []
    level.reserveCapacity(boxes.count)
    for cell in order { level += boxes[(width * Int(cell))..<(width * Int(cell) + width)] }
    var levels = [level]
    while levels[levels.count - 1].count > width {
      levels.append(Self.parents(levels[levels.count - 1], mesh.dimension))
    }
    self.order = order
    self.levels = levels
  }

  /// The cell that contains a point, or nil outside of the mesh. Of several cells that share the point, the choice is
  /// fixed but arbitrary.
  ///
  /// - Parameter point: `dimension` coordinates.
  public func locate(_ point: some Collection<Double>) -> Location? {
    precondition(
      point.count == mesh.dimension, "a point of \(point.count) coordinates in \(mesh.dimension) dimensions")
    var x = SIMD3<Double>.zero
    for (axis, value) in point.enumerated() { x[axis] = value }
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 27) { values in
      withUnsafeTemporaryAllocation(of: SIMD3<Double>.self, capacity: 27) { gradients in
        locate(x, values.baseAddress.unsafelyUnwrapped, gradients.baseAddress.unsafelyUnwrapped)
      }
    }
  }

  /// The cells that contain points, on all threads.
  ///
  /// - Parameter points: `dimension` coordinates per point.
  public func locate(points: [Double]) -> [Location?] {
    precondition(
      points.count % mesh.dimension == 0,
      "\(points.count) coordinates of points in \(mesh.dimension) dimensions")
    let (d, tile) = (mesh.dimension, 512)
    let count = points.count / d
    return [Location?](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Each tile writes its own range.
      nonisolated(unsafe) let target = buffer
      WorkerPool.shared.forEach(tiles: (count + tile - 1) / tile) { index, _ in
        for i in (index * tile)..<min((index + 1) * tile, count) {
          (target.baseAddress.unsafelyUnwrapped + i).initialize(to: locate(points[(d * i)..<(d * i + d)]))
        }
      }
      initialized = count
    }
  }

  // MARK: - Search

  private func locate(
    _ x: SIMD3<Double>, _ values: UnsafeMutablePointer<Double>,
    _ gradients: UnsafeMutablePointer<SIMD3<Double>>
  ) -> Location? {
    var best: Location?
    var excess = Self.tolerance
    withUnsafeTemporaryAllocation(of: (Int32, Int32).self, capacity: 128) { stack in
      var top = 0
      if contains(levels.count - 1, 0, x) {
        stack[0] = (Int32(levels.count - 1), 0)
        top = 1
      }
      while top > 0 {
        top -= 1
        let (level, node) = (Int(stack[top].0), Int(stack[top].1))
        if level == 0 {
          let cell = Int(order[node])
          let (found, outside) = reference(of: x, in: cell, values, gradients)
          if outside < excess {
            (best, excess) = (found, outside)
            if outside <= 0 { break }
          }
          continue
        }
        let first = node * Self.arity
        let end = min(first + Self.arity, levels[level - 1].count / (2 * mesh.dimension))
        for child in (first..<end).reversed() where contains(level - 1, child, x) {
          stack[top] = (Int32(level - 1), Int32(child))
          top += 1
        }
      }
    }
    return best
  }

  @inline(__always)
  private func contains(_ level: Int, _ node: Int, _ x: SIMD3<Double>) -> Bool {
    let d = mesh.dimension
    return levels[level].withUnsafeBufferPointer { boxes in
      for axis in 0..<d {
        // Written so that a point that is no number lies in no box.
        guard boxes[2 * d * node + axis] <= x[axis], x[axis] <= boxes[2 * d * node + d + axis] else {
          return false
        }
      }
      return true
    }
  }

  /// Reference coordinates by Newton's method, one step of which suffices for linear simplices, and how far they lie
  /// outside of the cell.
  private func reference(
    of x: SIMD3<Double>, in cell: Int, _ values: UnsafeMutablePointer<Double>,
    _ gradients: UnsafeMutablePointer<SIMD3<Double>>
  ) -> (Location, outside: Double) {
    var block = 0
    while cell >= cellStarts[block + 1] { block += 1 }
    let element = cell - cellStarts[block]
    let function = functions[block]
    let d = mesh.dimension
    var xi = function.centre
    let isAffine = mesh.cells[block].shape.isSimplex && mesh.cells[block].order == 1
    mesh.cells[block].nodes.withUnsafeBufferPointer { nodes in
      mesh.coordinates.withUnsafeBufferPointer { coordinates in
        let first = element * function.nodeCount
        for _ in 0..<(isAffine ? 1 : 30) {
          function.evaluate(at: xi, values, gradients)
          var residual = x
          // Columns of the Jacobian; the identity beyond the dimension.
          var a = SIMD3<Double>(0, 0, 0)
          var b = SIMD3<Double>(0, d < 2 ? 1 : 0, 0)
          var c = SIMD3<Double>(0, 0, d < 3 ? 1 : 0)
          for n in 0..<function.nodeCount {
            let p = d * Int(nodes[first + n])
            let node = SIMD3(coordinates[p], d > 1 ? coordinates[p + 1] : 0, d > 2 ? coordinates[p + 2] : 0)
            residual -= values[n] * node
            a += gradients[n].x * node
            b += gradients[n].y * node
            c += gradients[n].z * node
          }
          let (bc, ca, ab) = (Self.cross(b, c), Self.cross(c, a), Self.cross(a, b))
          let determinant = (a * bc).sum()
          let step =
            SIMD3((residual * bc).sum(), (residual * ca).sum(), (residual * ab).sum()) / determinant
          xi += step
          let size = max(abs(step.x), abs(step.y), abs(step.z))
          // A search that leaves the cell by far, or meets a singular Jacobian, is about another cell.
          if !(size < 1e3) { xi = SIMD3(repeating: .infinity) }
          if !(size > 1e-13) || !(size < 1e3) { break }
        }
      }
    }
    for axis in d..<3 { xi[axis] = 0 }
    var outside = -Double.infinity
    var sum = 0.0
    for axis in 0..<d {
      outside = max(outside, -xi[axis], mesh.cells[block].shape.isSimplex ? -.infinity : xi[axis] - 1)
      sum += xi[axis]
    }
    if mesh.cells[block].shape.isSimplex { outside = max(outside, sum - 1) }
    if !outside.isFinite { outside = .infinity }
    return (Location(cell: cell, block: block, element: element, reference: xi), outside)
  }

  @inline(__always)
  private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }

  // MARK: - Tree

  /// The bounding box of each cell, a little enlarged; that of a curved cell twice as large as that of its nodes, since
  /// the Lebesgue constant of its functions, which bounds how far it leaves its nodes, is at most 1.25 cubed.
  private static func boxes(_ mesh: Mesh) -> [Double] {
    let d = mesh.dimension
    var boxes: [Double] = []
    boxes.reserveCapacity(2 * d * mesh.cellCount)
    for block in mesh.cells {
      let size = block.nodesPerElement
      let margin = block.order == 2 ? 0.5 : 1e-8
      block.nodes.withUnsafeBufferPointer { nodes in
        mesh.coordinates.withUnsafeBufferPointer { x in
          for element in 0..<block.count {
            var lower = SIMD3<Double>(repeating: .infinity)
            var upper = SIMD3<Double>(repeating: -.infinity)
            for n in 0..<size {
              let p = d * Int(nodes[element * size + n])
              for axis in 0..<d {
                lower[axis] = min(lower[axis], x[p + axis])
                upper[axis] = max(upper[axis], x[p + axis])
              }
            }
            let longest = (0..<d).reduce(0) { max($0, upper[$1] - lower[$1]) }
            for axis in 0..<d { boxes.append(lower[axis] - margin * longest) }
            for axis in 0..<d { boxes.append(upper[axis] + margin * longest) }
          }
        }
      }
    }
    return boxes
  }

  /// The cells in the order of the curve through the middles of their boxes.
  private static func curve(_ boxes: [Double], _ d: Int) -> [Int32] {
    let count = boxes.count / (2 * d)
    var lower = [Double](repeating: .infinity, count: d)
    var upper = [Double](repeating: -.infinity, count: d)
    for i in 0..<count {
      for axis in 0..<d {
        let middle = (boxes[2 * d * i + axis] + boxes[2 * d * i + d + axis]) / 2
        (lower[axis], upper[axis]) = (min(lower[axis], middle), max(upper[axis], middle))
      }
    }
    let bits = d == 3 ? 21 : 31
    let scale = (0..<d).map { axis in
      let width = upper[axis] - lower[axis]
      return width > 0 && width.isFinite ? Double((1 << bits) - 1) / width : 0
    }
    var keys: [(code: UInt64, cell: Int32)] = []
    keys.reserveCapacity(count)
    for i in 0..<count {
      var code: UInt64 = 0
      for axis in 0..<d {
        let middle = (boxes[2 * d * i + axis] + boxes[2 * d * i + d + axis]) / 2
        let place = (middle - lower[axis]) * scale[axis]
        let digits = UInt64(place.isFinite ? min(max(place, 0), Double((1 << bits) - 1)) : 0)
        code |= (d == 3 ? spreadByThree(digits) : d == 2 ? spreadByTwo(digits) : digits) << UInt64(axis)
      }
      keys.append((code, Int32(i)))
    }
    keys.sort { ($0.code, $0.cell) < ($1.code, $1.cell) }
    return keys.map(\.cell)
  }

  /// Bits of a number moved to every second, or every third place.
  private static func spreadByTwo(_ value: UInt64) -> UInt64 {
    var x = value & 0x7fff_ffff
    x = (x | x << 16) & 0x0000_ffff_0000_ffff
    x = (x | x << 8) & 0x00ff_00ff_00ff_00ff
    x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f
    x = (x | x << 2) & 0x3333_3333_3333_3333
    return (x | x << 1) & 0x5555_5555_5555_5555
  }

  private static func spreadByThree(_ value: UInt64) -> UInt64 {
    var x = value & 0x1f_ffff
    x = (x | x << 32) & 0x001f_0000_0000_ffff
    x = (x | x << 16) & 0x001f_0000_ff00_00ff
    x = (x | x << 8) & 0x100f_00f0_0f00_f00f
    x = (x | x << 4) & 0x10c3_0c30_c30c_30c3
    return (x | x << 2) & 0x1249_2492_4924_9249
  }

  private static func parents(_ level: [Double], _ d: Int) -> [Double] {
    let width = 2 * d
    let count = level.count / width
    var result: [Double] = []
    result.reserveCapacity(width * (count + arity - 1) / arity)
    for first in stride(from: 0, to: count, by: arity) {
      let group = first..<min(first + arity, count)
      for axis in 0..<d { result.append(group.reduce(Double.infinity) { min($0, level[width * $1 + axis]) }) }
      for axis in 0..<d {
        result.append(group.reduce(-Double.infinity) { max($0, level[width * $1 + d + axis]) })
      }
    }
    return result
  }
}
