import Algebra
import Foundation
import Tensors
import Testing

@Suite("Nonlinear solvers")
struct NonlinearTests {
  /// -u'' = λ eᵘ on (0, 1) with zero ends (Bratu), times h², on n points; the middle value of the lower branch is
  /// 2 log(cosh(θ/4))... with θ = √(2 λ) cosh(θ/4).
  static func bratu(_ n: Int, _ lambda: Double) -> (
    residual: ([Double], inout [Double]) -> Void, jacobian: ([Double]) -> SparseMatrix<Double>
  ) {
    let h2 = 1 / Double((n + 1) * (n + 1))
    func residual(_ u: [Double], _ f: inout [Double]) {
      for i in 0..<n {
        f[i] = 2 * u[i] - (i > 0 ? u[i - 1] : 0) - (i < n - 1 ? u[i + 1] : 0) - h2 * lambda * exp(u[i])
      }
    }
    func jacobian(_ u: [Double]) -> SparseMatrix<Double> {
      var entries: [(Int, Int, Double)] = []
      for i in 0..<n {
        entries.append((i, i, 2 - h2 * lambda * exp(u[i])))
        if i > 0 { entries.append((i, i - 1, -1)) }
        if i < n - 1 { entries.append((i, i + 1, -1)) }
      }
      return SparseSamples.matrix(n, n, entries)
    }
    return (residual, jacobian)
  }

  /// The exact lower solution of Bratu's problem in the middle.
  static func bratuMiddle(_ lambda: Double) -> Double {
    var theta = 0.0
    for _ in 0..<200 { theta = (2 * lambda).squareRoot() * cosh(theta / 4) }
    return 2 * log(cosh(theta / 4))
  }

  @Test("Newton on Bratu's problem: quadratic, and the discretisation's order to the closed form")
  func newtonBratu() throws {
    var errors: [Double] = []
    for n in [15, 31, 63, 127] {
      let (residual, jacobian) = Self.bratu(n, 2)
      let solution = try Newton(stopping: NonlinearStopping(relativeTolerance: 1e-13)).solve(
        from: [Double](repeating: 0, count: n), solver: KLU(), residual: residual, jacobian: jacobian)
      let u = try solution.converged()
      errors.append(abs(u[n / 2] - Self.bratuMiddle(2)))
      let r = solution.statistics.residualHistory
      #expect(solution.statistics.iterations <= 8)
      // The error is squared until rounding: three steps take it from the first to below 1e-12.
      #expect(r[3] < 1e-5 * r[0])
      #expect(solution.statistics.stepSizes.prefix(3).allSatisfy { $0 == 1 })
    }
    for k in 1..<4 { #expect(abs(log2(errors[k - 1] / errors[k]) - 2) < 0.1, "\(errors)") }
    #expect(errors[3] < 1e-5)
  }

  @Test("the line search brings Newton home from afar")
  func damping() throws {
    // atan(x) = 0 diverges for |x| > 1.3918 without damping.
    func residual(_ x: [Double], _ f: inout [Double]) { for i in x.indices { f[i] = atan(x[i]) } }
    func jacobian(_ x: [Double]) -> Matrix<Double> { .diagonal(x.map { 1 / (1 + $0 * $0) }) }
    for start in [2.0, 10, 1000] {
      let solution = try Newton().solve(from: [start, -start], residual: residual, jacobian: jacobian)
      #expect(try solution.converged().allSatisfy { abs($0) < 1e-9 })
      #expect(solution.statistics.stepSizes[0] < 1)
    }
    let undamped = try Newton(lineSearch: nil).solve(from: [2], residual: residual, jacobian: jacobian)
    #expect(!undamped.status.isSuccess)
    // Broyden's banded and the helical valley functions (Moré, Garbow & Hillstrom 1981).
    let helical = try Newton().solve(from: [-1, 0, 0]) { x, f in
      let theta = atan2(x[1], x[0]) / (2 * .pi)
      f[0] = 10 * (x[2] - 10 * theta)
      f[1] = 10 * ((x[0] * x[0] + x[1] * x[1]).squareRoot() - 1)
      f[2] = x[2]
    } jacobian: { x -> Matrix<Double> in
      let r2 = x[0] * x[0] + x[1] * x[1]
      let r = r2.squareRoot()
      return Matrix([
        [50 / .pi * x[1] / r2, -50 / .pi * x[0] / r2, 10], [10 * x[0] / r, 10 * x[1] / r, 0], [0, 0, 1],
      ])
    }
    let x = try helical.converged()
    #expect(zip(x, [1, 0, 0]).allSatisfy { abs($0 - $1) < 1e-8 })
    // Rosenbrock's function as a system.
    let rosenbrock = try Newton().solve(from: [-1.2, 1]) { x, f in
      f[0] = 10 * (x[1] - x[0] * x[0])
      f[1] = 1 - x[0]
    } jacobian: { x -> Matrix<Double> in
      Matrix([[-20 * x[0], 10], [-1, 0]])
    }
    #expect(try rosenbrock.converged().allSatisfy { abs($0 - 1) < 1e-10 })
  }

  @Test("an old Jacobian serves several steps")
  func chord() throws {
    let (residual, jacobian) = Self.bratu(63, 1)
    let start = [Double](repeating: 0, count: 63)
    let chord = try Newton(jacobianLifetime: 100).solve(
      from: start, residual: residual, jacobian: jacobian)
    let full = try Newton().solve(from: start, residual: residual, jacobian: jacobian)
    #expect(chord.statistics.jacobianEvaluations == 1 && full.statistics.jacobianEvaluations > 2)
    #expect(zip(try chord.converged(), try full.converged()).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("failures say why and what to try")
  func failures() throws {
    // Below the rounding of the terms of f nothing can be asked for, and that is said.
    let rounding = try Newton(stopping: NonlinearStopping(relativeTolerance: 0)).solve(from: [3.0, 1.0]) {
      x, f in
      f[0] = x[0] * x[0] - 2
      f[1] = x[1] * x[0] - 1e-3
    } jacobian: { x -> Matrix<Double> in
      Matrix([[2 * x[0], 0], [x[1], x[0]]])
    }
    #expect(rounding.status == .convergedToRounding || rounding.status == .converged)
    #expect(abs(rounding.value[0] - 2.0.squareRoot()) < 1e-15)
    // x² + 1 has no zero.
    let none = try Newton().solve(from: [3.0]) { x, f in
      f[0] = x[0] * x[0] + 1
    } jacobian: { x -> Matrix<Double> in
      Matrix([[2 * x[0]]])
    }
    #expect(!none.status.isSuccess)
    #expect(throws: NonlinearError.self) { _ = try none.converged() }
    // A wrong Jacobian.
    let wrong = try Newton().solve(from: [3.0]) { x, f in
      f[0] = x[0] - 1
    } jacobian: { _ -> Matrix<Double> in
      Matrix([[-1]])
    }
    #expect(wrong.status == .lineSearchFailed && "\(wrong.status)".contains("wrong Jacobian"))
    let singular = try Newton().solve(from: [0.0]) { x, f in
      f[0] = x[0] * x[0] - 1
    } jacobian: { x -> Matrix<Double> in
      Matrix([[2 * x[0]]])
    }
    guard case .linearSolveFailed(let reason) = singular.status else {
      Issue.record("\(singular.status)")
      return
    }
    #expect(reason.contains("singular") && "\(singular.status)".contains("pseudo-transient"))
    let notFinite = try Newton().solve(from: [-1.0]) { x, f in
      f[0] = log(x[0])
    } jacobian: { x -> Matrix<Double> in
      Matrix([[1 / x[0]]])
    }
    #expect(notFinite.status == .notFinite)
    // A step out of the domain is shortened.
    let shortened = try Newton().solve(from: [5.0]) { x, f in
      f[0] = log(x[0])
    } jacobian: { x -> Matrix<Double> in
      Matrix([[1 / x[0]]])
    }
    #expect(abs(try shortened.converged()[0] - 1) < 1e-9)
    let limited = try Newton(stopping: NonlinearStopping(relativeTolerance: 1e-14, iterationLimit: 2)).solve(
      from: [1000.0]
    ) { x, f in
      f[0] = x[0] * x[0] * x[0] - 2
    } jacobian: { x -> Matrix<Double> in
      Matrix([[3 * x[0] * x[0]]])
    }
    #expect(limited.status == .iterationLimit && limited.statistics.iterations == 2)
  }

  /// -Δu + u³ = 1 on an n × n grid with zero values around, times h².
  static func cubic(_ n: Int) -> (
    residual: ([Double], inout [Double]) -> Void, laplacian: SparseMatrix<Double>
  ) {
    let laplacian = SparseSamples.laplacian(n, dimensions: 2)
    let action = laplacian.makeAction(pool: .shared)
    let h2 = 1 / Double((n + 1) * (n + 1))
    return (
      { u, f in
        action.apply(u, to: &f)
        for i in u.indices { f[i] += h2 * (100 * u[i] * u[i] * u[i] - 100) }
      }, laplacian
    )
  }

  @Test("Newton-Krylov without a Jacobian, with one's action, and preconditioned, agrees with Newton")
  func newtonKrylov() throws {
    let n = 24
    let (residual, laplacian) = Self.cubic(n)
    let h2 = 1 / Double((n + 1) * (n + 1))
    let start = [Double](repeating: 0, count: n * n)
    let newton = try Newton(stopping: NonlinearStopping(relativeTolerance: 1e-12)).solve(
      from: start, solver: CHOLMOD(), residual: residual
    ) { u in
      SparseSamples.map(laplacian) { i, j, value in i == j ? value + 300 * h2 * u[i] * u[i] : value }
    }
    let expected = try newton.converged()
    let method = NewtonKrylov(stopping: NonlinearStopping(relativeTolerance: 1e-9))
    let plain = try method.solve(from: start, residual: residual)
    let action = laplacian.makeAction(pool: .shared)
    let given = try method.solve(
      from: start, residual: residual,
      jacobianAction: { u, v, out in
        action.apply(v, to: &out)
        for i in u.indices { out[i] += 300 * h2 * u[i] * u[i] * v[i] }
      })
    let factors = try CHOLMOD().prepare(laplacian)
    let preconditioned = try method.solve(
      from: start, residual: residual, preconditioner: { _ in factors.makeSolve() })
    for solution in [plain, given, preconditioned] {
      #expect(zip(try solution.converged(), expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    #expect(preconditioned.statistics.linearIterations < plain.statistics.linearIterations * 3 / 5)
    #expect(given.statistics.residualEvaluations < plain.statistics.residualEvaluations)
    // The forcing terms: fewer linear iterations than solving every step to the end.
    let exact = try NewtonKrylov(
      stopping: NonlinearStopping(relativeTolerance: 1e-9), firstForcing: 1e-9, largestForcing: 1e-9
    ).solve(from: start, residual: residual)
    #expect(exact.status.isSuccess)
    #expect(plain.statistics.linearIterations < exact.statistics.linearIterations)
  }

  @Test("pseudo-transient continuation finds the stable state where Newton does not")
  func pseudoTransient() throws {
    // The flow of x' = -f with two stable states and the start next to the point where f' vanishes.
    func residual(_ x: [Double], _ f: inout [Double]) { f[0] = x[0] * x[0] * x[0] / 3 - x[0] - 0.6 }
    func jacobian(_ x: [Double]) -> SparseMatrix<Double> {
      SparseSamples.matrix(1, 1, [(0, 0, x[0] * x[0] - 1)])
    }
    let solution = try PseudoTransient().solve(from: [-0.999], residual: residual, jacobian: jacobian)
    let x = try solution.converged()[0]
    #expect(abs(x * x * x / 3 - x - 0.6) < 1e-9 && x * x > 1)
    // Bratu's problem, from a start beyond both solutions' basin for the flow, is decayed from.
    let (residual2, jacobian2) = Self.bratu(63, 2)
    let bratu = try PseudoTransient(firstStep: 10).solve(
      from: (0..<63).map { 2 * sin(.pi * Double($0 + 1) / 64) }, residual: residual2, jacobian: jacobian2)
    #expect(abs(try bratu.converged()[31] - Self.bratuMiddle(2)) < 2e-4)
    // The steps end as Newton's: the last ones square the residual.
    let r = bratu.statistics.residualHistory
    #expect(r[r.count - 1] < 1e-3 * r[r.count - 2])
  }

  @Test("Anderson's mixing on a linear map is GMRES: it ends in as many steps as there are eigenvalues")
  func andersonLinear() throws {
    // x = b + G x with five different eigenvalues of G.
    let eigenvalues = [0.9, -0.7, 0.5, 0.3, -0.95]
    let n = 40
    func map(_ x: [Double], _ out: inout [Double]) {
      for i in 0..<n { out[i] = eigenvalues[i % 5] * x[i] + 1 + Double(i) }
    }
    let start = [Double](repeating: 0, count: n)
    let solution = try AndersonAcceleration(depth: 8).solve(from: start, map: map)
    #expect(
      try solution.converged().enumerated().allSatisfy { i, x in
        abs(x * (1 - eigenvalues[i % 5]) - 1 - Double(i)) < 1e-6
      })
    #expect(solution.statistics.iterations <= 7)
    let plain = try AndersonAcceleration(
      stopping: NonlinearStopping(iterationLimit: 2000), depth: 0
    ).solve(from: start, map: map)
    #expect(plain.status.isSuccess && plain.statistics.iterations > 100)
    let damped = try AndersonAcceleration(depth: 8, damping: 0.5).solve(from: start, map: map)
    #expect(damped.status.isSuccess && damped.statistics.iterations <= 12)
  }

  @Test("Anderson's mixing on a nonlinear map, with windows that move on")
  func andersonNonlinear() throws {
    // Picard's iteration for -Δu = eᵘ in one dimension.
    let n = 60
    let laplacian = SparseSamples.laplacian(n, dimensions: 1)
    let factors = try CHOLMOD().prepare(laplacian)
    let solve = factors.makeSolve()
    let h2 = 1 / Double((n + 1) * (n + 1))
    func map(_ u: [Double], _ out: inout [Double]) { solve.apply(u.map { 3 * h2 * exp($0) }, to: &out) }
    let start = [Double](repeating: 0, count: n)
    var counts: [Int] = []
    for depth in [0, 1, 2, 5] {
      let solution = try AndersonAcceleration(depth: depth).solve(from: start, map: map)
      let u = try solution.converged()
      #expect(abs(u[n / 2] - Self.bratuMiddle(3)) < 5e-3)
      counts.append(solution.statistics.iterations)
    }
    #expect(counts[1] < counts[0] / 2 && counts[3] <= counts[1])
    // A map that leaves its domain.
    let lost = try AndersonAcceleration().solve(from: [2.0]) { x, out in out[0] = exp(exp(x[0])) }
    #expect(lost.status == .notFinite)
  }
}
