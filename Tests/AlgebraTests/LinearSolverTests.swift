import Algebra
import Tensors
import Testing

@Suite("Linear solvers by name")
struct LinearSolverTests {
  static let catalogue = LinearSolverCatalogue.standard

  /// Every method alone, and every iterative one with every preconditioner.
  static let every: [String] =
    catalogue.direct.map(\.name)
    + catalogue.iterative.flatMap { method in
      [method.name]
        + (method.make(nil).requirements.takesPreconditioner
          ? catalogue.preconditioners.map { "\(method.name)+\($0.name)" } : [])
    } + catalogue.aliases.keys.sorted()

  @Test("all of them solve a Poisson problem, and again after the matrix has changed", arguments: every)
  func poisson(name: String) throws {
    let a = SparseSamples.laplacian(20, dimensions: 2)
    let b = SparseSamples.vector(a.rows)
    let solver = try Self.catalogue.solver(named: name, stopping: .relative(1e-9))
    let prepared = try solver.prepare(a)
    if let iterative = solver as? IterativeLinearSolver,
      iterative.method.requirements.symmetricPreconditioner,
      ["+ilu", "+ilut", "+lu"].contains(where: { name.hasSuffix($0) })
    {
      // Said before anything is iterated.
      #expect(throws: IterativeSolverError.self) { _ = try prepared.solve(b) }
      return
    }
    let solution = try prepared.solve(b)
    #expect(solution.status.isSuccess, "\(solver.name): \(solution.status)")
    #expect(SparseSamples.residual(a, solution.value, b) <= 1.01e-9)
    #expect(abs(solution.statistics.relativeResidual - SparseSamples.residual(a, solution.value, b)) < 1e-12)
    let changed = DirectSolverTests.changed(a, by: 1)
    let again = try prepared.updated(changed).solve(b)
    #expect(again.status.isSuccess && SparseSamples.residual(changed, again.value, b) <= 1.01e-9)
  }

  @Test(
    "singular systems with their null space", arguments: ["cholesky", "ldl", "lu", "klu", "cg", "cg+jacobi"])
  func nullSpaces(name: String) throws {
    let a = SparseSamples.laplacian(15, dimensions: 2, isNeumann: true)
    let space = NullSpace<Double>.constant(a.rows)
    let b = space.projected(SparseSamples.vector(a.rows))
    let solver = try Self.catalogue.solver(named: name, stopping: .relative(1e-10))
    let prepared = try solver.prepare(a, nullSpace: space)
    let x = try prepared.solve(b).converged()
    #expect(SparseSamples.residual(a, x, b) < 1e-9)
    #expect(abs(x.reduce(0, +)) < 1e-9 * SparseSamples.norm(x))
    #expect(throws: IterativeSolverError.self) { _ = try prepared.solve(b.map { $0 + 1 }) }
    // Two separate bodies: two null vectors, neither of which is constant.
    let n = a.rows
    var entries: [(Int, Int, Double)] = []
    for i in 0..<n {
      for p in a.pattern.entries(ofRow: i) {
        let j = Int(a.pattern.columnIndices.pointer[p])
        entries += [(i, j, a.values.pointer[p]), (n + i, n + j, 2 * a.values.pointer[p])]
      }
    }
    let two = SparseSamples.matrix(2 * n, 2 * n, entries)
    let vectors = [0, 1].map { k in (0..<2 * n).map { ($0 < n) == (k == 0) ? 1.0 : 0.5 } }
    let both = try NullSpace<Double>(spanning: vectors)
    let c = both.projected(SparseSamples.vector(2 * n))
    let y = try solver.prepare(two, nullSpace: both).solve(c).converged()
    #expect(SparseSamples.residual(two, y, c) < 1e-9)
  }

  @Test("single precision")
  func singlePrecision() throws {
    let a = SparseSamples.laplacian(12, dimensions: 2)
    let single = SparseMatrix<Float>(
      pattern: a.pattern, values: SparseSamples.buffer(a.values.elements.map { Float($0) }))
    let b = SparseSamples.vector(a.rows)
    for name in ["cholesky", "lu", "cg+ic"] {
      let solver = try Self.catalogue.solver(named: name, stopping: .relative(1e-5))
      let x = try solver.prepare(single).solve(b.map { Float($0) }).converged()
      #expect(SparseSamples.residual(a, x.map { Double($0) }, b) < 2e-5, "\(name)")
    }
  }

  @Test("names that are none are refused with those that are")
  func refusedNames() throws {
    #expect(try Self.catalogue.solver(named: "cg+ssor(1.9)").name == "CG + SSOR")
    #expect(try Self.catalogue.solver(named: "cholesky").needsSymmetricMatrix)
    func message(_ name: String) -> String {
      do { _ = try Self.catalogue.solver(named: name) } catch { return "\(error)" }
      return ""
    }
    #expect(message("gauss").contains("there are automatic, cholesky, ldl"))
    #expect(message("cg+magic").contains("there are jacobi"))
    #expect(message("cholesky+ic").contains("is a direct method"))
    #expect(message("cg+ssor(3)").contains("one number from 0.001 to 1.999"))
    #expect(message("cg+ic(2)").contains("takes no number"))
    #expect(message("cg+ssor(1.9").contains("in brackets"))
    #expect(message("").contains("no linear solver"))
    #expect(message("cg+").contains("no preconditioner"))
  }
}
