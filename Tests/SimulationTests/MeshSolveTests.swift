import Ansatz
import Foundation
import TestSupport
import Testing

@Suite("Problems on meshes")
struct MeshSolveTests {
  private func folder() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-mesh-\(UUID().uuidString)")
  }

  @Test("a run on a mesh leaves its fields and tags in VTK files, a picture and arrays")
  func runFolder() throws {
    let mesh = try Mesh.named(.square)
    let solution = try solve(Poisson(), with: FiniteElementMethod(mesh: mesh, order: 1))
    let url = folder()
    defer { try? FileManager.default.removeItem(at: url) }
    try RunFolder(url, formats: [.vtk, .npy, .png]).write(solution)
    let dataset = try VTKXML.readMesh(url.appendingPathComponent("fields/0000.vtu"))
    #expect(dataset.mesh.pointCount == mesh.pointCount && dataset.mesh.cellCount == mesh.cellCount)
    #expect(Set(dataset.mesh.boundaryNames.values) == Set(mesh.boundaryNames.values))
    let u = try #require(dataset.pointFields.first { $0.name == "u" })
    #expect(abs(u.components[0].max()! - 0.0736) < 1e-3)
    #expect(FileManager.default.fileExists(atPath: url.appendingPathComponent("preview.png").path))
    let series = try String(contentsOf: url.appendingPathComponent("fields.pvd"), encoding: .utf8)
    #expect(series.contains("fields/0000.vtu"))
    let archive = try NPY.read(url.appendingPathComponent("fields/u-0000.npy"))
    #expect(archive.shape == [mesh.pointCount] && archive.doubles == u.components[0])
  }

  @Test("conditions can be laid on other boundaries than the problem names")
  func boundaries() throws {
    let mesh = Mesh.rectangle(cells: [16, 16])
    // u = 0 on the left and right alone: u = x (1 − x) / 2.
    let solution = try solve(
      Poisson(), with: FiniteElementMethod(mesh: mesh, boundaries: ["": ["left", "right"]], order: 2))
    for x in [0.1, 0.37, 0.5] { #expect(abs(try solution.field("u")(x, 0.7)[0] - x * (1 - x) / 2) < 1e-12) }
    #expect(try solution.field("u")(1.5, 0.5)[0].isNaN)
  }

  @Test(
    "without a prescribed value the mean is zero, and sources must balance",
    arguments: ["automatic", "cholesky", "lu", "cg+amg", "gmres+ilu"])
  func insulated(solver: String) throws {
    struct Insulated: Problem {
      var mean = 0.0
      let u = ScalarField.unknown("u")
      var domain: Domain { .rectangle((0, 1), (0, 1)) }
      var equations: [Equation] { [-laplacian(u) == .pi * .pi * cos(.pi * x) + mean] }
      var conditions: [Condition] { [.neumann(dn(u) == 0)] }
      var derived: [Derived] { [.mean("mean", u)] }
      var exact: [Equation] { [u == cos(.pi * x)] }
    }
    let method = FiniteElementMethod(
      mesh: .rectangle(cells: [24, 20]), order: 2,
      solver: try LinearSolverCatalogue.standard.solver(named: solver, stopping: .tight))
    let solution = try solve(Insulated(), with: method)
    #expect(abs(try solution.last.numbers[0].value) < 1e-12)
    #expect(try solution.last.exactErrors[0].value < 1e-4)
    let error = #expect(throws: FiniteElementError.self) { try solve(Insulated(mean: 1), with: method) }
    #expect(error?.description.contains("up to a constant") == true)
  }

  @Test("solvers of linear systems by name agree, and those that cannot take a matrix say what can")
  func solvers() throws {
    let reference = try solve(Poisson(), with: FiniteElementMethod(order: 2, cells: [12, 12])).field("u")
    let others: [any LinearSolver] = [.cholesky, .ldl, .lu, .amg, .pcg, .gmres, .sor()]
    for solver in others {
      let solution = try solve(
        Poisson(), with: FiniteElementMethod(order: 2, cells: [12, 12], solver: solver))
      #expect(try solution.field("u").relativeError(to: reference) < 1e-7, "\(solver.name)")
      #expect(solution.statistics.solver == solver.name)
    }
    for solver in [.cholesky, .amg, .pcg] as [any LinearSolver] {
      let convection = #expect(throws: EquationError.self) {
        try solve(ConvectionDiffusion(), with: FiniteElementMethod(cells: [8, 8], solver: solver))
      }
      #expect(convection?.description.contains("gmres+ilu") == true)
      let waves = #expect(throws: EquationError.self) {
        try solve(Helmholtz(), with: FiniteElementMethod(cells: [32, 32], solver: solver))
      }
      #expect(waves?.description.contains("minres") == true)
    }
  }

  @Test("boundaries that no condition names are refused")
  func unusedBoundaries() throws {
    let mesh = Mesh.rectangle(cells: [4, 4])
    for (boundaries, part) in [(["left": ["top"]], "'left'"), (["": ["nowhere"]], "'nowhere'")] {
      let error = #expect(throws: (any Error).self) {
        try solve(Poisson(), with: FiniteElementMethod(mesh: mesh, boundaries: boundaries))
      }
      #expect(error.map { "\($0)" }?.contains(part) == true)
    }
  }

  @Test("errors and means are those of the elements")
  func norms() throws {
    let errors = try [8, 16, 32, 64].map { n -> Double in
      let mesh = Mesh.lShape(cells: n)
      return try solve(LShape(), with: FiniteElementMethod(mesh: mesh)).last.exactErrors[0].value
    }
    // Grisvard (1985): h^(4/3) in L² on quasi-uniform meshes.
    #expect(abs(observedOrder([8, 16, 32, 64].map { 1 / $0 }, errors) - 4.0 / 3) < 0.1, "\(errors)")
    #expect(errors[3] < 1e-3)
    let heat = try solve(
      HeatAnnulus(), with: FiniteElementMethod(order: 2), stepping: ImplicitStepping(.bdf2, step: 0.02),
      until: 2)
    // ∫ ln r / ln ½ over the annulus, divided by its area.
    let integral: Double = -0.125 * log(0.5) - 0.1875
    let mean: Double = integral / (0.375 * log(0.5))
    #expect(abs(try heat.last.numbers[0].value - mean) < 2e-3)
  }

  @Test("implicit schemes have their orders", arguments: ImplicitScheme.allCases)
  func orders(scheme: ImplicitScheme) throws {
    struct Decay: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .interval(0, 1) }
      var equations: [Equation] { [dt(u) == laplacian(u) + u * (.pi * .pi - 1)] }
      var conditions: [Condition] { [.initial(u == sin(.pi * x)), .dirichlet(u == 0)] }
    }
    let mesh = Mesh.interval(cells: 60)
    let counts = [10, 20, 40, 80]
    let errors = try counts.map { n -> Double in
      let solution = try solve(
        Decay(), with: FiniteElementMethod(mesh: mesh, order: 3),
        stepping: ImplicitStepping(scheme, step: 1 / Double(n)), until: 1)
      return abs(try solution.field("u")(0.5)[0] - exp(-1))
    }
    let order = scheme == .backwardEuler ? 1.0 : 2
    #expect(abs(observedOrder(counts.map { 1 / Double($0) }, errors) - order) < 0.15, "\(errors)")
    #expect(errors[3] < (scheme == .backwardEuler ? 5e-3 : 1e-4))
  }

  @Test("spectral methods refuse a mesh, elements a periodic box, and say what takes it")
  func refusals() throws {
    let onMesh = #expect(throws: EquationError.self) { try solve(LShape(), with: Chebyshev(points: [16])) }
    #expect(onMesh?.description.contains("finite elements") == true)
    struct Ring: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .interval(0, 1, periodic: true) }
      var equations: [Equation] { [u - laplacian(u) == 1] }
    }
    let periodic = #expect(throws: EquationError.self) {
      try solve(Ring(), with: FiniteElementMethod(cells: [8]))
    }
    #expect(periodic?.description.contains("spectral") == true)
    let steady = #expect(throws: EquationError.self) {
      try solve(LShape(), with: FiniteElementMethod(), stepping: ImplicitStepping(step: 0.1), until: 1)
    }
    #expect(steady?.description.contains("no time derivative") == true)
  }

  // Ghia, Ghia & Shin (1982), table I: u on the vertical centre line at Re = 100.
  @Test("the lid-driven cavity at Reynolds number 100")
  func cavity() throws {
    let u = try solve(LidDrivenCavity(), with: FiniteElementMethod(order: 2, cells: [32, 32])).field("u")
    for (y, expected) in [
      (0.9766, 0.84123), (0.7344, 0.00332), (0.5, -0.20581), (0.4531, -0.21090), (0.1016, -0.06434),
    ] {
      #expect(abs(try u(0.5, y)[0] - expected) < 0.01, "y = \(y)")
    }
  }
}
