import Algebra
import Tensors
import Testing

@Suite("Algebraic multigrid")
struct AlgebraicMultigridTests {
  func buffer(_ elements: [Double]) -> Buffer<Double> {
    let result = Buffer<Double>(uninitialized: elements.count)
    for (i, x) in elements.enumerated() { result.pointer[i] = x }
    return result
  }

  static func iterations(
    _ matrix: SparseMatrix<Double>, _ method: any Preconditioner, projecting: Bool = false, seed: UInt32 = 1
  ) throws -> Int {
    let prepared = try method.prepare(matrix, pool: .shared)
    let result = plainCG(
      matrix.makeAction(pool: .shared), prepared.makeAction(pool: .shared),
      congruentialNoise(matrix.rows, seed: seed), projecting: projecting)
    #expect(result.residual < 1.1e-8)
    return result.iterations
  }

  static func laplacian(_ n: Int, _ dimension: Int, diffusion: GridCoefficient = .constant(1)) throws
    -> SparseMatrix<Double>
  {
    try GridOperator<Double>(
      axes: (0..<dimension).map { _ in GridAxis(count: n, spacing: 1) }, diffusion: diffusion
    ).assembled()
  }

  /// P1 stiffness of a disc of rings of triangles, with boundary values given, nodes in random order, and a coefficient
  /// that jumps between patches.
  static func disc(rings: Int, contrast: Double, seed: UInt64) -> SparseMatrix<Double> {
    var stream = RandomStream(seed: seed)
    var (x, y, starts): ([Double], [Double], [Int]) = ([0], [0], [0, 1])
    for ring in 1...rings {
      for j in 0..<6 * ring {
        let shift = ring < rings ? (0.4 * stream.nextUniform() - 0.2) : 0
        let radius = (Double(ring) + shift) / Double(rings)
        let angle = 2 * Double.pi * (Double(j) + (0.4 * stream.nextUniform() - 0.2)) / Double(6 * ring)
        x.append(radius * Double.cos(angle))
        y.append(radius * Double.sin(angle))
      }
      starts.append(x.count)
    }
    var triangles = (0..<6).map { [0, 1 + $0, 1 + ($0 + 1) % 6] }
    for ring in 2...rings {
      let (inner, outer, a, b) = (starts[ring - 1], starts[ring], 6 * (ring - 1), 6 * ring)
      var (i, j) = (0, 0)
      while i < a || j < b {
        if j < b && (i >= a || (j + 1) * a <= (i + 1) * b) {
          triangles.append([inner + i % a, outer + j % b, outer + (j + 1) % b])
          j += 1
        } else {
          triangles.append([inner + i % a, outer + j % b, inner + (i + 1) % a])
          i += 1
        }
      }
    }
    let count = starts[rings]
    var number = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      number.swapAt(i, Int(Double(i) * stream.nextUniform()))
    }
    var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
    for nodes in triangles {
      let (px, py) = (nodes.map { x[$0] }, nodes.map { y[$0] })
      let (cx, cy) = ((px[0] + px[1] + px[2]) / 3, (py[0] + py[1] + py[2]) / 3)
      let patch = Int((6 * cx).rounded(.down)) + Int((6 * cy).rounded(.down))
      let k = patch & 1 == 0 ? contrast : 1
      let area = (px[1] - px[0]) * (py[2] - py[0]) - (px[2] - px[0]) * (py[1] - py[0])
      for m in 0..<3 where nodes[m] < count {
        for n in 0..<3 where nodes[n] < count {
          let (p, q, r, s) = ((m + 1) % 3, (m + 2) % 3, (n + 1) % 3, (n + 2) % 3)
          let edges = (px[q] - px[p]) * (px[s] - px[r]) + (py[q] - py[p]) * (py[s] - py[r])
          rows.append(Int32(number[nodes[m]]))
          columns.append(Int32(number[nodes[n]]))
          values.append(k * edges / (2 * abs(area)))
        }
      }
    }
    return try! SparseMatrix(
      rows: count, columns: count, rowIndices: rows, columnIndices: columns, values: values)
  }

  /// Plane elasticity on a grid of springs along edges and diagonals: two unknowns per node, clamped at one side.
  static func springs(_ n: Int) -> (matrix: SparseMatrix<Double>, nullSpace: [[Double]]) {
    var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
    func node(_ i: Int, _ j: Int) -> Int { (i - 1) * n + j }
    func add(_ i: Int, _ j: Int, _ k: Int, _ l: Int) {
      let (dx, dy) = (Double(k - i), Double(l - j))
      let square = dx * dx + dy * dy
      let block = [[dx * dx / square, dx * dy / square], [dx * dy / square, dy * dy / square]]
      for (a, sa) in [((i, j), 1.0), ((k, l), -1.0)] where a.0 > 0 {
        for (b, sb) in [((i, j), 1.0), ((k, l), -1.0)] where b.0 > 0 {
          for c in 0..<2 {
            for d in 0..<2 {
              rows.append(Int32(2 * node(a.0, a.1) + c))
              columns.append(Int32(2 * node(b.0, b.1) + d))
              values.append(sa * sb * block[c][d])
            }
          }
        }
      }
    }
    for i in 0...n {
      for j in 0..<n {
        if i < n { add(i, j, i + 1, j) }
        if j + 1 < n && i > 0 { add(i, j, i, j + 1) }
        if i < n && j + 1 < n {
          add(i, j, i + 1, j + 1)
          add(i, j + 1, i + 1, j)
        }
      }
    }
    let count = 2 * n * n
    var rotation = [Double](repeating: 0, count: count)
    for i in 1...n {
      for j in 0..<n { (rotation[2 * node(i, j)], rotation[2 * node(i, j) + 1]) = (Double(-j), Double(i)) }
    }
    let matrix = try! SparseMatrix(
      rows: count, columns: count, rowIndices: rows, columnIndices: columns, values: values)
    let translations = (0..<2).map { k in (0..<count).map { $0 % 2 == k ? 1.0 : 0 } }
    return (matrix, translations + [rotation])
  }

  @Test("iterations on the Laplacian hardly grow with the grid")
  func growth() throws {
    for (dimension, sizes) in [(2, [40, 80, 160]), (3, [12, 24, 36])] {
      let found = try sizes.map { try Self.iterations(Self.laplacian($0, dimension), SmoothedAggregation()) }
      #expect(found.max()! <= 13)
      #expect(found.last! <= found.first! + 3)
      // Strong enough to converge without CG too: the bound of each cycle is 1/2 in the theory's best case.
      let twice = try Self.iterations(Self.laplacian(sizes[1], dimension), SmoothedAggregation(sweeps: 2))
      #expect(twice < found[1])
    }
  }

  @Test("coefficients that jump on unstructured meshes", arguments: [1, 1e2, 1e4, 1e6])
  func jumps(contrast: Double) throws {
    let matrix = Self.disc(rings: 40, contrast: contrast, seed: 5)
    #expect(try Self.iterations(matrix, SmoothedAggregation()) <= 30)
    #expect(try Self.iterations(matrix, SmoothedAggregation(cycle: .w)) <= 30)
  }

  @Test("anisotropy is met by strength of connection")
  func anisotropy() throws {
    let matrix = try Self.laplacian(80, 2, diffusion: .perAxis([1, 1e-3]))
    #expect(try Self.iterations(matrix, SmoothedAggregation()) <= 25)
  }

  @Test("near-null vectors of elasticity")
  func elasticity() throws {
    let (matrix, nullSpace) = Self.springs(36)
    let plain = try Self.iterations(matrix, SmoothedAggregation())
    let method = SmoothedAggregation(blockSize: 2, nearNullSpace: nullSpace)
    let rigid = try Self.iterations(matrix, method)
    #expect(rigid <= 25 && rigid < plain)
  }

  @Test("a singular matrix, and one with rows of its own")
  func degenerate() throws {
    let axes = [
      GridAxis(count: 40, spacing: 1, boundary: .neumann),
      GridAxis(count: 30, spacing: 1, boundary: .neumann),
    ]
    let neumann = try GridOperator<Double>(axes: axes, placement: .cells).assembled()
    #expect(try Self.iterations(neumann, SmoothedAggregation(), projecting: true) <= 14)
    var (rows, values): ([Int32], [Double]) = ([], [])
    let n = 5000
    for i in 0..<n {
      rows.append(Int32(i))
      values.append(Double(1 + i % 9))
    }
    let diagonal = try SparseMatrix(
      rows: n, columns: n, rowIndices: rows, columnIndices: rows, values: values)
    #expect(try Self.iterations(diagonal, SmoothedAggregation()) <= 2)
    #expect(try Self.iterations(diagonal, ClassicalMultigrid()) <= 2)
    #expect(try Self.iterations(neumann, ClassicalMultigrid(), projecting: true) <= 14)
  }

  @Test("the hierarchy is symmetric and has the same bits for any number of threads")
  func symmetryAndThreads() throws {
    let matrix = Self.disc(rings: 120, contrast: 1e4, seed: 2)
    let (x, y) = (congruentialNoise(matrix.rows, seed: 3), congruentialNoise(matrix.rows, seed: 4))
    for method in [SmoothedAggregation(), SmoothedAggregation(sweeps: 2, cycle: .w)] {
      let results = try [1, 2, 3].map { threads in
        let pool = WorkerPool(threads: threads)
        return try method.prepare(matrix, pool: pool).multiply(x, pool: pool)
      }
      #expect(results[0] == results[1] && results[0] == results[2])
      let my = try method.prepare(matrix, pool: .shared).multiply(y)
      let n = x.count
      let (a, b) = (Double.dot(results[0], y, count: n), Double.dot(my, x, count: n))
      #expect(abs(a - b) < 1e-4 * Double.dot(results[0], x, count: n))
    }
  }

  @Test("an update for a matrix on the same pattern is the set-up of it")
  func update() throws {
    let matrix = try Self.laplacian(60, 2)
    let prepared = try SmoothedAggregation().prepare(matrix, pool: .shared)
    let doubled = matrix.withValues(buffer(matrix.values.elements.map { 4 * $0 }))
    let x = congruentialNoise(matrix.rows)
    let again = try prepared.updated(doubled, pool: .shared)
    #expect(again.multiply(x) == prepared.multiply(x).map { $0 / 4 })
    #expect(again.multiply(x) == (try SmoothedAggregation().prepare(doubled, pool: .shared)).multiply(x))
    #expect(prepared.statistics.levels >= 3)
    #expect(prepared.statistics.operatorComplexity > 1 && prepared.statistics.operatorComplexity < 2)
    #expect(prepared.statistics.gridComplexity > 1 && prepared.statistics.gridComplexity < 1.5)
  }

  @Test("aggregates of aggregates make cheaper levels and more iterations")
  func aggressive() throws {
    let matrix = try Self.laplacian(100, 2)
    let (plain, aggressive) = (SmoothedAggregation(), SmoothedAggregation(aggressiveLevels: 1))
    let found = try Self.iterations(matrix, aggressive)
    #expect(try found > Self.iterations(matrix, plain) && found <= 80)
    let complexities = try [plain, aggressive].map {
      try $0.prepare(matrix, pool: .shared).statistics.operatorComplexity
    }
    #expect(complexities[1] < complexities[0])
  }

  @Test("classical multigrid on grids and meshes")
  func classical() throws {
    for matrix in [
      try Self.laplacian(100, 2), try Self.laplacian(24, 3), Self.disc(rings: 40, contrast: 1e4, seed: 5),
    ] {
      #expect(try Self.iterations(matrix, ClassicalMultigrid()) <= 20)
      #expect(try Self.iterations(matrix, ClassicalMultigrid(interpolation: .direct)) <= 40)
      #expect(try Self.iterations(matrix, ClassicalMultigrid(cycle: .w)) <= 20)
    }
    let anisotropic = try Self.laplacian(80, 2, diffusion: .perAxis([1, 1e-3]))
    #expect(try Self.iterations(anisotropic, ClassicalMultigrid()) <= 20)
    let matrix = try Self.laplacian(150, 2)
    let x = congruentialNoise(matrix.rows)
    let results = try [1, 3].map { threads in
      let pool = WorkerPool(threads: threads)
      return try ClassicalMultigrid().prepare(matrix, pool: pool).multiply(x, pool: pool)
    }
    #expect(results[0] == results[1])
  }

  @Test("matrices that cannot be taken are refused")
  func refusals() throws {
    let zero = try SparseMatrix<Double>(
      rows: 2, columns: 2, rowStarts: [0, 1, 2], columnIndices: [0, 1], values: [1, 0])
    #expect(throws: SparseMatrixError.zeroDiagonal(row: 1, purpose: "smoothed aggregation")) {
      try SmoothedAggregation().prepare(zero, pool: .shared)
    }
    let wide = try SparseMatrix<Double>(
      rows: 1, columns: 2, rowStarts: [0, 1], columnIndices: [0], values: [1])
    #expect(throws: SparseMatrixError.self) { try SmoothedAggregation().prepare(wide, pool: .shared) }
    let good = try Self.laplacian(5, 1)
    #expect(throws: SparseMatrixError.self) {
      try SmoothedAggregation(blockSize: 2).prepare(good, pool: .shared)
    }
    let bad = good.withValues(buffer(good.values.elements.map { $0 > 0 ? Double.nan : $0 }))
    #expect(throws: SparseMatrixError.self) { try SmoothedAggregation().prepare(bad, pool: .shared) }
  }
}
