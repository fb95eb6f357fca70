import Ansatz
import Foundation

/// A system of the assembly suite: −∇·(k ∇u) = d π² Π sin(π xᵢ) on the unit square or cube, u = 0 at the boundary.
struct AssemblyCase: Sendable {
  var dimension: Int
  /// Cells per axis.
  var cells: Int
  /// Triangles and tetrahedra, or quadrilaterals and hexahedra.
  var simplices: Bool
  var order: Int
  /// Whether k = 1 + x² + 2 y, and not 1.
  var isVariable: Bool = false
  /// The largest part of the peer's time that is allowed, if any is asked.
  var limit: Double?

  var name: String {
    "\(simplices ? "P" : "Q")\(order) \(cells)\(dimension == 2 ? "²" : "³")\(isVariable ? ", k(x)" : "")"
  }

  /// The suite's cases; the quick ones have a quarter of the cells per axis in the plane and half in space.
  static func all(isQuick: Bool) -> [AssemblyCase] {
    let (plane, space) = isQuick ? (4, 2) : (1, 1)
    return [
      AssemblyCase(dimension: 2, cells: 1024 / plane, simplices: true, order: 1, limit: 0.25),
      AssemblyCase(dimension: 2, cells: 512 / plane, simplices: true, order: 2, limit: 0.5),
      AssemblyCase(dimension: 2, cells: 1024 / plane, simplices: true, order: 1, isVariable: true),
      AssemblyCase(dimension: 2, cells: 512 / plane, simplices: true, order: 2, isVariable: true),
      AssemblyCase(dimension: 2, cells: 1024 / plane, simplices: false, order: 1),
      AssemblyCase(dimension: 2, cells: 512 / plane, simplices: false, order: 2),
      AssemblyCase(dimension: 3, cells: 64 / space, simplices: true, order: 1),
      AssemblyCase(dimension: 3, cells: 32 / space, simplices: true, order: 2),
      AssemblyCase(dimension: 3, cells: 32 / space, simplices: true, order: 2, isVariable: true),
      AssemblyCase(dimension: 3, cells: 64 / space, simplices: false, order: 1),
      AssemblyCase(dimension: 3, cells: 32 / space, simplices: false, order: 2),
    ]
  }

  var mesh: Mesh {
    dimension == 2
      ? .rectangle(cells: [cells, cells], simplices: simplices)
      : .box(cells: [cells, cells, cells], simplices: simplices)
  }

  var problem: any Problem {
    dimension == 2 ? Plane(isVariable: isVariable) as any Problem : Space(isVariable: isVariable)
  }

  private struct Plane: Problem {
    let isVariable: Bool
    let u = ScalarField.unknown("u")
    var domain: Domain { .rectangle((0, 1), (0, 1)) }
    var equations: [Equation] {
      let f = 2 * .pi * .pi * sin(.pi * x) * sin(.pi * y)
      return [isVariable ? -div((1 + x * x + 2 * y) * grad(u)) == f : -laplacian(u) == f]
    }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
  }

  private struct Space: Problem {
    let isVariable: Bool
    let u = ScalarField.unknown("u")
    var domain: Domain { .box((0, 1), (0, 1), (0, 1)) }
    var equations: [Equation] {
      let f = 3 * .pi * .pi * sin(.pi * x) * sin(.pi * y) * sin(.pi * z)
      return [isVariable ? -div((1 + x * x + 2 * y) * grad(u)) == f : -laplacian(u) == f]
    }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
  }
}

/// The seconds of the parts of an assembly, and norms that do not depend on how unknowns are numbered.
struct AssemblyFigures: Decodable, Sendable {
  /// Mesh, function space and boundary conditions.
  var setup: Double
  /// From the problem and the space to an empty matrix on its sparsity pattern, entries and right-hand side added: what
  /// has to be done once per mesh, and then the same again on the pattern that is known.
  var first: Double
  var again: Double
  var unknowns: Int
  /// The Frobenius norm of the rows of unknowns that are not prescribed.
  var matrixNorm: Double
  /// ‖A w‖ and w·A w for a function w that vanishes on the boundary.
  var imageNorm: Double
  var energy: Double
  /// ‖b‖ and b·w.
  var vectorNorm: Double
  var load: Double

  /// The largest relative difference of the norms of two matrices.
  func matrixDifference(_ other: AssemblyFigures) -> Double {
    [\AssemblyFigures.matrixNorm, \.imageNorm, \.energy].map {
      abs(self[keyPath: $0] / other[keyPath: $0] - 1)
    }
    .max()!
  }

  /// The largest relative difference of the norms of two right-hand sides.
  func vectorDifference(_ other: AssemblyFigures) -> Double {
    [\AssemblyFigures.vectorNorm, \.load].map { abs(self[keyPath: $0] / other[keyPath: $0] - 1) }.max()!
  }
}

extension AssemblyCase {
  /// Assembles the system `rounds` times; the seconds are the smallest of each part.
  func measure(rounds: Int) throws -> AssemblyFigures {
    var figures: AssemblyFigures?
    for round in 0..<rounds {
      let start = DispatchTime.now()
      let mesh = mesh
      try mesh.validate()
      let space = try MixedSpace(mesh, [.init("u", .lagrange(order))])
      let spaceReady = DispatchTime.now()
      let system = try FiniteElementSystem(PDESystem(problem), on: space)
      var assembled = try system.assemble()
      let firstReady = DispatchTime.now()
      assembled = try system.assemble()
      let end = DispatchTime.now()
      let seconds = (
        start.seconds(to: spaceReady), spaceReady.seconds(to: firstReady), firstReady.seconds(to: end)
      )
      if round == 0 { figures = norms(assembled, space.fields[0].space.nodeCoordinates) }
      figures!.setup = min(figures!.setup, seconds.0)
      figures!.first = min(figures!.first, seconds.1)
      figures!.again = min(figures!.again, seconds.2)
    }
    return figures!
  }

  private func norms(_ assembled: AssembledSystem, _ points: [Double]) -> AssemblyFigures {
    let (a, b, d) = (assembled.matrix, assembled.rightHandSide, dimension)
    let isPrescribed = (0..<a.rows).map { row in
      (0..<d).contains { points[d * row + $0] < 1e-12 || points[d * row + $0] > 1 - 1e-12 }
    }
    let w = (0..<a.rows).map { row -> Double in
      if isPrescribed[row] { return 0 }
      var value = exp(points[d * row])
      for axis in 0..<d { value *= sin(.pi * points[d * row + axis]) }
      return value
    }
    var square = 0.0
    for row in 0..<a.rows where !isPrescribed[row] {
      for p in Int(a.pattern.rowStarts.pointer[row])..<Int(a.pattern.rowStarts.pointer[row + 1]) {
        square += a.values.pointer[p] * a.values.pointer[p]
      }
    }
    let image = a.multiply(w)
    let inner = { (x: [Double], y: [Double]) in zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    return AssemblyFigures(
      setup: .infinity, first: .infinity, again: .infinity, unknowns: a.rows,
      matrixNorm: square.squareRoot(), imageNorm: inner(image, image).squareRoot(), energy: inner(w, image),
      vectorNorm: inner(b, b).squareRoot(), load: inner(b, w))
  }
}

extension DispatchTime {
  /// The seconds from this time to a later one.
  func seconds(to later: DispatchTime) -> Double {
    Double(later.uptimeNanoseconds - uptimeNanoseconds) * 1e-9
  }
}
