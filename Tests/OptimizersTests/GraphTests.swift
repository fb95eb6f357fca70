import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Ginzburg-Landau energies on graphs")
struct GraphTests {
  /// Two half circles of radius 1, the second moved to (1, ½) and turned, in the first two of many dimensions, with normal
  /// noise in all (Bertozzi and Flenner 2012).
  private func moons(_ count: Int, dimensions: Int, variance: Double, seed: UInt64) -> (
    points: Tensor<Double>, labels: [Double]
  ) {
    var stream = RandomStream(seed: seed)
    let angles = Tensor<Double>.randomUniform([count], in: 0..<Double.pi, from: &stream).elements
    let noise = Tensor<Double>.randomNormal([count, dimensions], from: &stream).elements
    var points = noise.map { $0 * variance.squareRoot() }
    var labels = [Double](repeating: 1, count: count)
    for k in 0..<count {
      let (x, y) = (cos(angles[k]), sin(angles[k]))
      if k % 2 == 0 {
        points[k * dimensions] += x
        points[k * dimensions + 1] += y
      } else {
        points[k * dimensions] += 1 - x
        points[k * dimensions + 1] += 0.5 - y
        labels[k] = -1
      }
    }
    return (Tensor(shape: [count, dimensions], points), labels)
  }

  @Test(
    "a path: both Laplacians by hand, and solves by every method", arguments: GraphLaplacian.Form.allCases)
  func path(form: GraphLaplacian.Form) throws {
    let n = 12
    var (rows, columns, values) = ([Int32](), [Int32](), [Double]())
    for k in 0..<n - 1 {
      rows += [Int32(k), Int32(k + 1)]
      columns += [Int32(k + 1), Int32(k)]
      values += [1 + 0.1 * Double(k), 1 + 0.1 * Double(k)]
    }
    let weights = try SparseMatrix<Double>(
      rows: n, columns: n, rowIndices: rows, columnIndices: columns, values: values)
    let graph = try GraphLaplacian(weights: weights, form: form)
    let degrees = (0..<n).map { i in (0..<n).reduce(0) { $0 + weights[i, $1] } }
    for i in 0..<n {
      for j in 0..<n {
        let unit: Double = i == j ? 1 : 0
        var wanted = unit * degrees[i] - weights[i, j]
        if form == .normalized { wanted = unit - weights[i, j] / (degrees[i] * degrees[j]).squareRoot() }
        #expect(abs(graph.matrix[i, j] - wanted) < 1e-14)
      }
    }
    let f = (0..<n).map { sin(Double($0)) }
    for method in [GraphLaplacian.Method.cholesky, .conjugateGradients(tolerance: 1e-13)] {
      let laplacian = try GraphLaplacian(weights: weights, form: form, method: method)
      let solve = try laplacian.makeSolve(identity: 1.5, laplacian: 0.7)
      var u = [Double](repeating: 0, count: n)
      let quadratic = try solve.solve(f, into: &u)
      let lu = graph.matrix.multiply(u)
      for i in 0..<n { #expect(abs(1.5 * u[i] + 0.7 * lu[i] - f[i]) < 1e-12) }
      let product: Double = zip(u, lu).map { $0 * $1 }.reduce(0, +)
      #expect(abs(quadratic - product) < 1e-12)
      #expect(abs(solve.form(u) - quadratic) < 1e-12)
    }
    // In the span of three eigenvectors the solution is the projection of the whole one.
    let spanned = try GraphLaplacian(weights: weights, form: form, method: .eigenvectors(3))
      .makeSolve(identity: 1.5, laplacian: 0.7)
    var u = [Double](repeating: 0, count: n)
    _ = try spanned.solve(f, into: &u)
    var dense = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n { for j in 0..<n { dense[i, j] = graph.matrix[i, j] } }
    let eigen = try SymmetricEigen(dense)
    var wanted = [Double](repeating: 0, count: n)
    for k in 0..<3 {
      let vector = eigen.vectors.column(k)
      let product: Double = zip(vector, f).map { $0 * $1 }.reduce(0, +)
      let c = product / (1.5 + 0.7 * eigen.values[k])
      for i in 0..<n { wanted[i] += c * vector[i] }
    }
    #expect(largestDifference(u, wanted) < 1e-5)
  }

  @Test("nearest neighbours, their weights, and what is refused")
  func neighbours() throws {
    let points = Tensor<Double>(shape: [5, 1], [0, 1, 3, 6, 10])
    let weights = try NearestNeighborGraph.selfTuned(points, neighbors: 1, scale: 2)
    // Distances to the second neighbours: 3, 2, 3, 4, 7. Nearest: 1, 0, 1, 2, 3.
    let scales = [3.0, 2, 3, 4, 7]
    let pairs: [(Int, Int, Double)] = [(0, 1, 1), (1, 2, 2), (2, 3, 3), (3, 4, 4)]
    #expect(weights.entryCount == 8)
    for (a, b, distance) in pairs {
      let wanted = exp(-distance * distance / (scales[a] * scales[b]))
      #expect(abs(weights[a, b] - wanted) < 1e-14 && weights[a, b] == weights[b, a])
    }
    #expect(throws: GraphError.self) { try NearestNeighborGraph.selfTuned(points, neighbors: 5) }
    #expect(throws: GraphError.self) {
      try NearestNeighborGraph.selfTuned(Tensor<Double>(shape: [3, 1], [0, .nan, 1]), neighbors: 1)
    }
    let isolated = try SparseMatrix<Double>(
      rows: 3, columns: 3, rowIndices: [0, 1], columnIndices: [1, 0], values: [1, 1])
    let error = #expect(throws: GraphError.self) { try GraphLaplacian(weights: isolated) }
    #expect(error == .isolatedNode(2) && error?.description.hasSuffix(".") == true)
    let negative = try SparseMatrix<Double>(
      rows: 2, columns: 2, rowIndices: [0, 1], columnIndices: [1, 0], values: [-1, -1])
    #expect(throws: GraphError.negativeWeight(row: 0, column: 1, weight: -1)) {
      try GraphLaplacian(weights: negative)
    }
  }

  @Test("two moons in a hundred dimensions: three labels in a hundred give the others")
  func twoMoons() throws {
    let (points, labels) = moons(2000, dimensions: 100, variance: 0.02, seed: 3)
    let weights = try NearestNeighborGraph.selfTuned(points, neighbors: 10)
    // Sixty labels, spread over the numbers of the points.
    let known = (0..<60).map { ($0 * 33 + 5) % 2000 }
    let fidelity = FieldFidelity(points: known, values: known.map { labels[$0] }, strength: 30)
    /// A field after some steps of falling energy.
    func minimized(_ method: GraphLaplacian.Method, from start: Tensor<Double>, steps: Int) throws -> Tensor<
      Double
    > {
      var minimizer = GinzburgLandau(
        try GraphLaplacian(weights: weights, method: method), width: 1, step: 0.5, fidelity: fidelity)
      var (u, last) = (start, Double.infinity)
      for _ in 0..<steps {
        let report = try minimizer.step(&u)
        #expect(report.loss <= last * (1 + 1e-9))
        last = report.loss
      }
      return u
    }
    var start = Tensor<Double>.zeros([2000])
    for k in known { start[k] = labels[k] }
    // A few eigenvectors keep the field smooth between labels.
    let field = try minimized(.eigenvectors(20), from: start, steps: 150)
    let unknown = Set(0..<2000).subtracting(known)
    let right = unknown.count { (field[$0] > 0) == (labels[$0] > 0) }
    #expect(Double(right) / Double(unknown.count) >= 0.95, "\(right) of \(unknown.count)")
    // The other methods solve the same systems.
    let direct = try minimized(.cholesky, from: field, steps: 10)
    let iterated = try minimized(.conjugateGradients(tolerance: 1e-12), from: field, steps: 10)
    #expect((direct - iterated).maxMagnitude() < 1e-9)
  }
}
