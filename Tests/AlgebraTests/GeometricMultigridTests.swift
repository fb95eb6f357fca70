import Algebra
import Tensors
import Testing

/// Preconditioned CG in its simplest form, so that counts of iterations do not depend on another part of the library.
func plainCG(
  _ a: LinearAction<Double>, _ m: LinearAction<Double>, _ b: [Double], tolerance: Double = 1e-8,
  limit: Int = 200,
  projecting: Bool = false
) -> (iterations: Int, residual: Double, solution: [Double]) {
  let n = b.count
  func dot(_ x: [Double], _ y: [Double]) -> Double { Double.dot(x, y, count: n) }
  func apply(_ action: LinearAction<Double>, _ x: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: n) { y, count in
      action.apply(x, to: y.baseAddress!)
      count = n
    }
  }
  func centred(_ x: [Double]) -> [Double] {
    let mean = x.reduce(0, +) / Double(n)
    return projecting ? x.map { $0 - mean } : x
  }
  var (x, r) = ([Double](repeating: 0, count: n), centred(b))
  let right = r
  let norm = dot(r, r).squareRoot()
  var (p, rz, iterations) = ([Double](), 1.0, 0)
  while dot(r, r).squareRoot() > tolerance * norm, iterations < limit {
    let z = centred(apply(m, r))
    let next = dot(r, z)
    p = iterations == 0 ? z : zip(z, p).map { $0 + next / rz * $1 }
    rz = next
    let q = apply(a, p)
    let alpha = rz / dot(p, q)
    for i in 0..<n { x[i] += alpha * p[i] }
    for i in 0..<n { r[i] -= alpha * q[i] }
    iterations += 1
  }
  let image = apply(a, x)
  let error = zip(right, image).map { $0 - $1 }
  return (iterations, dot(error, error).squareRoot() / norm, x)
}

/// The right-hand side of the iteration counts: a linear congruential generator, uniform on (−1, 1).
func congruentialNoise(_ count: Int, seed: UInt32 = 1) -> [Double] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return 2 * Double(state) / 4_294_967_296 - 1
  }
}

@Suite("Geometric multigrid")
struct GeometricMultigridTests {
  static func cube(_ n: Int, _ dimension: Int, _ boundary: GridBoundary = .dirichlet) -> [GridAxis] {
    (0..<dimension).map { _ in GridAxis(count: n, spacing: 1 / Double(n + 1), boundary: boundary) }
  }

  static func iterations(
    _ operation: GridOperator<Double>, _ settings: GeometricMultigrid, projecting: Bool = false,
    seed: UInt32 = 1
  ) throws -> Int {
    let prepared = try settings.prepare(operation)
    let result = plainCG(
      operation.makeAction(pool: .shared), prepared.makeAction(pool: .shared),
      congruentialNoise(operation.rows, seed: seed), projecting: projecting)
    #expect(result.residual < 1.1e-8)
    return result.iterations
  }

  // Counts of an independent program for V(1,1) and V(2,2) with damped Jacobi, which may be exceeded by 3 % + 2.
  @Test(
    "iterations of CG with V-cycles on the 5- and 7-point Laplacian",
    arguments: [
      (31, 2, 9, 7), (63, 2, 9, 7), (127, 2, 9, 7), (255, 2, 9, 7), (15, 3, 11, 7), (31, 3, 11, 8),
      (63, 3, 11, 8),
    ])
  func iterationCounts(n: Int, dimension: Int, one: Int, two: Int) throws {
    let operation = try GridOperator<Double>(axes: Self.cube(n, dimension))
    for (sweeps, reference) in [(1, one), (2, two)] {
      let found = try Self.iterations(operation, GeometricMultigrid(smoother: .jacobi, sweeps: sweeps))
      #expect(Double(found) <= 1.03 * Double(reference) + 2)
      // Better than Jacobi, as the theory of smoothing has it.
      #expect(try Self.iterations(operation, GeometricMultigrid(sweeps: sweeps)) <= found)
    }
  }

  @Test(
    "any number of unknowns, any cycle",
    arguments: [
      (1, 1), (2, 2), (3, 2), (20, 1), (37, 2), (64, 2), (100, 2), (128, 2), (24, 3), (30, 3), (33, 3),
    ])
  func anySize(n: Int, dimension: Int) throws {
    let operation = try GridOperator<Double>(axes: Self.cube(n, dimension))
    for cycle in [MultigridCycle.v, .w] {
      for smoother in [GridSmoother.redBlackGaussSeidel, .chebyshev, .jacobi] {
        let settings = GeometricMultigrid(cycle: cycle, smoother: smoother, sweeps: 2)
        #expect(try Self.iterations(operation, settings) <= 10)
      }
    }
  }

  static let mixedAxes: [[GridAxis]] = [
    [GridAxis(count: 9, spacing: 0.1, low: .dirichlet, high: .neumann)],
    [GridAxis(count: 8, spacing: 0.1, boundary: .periodic), GridAxis(count: 7, spacing: 0.2)],
    [
      GridAxis(count: 7, spacing: 0.1, boundary: .neumann),
      GridAxis(count: 6, spacing: 0.15, boundary: .dirichlet),
    ],
    [
      GridAxis(count: 5, spacing: 0.1, boundary: .periodic),
      GridAxis(count: 4, spacing: 0.1, boundary: .neumann),
      GridAxis(count: 6, spacing: 0.1, low: .neumann, high: .dirichlet),
    ],
  ]

  @Test("the stencil is its assembled matrix, which is symmetric", arguments: mixedAxes)
  func assembled(axes: [GridAxis]) throws {
    let count = axes.reduce(1) { $0 * $1.count }
    let field = congruentialNoise(count, seed: 3).map { 2 + $0 }
    for placement in [GridPlacement.vertices, .cells] {
      for diffusion in [GridCoefficient.constant(2), .perAxis(axes.map(\.spacing)), .perUnknown(field)] {
        for reaction in [GridCoefficient.constant(0), .constant(0.5), .perUnknown(field)] {
          let operation = try GridOperator<Double>(
            axes: axes, placement: placement, diffusion: diffusion, reaction: reaction)
          let matrix = operation.assembled()
          let x = congruentialNoise(count, seed: 5)
          #expect(distance(operation.multiply(x), matrix.multiply(x)) < 1e-11)
          for i in 0..<count { for j in 0..<i { #expect(abs(matrix[i, j] - matrix[j, i]) < 1e-12) } }
          let inverse = try Cholesky(
            Matrix((0..<count).map { i in (0..<count).map { matrix[i, $0] + (i == $0 ? 1e-3 : 0) } }))
          #expect(inverse.count == count)
        }
      }
    }
  }

  @Test("ends of all kinds, in both placements", arguments: [(32, 2), (45, 2), (15, 3)])
  func boundaries(n: Int, dimension: Int) throws {
    for ends in [
      (GridBoundary.neumann, GridBoundary.dirichlet), (.dirichlet, .neumann), (.periodic, .periodic),
      (.neumann, .neumann),
    ] {
      for placement in [GridPlacement.vertices, .cells] {
        let axes = (0..<dimension).map { axis in
          axis == 0
            ? GridAxis(count: n, spacing: 1 / Double(n), low: ends.0, high: ends.1)
            : GridAxis(
              count: n + axis, spacing: 1 / Double(n), boundary: ends.0 == .neumann ? .neumann : .periodic)
        }
        let operation = try GridOperator<Double>(axes: axes, placement: placement)
        let found = try Self.iterations(
          operation, GeometricMultigrid(sweeps: 2), projecting: operation.isSingular)
        #expect(found <= 14)
      }
    }
  }

  @Test("anisotropic and varying coefficients")
  func coefficients() throws {
    let axes = Self.cube(63, 2)
    for ratio in [1e-4, 0.05, 30, 1e4] {
      let operation = try GridOperator<Double>(axes: axes, diffusion: .perAxis([1, ratio]))
      #expect(try Self.iterations(operation, GeometricMultigrid(sweeps: 2)) <= 12)
    }
    func wave(_ i: Int) -> Double { 1.5 + Double.sin(Double(i % 63) / 10) * Double.cos(Double(i / 63) / 7) }
    let smooth = try GridOperator<Double>(
      axes: axes, diffusion: .perUnknown((0..<63 * 63).map(wave)), reaction: .constant(3))
    #expect(try Self.iterations(smooth, GeometricMultigrid(sweeps: 2)) <= 10)
    func inclusion(_ i: Int) -> Double { (i % 63 / 9 + i / 63 / 11) % 2 == 0 ? 12 : 4 }
    // Inclusions with a coefficient of 12 in a medium with 4.
    let twoValues = try GridOperator<Double>(
      axes: axes, diffusion: .perUnknown((0..<63 * 63).map(inclusion))
    )
    #expect(try Self.iterations(twoValues, GeometricMultigrid(sweeps: 2)) <= 14)
  }

  @Test("a V-cycle is symmetric and positive, and does not depend on the number of threads or the scale")
  func symmetryAndThreads() throws {
    for axes in [Self.cube(200, 2), Self.cube(40, 3)] {
      let operation = try GridOperator<Double>(axes: axes)
      let (x, y) = (congruentialNoise(operation.rows, seed: 7), congruentialNoise(operation.rows, seed: 8))
      for settings in [GeometricMultigrid(), GeometricMultigrid(cycle: .w, smoother: .chebyshev, sweeps: 2)] {
        let prepared = try settings.prepare(operation)
        let (mx, my) = (prepared.multiply(x), prepared.multiply(y))
        let (a, b, c) = (
          Double.dot(mx, y, count: y.count), Double.dot(my, x, count: x.count),
          Double.dot(mx, x, count: x.count)
        )
        #expect(abs(a - b) < 1e-5 * c && c > 0)
        let alone = prepared.multiply(x, pool: WorkerPool(threads: 1))
        #expect(alone == mx && prepared.multiply(x, pool: WorkerPool(threads: 3)) == mx)
        let tiny = prepared.multiply(x.map { 0x1p-400 * $0 })
        #expect(tiny == mx.map { 0x1p-400 * $0 })
      }
    }
  }

  @Test("a solver of its own, with every cycle")
  func solves() throws {
    for operation in [
      try GridOperator<Double>(axes: Self.cube(100, 2)), try GridOperator<Double>(axes: Self.cube(21, 3)),
      try GridOperator<Double>(axes: Self.cube(40, 2, .periodic)),
    ] {
      var b = congruentialNoise(operation.rows)
      if operation.isSingular { b = NullSpace.constant(operation.rows).projected(b) }
      for cycle in MultigridCycle.allCases {
        let solution = try GeometricMultigrid(cycle: cycle).solve(operation, b, stopping: .relative(1e-9))
        #expect(solution.status.isSuccess && solution.statistics.iterations <= (cycle == .f ? 24 : 14))
        let image = operation.multiply(solution.value)
        #expect(distance(image, b) < 1e-7)
      }
      let single = try GeometricMultigrid().solve(
        GridOperator<Float>(operation), b.map { Float($0) }, stopping: .relative(1e-4))
      #expect(single.status.isSuccess)
    }
  }

  @Test("full multigrid reaches the error of the discretisation at second order, in one pass")
  func fullMultigrid() throws {
    for placement in [GridPlacement.vertices, .cells] {
      var (errors, sizes): ([Double], [Double]) = ([], [])
      for n in [15, 31, 63, 127, 255] {
        let h = placement == .vertices ? 1 / Double(n + 1) : 1 / Double(n)
        let operation = try GridOperator<Double>(
          axes: (0..<2).map { _ in GridAxis(count: n, spacing: h) }, placement: placement)
        func x(_ i: Int) -> Double { h * (Double(i) + (placement == .vertices ? 1 : 0.5)) }
        var exact: [Double] = []
        for i in 0..<n {
          for j in 0..<n { exact.append(Double.sin(.pi * x(i)) * Double.sin(2 * .pi * x(j))) }
        }
        let b = exact.map { 5 * Double.pi * Double.pi * $0 }
        let u = try GeometricMultigrid(sweeps: 2).prepare(operation).fullMultigrid(b)
        errors.append(distance(u, exact))
        sizes.append(h)
      }
      let logs = zip(sizes, errors).map { (Double.log($0), Double.log($1)) }
      let (mx, my) = (logs.reduce(0) { $0 + $1.0 } / 5, logs.reduce(0) { $0 + $1.1 } / 5)
      let slope =
        logs.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / logs.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
      #expect(abs(slope - 2) < 0.25)
      #expect(errors.last! < 1e-4)
    }
  }

  @Test("coefficients that are no coefficients are refused")
  func refusals() {
    let axes = Self.cube(3, 2)
    #expect(throws: GridOperatorError.coefficientCount(name: "diffusion", found: 2, expected: 9)) {
      try GridOperator<Double>(axes: axes, diffusion: .perUnknown([1, 2]))
    }
    #expect(throws: GridOperatorError.coefficientValue(name: "diffusion", index: 1, value: 0)) {
      try GridOperator<Double>(axes: axes, diffusion: .perAxis([1, 0]))
    }
    #expect(throws: GridOperatorError.coefficientValue(name: "reaction", index: 0, value: -1)) {
      try GridOperator<Double>(axes: axes, reaction: .constant(-1))
    }
  }
}
