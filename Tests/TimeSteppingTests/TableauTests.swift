import Algebra
import Tensors
import Testing
import TimeStepping

/// The coefficients of every method against the conditions of its order.
@Suite struct TableauTests {
  @Test func treesAreCounted() {
    #expect((1...6).map { RootedTree.all(order: $0).count } == [1, 1, 2, 4, 9, 20])
    #expect(Set(RootedTree.all(order: 5)).count == 9)
  }

  /// For z = 0 a one-step method is an explicit Runge-Kutta method, whose order is decided by rooted trees.
  @Test(arguments: oneStepMethods)
  func orderConditions(name: String) throws {
    let method = try Steppers.named(name)
    let table = method.table(Complex<Double>.zero)
    let stages = method.nodes.count
    func numbers(_ row: StageRow<Complex<Double>>) -> [Double] {
      let known = row.nonlinear.map { $0?.real ?? 0 }
      return known + [Double](repeating: 0, count: stages - known.count)
    }
    let matrix = [[Double](repeating: 0, count: stages)] + table.stages.map(numbers)
    let weights = numbers(table.solution)
    #expect(method.nodes[0] == 0 && table.stages.count == stages - 1)
    for (i, row) in table.stages.enumerated() {
      #expect(row.nonlinear.count == i + 1)
      #expect(abs(row.nonlinear.reduce(0) { $0 + ($1?.real ?? 0) } - method.nodes[i + 1]) < 4e-15)
    }
    for order in 1...method.order {
      for tree in RootedTree.all(order: order) {
        let weight = tree.elementaryWeights([weights], [matrix])[0]
        // The published coefficients of Tsitouras have 16 digits.
        #expect(abs(weight - 1 / tree.density) < 2e-14, "order \(order): \(weight), not 1/\(tree.density)")
      }
    }
    // The order is not understated.
    let next = RootedTree.all(order: method.order + 1)
    #expect(next.contains { abs($0.elementaryWeights([weights], [matrix])[0] - 1 / $0.density) > 1e-4 })

    if let embedded = method as? any EmbeddedMethod {
      let error = numbers(try #require(table.error))
      for order in 1...embedded.embeddedOrder {
        for tree in RootedTree.all(order: order) {
          #expect(abs(tree.elementaryWeights([error], [matrix])[0]) < 4e-15)
        }
      }
      let beyond = RootedTree.all(order: embedded.embeddedOrder + 1)
      #expect(beyond.contains { abs($0.elementaryWeights([error], [matrix])[0]) > 1e-5 })
    } else {
      #expect(table.error == nil)
    }
  }

  static let oneStepMethods = Steppers.all.filter { $0.history == 0 }.map(\.name)

  /// The conditions of partitioned methods: every vertex may belong to the implicit or to the explicit tableau.
  @Test(arguments: [(RK222.tableau, 2), (RK443.tableau, 3)])
  func implicitExplicitConditions(_ tableau: IMEXTableau, order: Int) {
    let stages = tableau.nodes.count
    let matrices = [tableau.implicit, tableau.explicit].map { rows in
      rows.map { $0 + [Double](repeating: 0, count: stages - $0.count) }
    }
    for matrix in matrices {
      for (row, node) in zip(matrix, tableau.nodes) { #expect(abs(row.reduce(0, +) - node) < 1e-15) }
    }
    let weights = matrices.map { $0[stages - 1] }
    for vertices in 1...order {
      for tree in RootedTree.all(order: vertices) {
        for weight in tree.elementaryWeights(weights, matrices) {
          #expect(abs(weight - 1 / tree.density) < 2e-15)
        }
      }
    }
  }

  /// Σ α_q (−q)^k = k Σ β_q (−q)^{k−1} = k Σ γ_q (−q)^{k−1} about t_{n+1}, for k up to the order.
  @Test(arguments: [
    (SBDF1.coefficients, 1), (SBDF2.coefficients, 2), (SBDF3.coefficients, 3), (SBDF4.coefficients, 4),
    (CNAB2.coefficients, 2),
  ])
  func multistepConditions(_ method: IMEXMultistepCoefficients, order: Int) {
    func power(_ q: Int, _ k: Int) -> Double { k <= 0 ? 1 : (0..<k).reduce(1.0) { p, _ in p * -Double(q) } }
    var exact = true
    for k in 0...(order + 1) {
      let left = (0...method.steps).reduce(0.0) { $0 + method.alpha[$1] * power($1, k) }
      let implicit = (0...method.steps).reduce(0.0) { $0 + Double(k) * method.beta[$1] * power($1, k - 1) }
      let explicit = (1...method.steps).reduce(0.0) {
        $0 + Double(k) * method.gamma[$1 - 1] * power($1, k - 1)
      }
      if k <= order {
        #expect(abs(left - implicit) < 1e-13 && abs(left - explicit) < 1e-13, "degree \(k)")
      } else {
        exact = abs(left - explicit) < 1e-3
      }
    }
    #expect(!exact, "the order is understated")
  }

  /// Exponential methods solve u′ = L u exactly; the others approximate exp(z) to their order.
  @Test(arguments: Steppers.all.map(\.name))
  func linearPart(name: String) throws {
    let method = try Steppers.named(name)
    guard method.history == 0 else { return }
    let z = Complex(-0.03, 0.05)
    let error = (try #require(method.table(z).solution.state) - z.phi(0)).magnitude
    let isExponential = name.hasPrefix("ETD") || name.hasPrefix("IF")
    #expect(isExponential ? error < 4e-16 : error > 1e-15 && error < pow(z.magnitude, method.order + 1))
  }

  private func pow(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1.0) { p, _ in p * x } }

  /// All three kinds of symbol give the same method.
  @Test(arguments: Steppers.all.map(\.name))
  func symbolsAgree(name: String) throws {
    let method = try Steppers.named(name)
    let z = -0.8
    let scalar = method.table(Complex(z))
    // The same number in a basis that mixes two different ones.
    let small = method.table(
      SmallComplexMatrix(size: 2, elements: [Complex(z), Complex(1.3), .zero, Complex(-0.1)]))
    let dense = method.table(DenseSymbol(size: 2, elements: [z, 1.3, 0, -0.1]))
    let rows = [scalar.solution] + scalar.stages + (scalar.error.map { [$0] } ?? [])
    let smallRows = [small.solution] + small.stages + (small.error.map { [$0] } ?? [])
    let denseRows = [dense.solution] + dense.stages + (dense.error.map { [$0] } ?? [])
    #expect(rows.count == smallRows.count && rows.count == denseRows.count)
    for ((a, b), c) in zip(zip(rows, smallRows), denseRows) {
      let (x, y, w) = (a.factors, b.factors, c.factors)
      #expect(x.count == y.count && x.count == w.count)
      for i in x.indices {
        #expect((x[i] == nil) == (y[i] == nil) && (x[i] == nil) == (w[i] == nil))
        guard let p = x[i], let q = y[i], let r = w[i] else { continue }
        #expect((p - q[0, 0]).magnitude < 1e-14)
        #expect(difference(r, q) < 1e-14)
      }
    }
  }
}

extension StageRow {
  fileprivate var factors: [Z?] { [state] + previousStates + nonlinear + previousNonlinear }
}
