import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

/// H = CᵀDC with the discrete cosine transform C and eigenvalues from 1/κ to 1, equidistant in their logarithms.
private func cosineMatrix(order n: Int, condition: Double) -> Matrix<Double> {
  var c = Matrix<Double>(rows: n, columns: n)
  for k in 0..<n {
    for j in 0..<n {
      let scale = (k == 0 ? 1 / Double(n) : 2 / Double(n)).squareRoot()
      c[k, j] = scale * cos(.pi * (Double(j) + 0.5) * Double(k) / Double(n))
    }
  }
  let eigenvalues = (0..<n).map { pow(condition, Double($0) / Double(n - 1) - 1) }
  return c.transpose * .diagonal(eigenvalues) * c
}

/// ‖P H − I‖_F / √n of dense factors Q, after some updates with normal v and h = H v.
private func denseFit(
  condition: Double, geometry: LieGroupFitting.Geometry, updates: Int, seed: UInt64, initialScale: Double = 1
) -> Double {
  let n = 8
  let h = cosineMatrix(order: n, condition: condition)
  let fitting = LieGroupFitting(geometry: geometry, damping: 0)
  var (factor, stream) = (DenseFactor(order: n, scale: initialScale), RandomStream(seed: seed))
  for _ in 0..<updates {
    let v = (0..<n).map { _ in stream.nextNormal() }
    factor.fit(v, h * v, fitting)
  }
  let q = Matrix<Double>(factor.matrix)
  let error = q.transpose * q * h - .identity(n)
  return (error.rowMajor.reduce(0) { $0 + $1 * $1 } / Double(n)).squareRoot()
}

/// Random gradients whose covariance is the Kronecker product of squares: normal numbers, multiplied along each axis.
private func gradients(_ roots: [Matrix<Double>], count: Int, seed: UInt64) -> [[Double]] {
  let shape = roots.map(\.rows)
  let length = shape.reduce(1, *)
  var stream = RandomStream(seed: seed)
  return (0..<count).map { _ in
    var g = (0..<length).map { _ in stream.nextNormal() }
    for (axis, root) in roots.enumerated() { g = along(axis, shape, root, g) }
    return g
  }
}

/// A matrix applied along an axis.
private func along(_ axis: Int, _ shape: [Int], _ matrix: Matrix<Double>, _ x: [Double]) -> [Double] {
  let (n, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
  var y = Array(repeating: 0.0, count: x.count)
  for place in x.indices {
    let i = place / inner % n
    for k in 0..<n { y[place] += matrix[i, k] * x[place + (k - i) * inner] }
  }
  return y
}

/// The square factors of a state of PSGD-Kron for one array, one after another; diagonals as matrices.
private func factors(_ state: OptimizerState<Double>, _ shape: [Int], isSquare: [Bool]) throws
  -> [Matrix<Double>]
{
  let all = try #require(state.doubles["factors"]).elements
  var start = 0
  return zip(shape, isSquare).map { n, isSquare in
    let count = isSquare ? n * n : n
    defer { start += count }
    let own = Array(all[start..<start + count])
    return isSquare ? Matrix(rows: n, columns: n, rowMajor: own) : .diagonal(own)
  }
}

/// Σ 100 (x₂ᵢ₊₁ − x₂ᵢ²)² + (1 − x₂ᵢ)²: Rosenbrock's function in pairs.
private struct RosenbrockPairs: CurvatureObjective {
  let layout: ParameterLayout

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var sum = 0.0
    for i in stride(from: 0, to: layout.count, by: 2) {
      let (a, b) = (x[i], x[i + 1])
      let (bend, gap) = (b - a * a, 1 - a)
      gradient[i] = -400 * a * bend - 2 * gap
      gradient[i + 1] = 200 * bend
      sum += 100 * bend * bend + gap * gap
    }
    return sum
  }

  func hessianProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>) throws {
    for i in stride(from: 0, to: layout.count, by: 2) {
      let (a, b) = (x[i], x[i + 1])
      product[i] = (1200 * a * a - 400 * b + 2) * v[i] - 400 * a * v[i + 1]
      product[i + 1] = -400 * a * v[i] + 200 * v[i + 1]
    }
  }

  func gaussNewtonProduct(at x: Tensor<Double>, _ v: Tensor<Double>, into product: inout Tensor<Double>)
    throws
  {
    try hessianProduct(at: x, v, into: &product)
  }
}

@Suite("PSGD with a dense preconditioner")
struct PSGDDenseTests {
  /// The geometric mean of errors for several seeds.
  private func meanError(_ condition: Double, _ geometry: LieGroupFitting.Geometry, updates: Int) -> Double {
    let logarithms = (0..<9).map {
      log(denseFit(condition: condition, geometry: geometry, updates: updates, seed: UInt64($0)))
    }
    return exp(logarithms.reduce(0, +) / 9)
  }

  // Figures of a program in NumPy with other random numbers: 5e-7, 6e-5 and 4e-3 after 1000 updates.
  @Test(
    "the Procrustes geometry finds an inverse Hessian to rounding, soon",
    arguments: [(10.0, 5e-7), (100, 6e-5), (1000, 4e-3)])
  func procrustes(condition: Double, early: Double) {
    for seed: UInt64 in 0..<4 {
      #expect(denseFit(condition: condition, geometry: .procrustes, updates: 5000, seed: seed) < 1e-13)
    }
    let error = meanError(condition, .procrustes, updates: 1000)
    #expect(error < 3 * early && error > early / 3)
  }

  // 1e-5, 0.12 and 0.43 in the same program.
  @Test(
    "the triangular geometry is far slower",
    arguments: [(10.0, 1e-5, 4.0), (100, 0.12, 1.2), (1000, 0.43, 1.1)])
  func triangular(condition: Double, late: Double, band: Double) {
    let error = meanError(condition, .triangular, updates: 5000)
    #expect(error < band * late && error > late / band)
  }

  @Test("a triangular factor stays triangular, with a positive diagonal")
  func stays() {
    var (factor, stream) = (DenseFactor(order: 6, scale: 2), RandomStream(seed: 3))
    let h = cosineMatrix(order: 6, condition: 100)
    for _ in 0..<300 {
      let v = (0..<6).map { _ in stream.nextNormal() }
      factor.fit(v, h * v, LieGroupFitting(geometry: .triangular))
    }
    for i in 0..<6 {
      #expect(factor.matrix[i, i] > 0)
      for j in 0..<i { #expect(factor.matrix[i, j] == 0) }
    }
  }

  @Test("an indefinite Hessian: P is the inverse of its absolute value")
  func indefinite() throws {
    let n = 4
    var stream = RandomStream(seed: 2)
    let u = try Matrix<Double>.orthogonal(n, &stream)
    let values = [-2.0, -0.5, 1, 4]
    let h = u * .diagonal(values) * u.transpose
    var factor = DenseFactor(order: n, scale: 0.7)
    var mean = Matrix<Double>(rows: n, columns: n)
    // Pairs of an indefinite matrix never agree, so that P fluctuates: its mean over the last half.
    let updates = 20_000
    for update in 0..<updates {
      let v = (0..<n).map { _ in stream.nextNormal() }
      factor.fit(v, h * v, LieGroupFitting(rate: 0.02, damping: 0))
      if update >= updates / 2 {
        let q = Matrix<Double>(factor.matrix)
        mean = mean + (2 / Double(updates)) * (q.transpose * q)
      }
    }
    let absolute = u * .diagonal(values.map(abs)) * u.transpose
    #expect((mean * absolute - .identity(n)).largest < 0.1)
  }

  @Test("Rosenbrock's function in 100 variables from zero, with products and with differences of gradients")
  func rosenbrock() throws {
    let loss = RosenbrockPairs(layout: ParameterLayout(count: 100))
    let method = PSGDDenseNewton<Double>(rate: 1, momentum: 0.9, fitting: LieGroupFitting(rate: 0.5))
    var (exact, x) = (method, Tensor<Double>.zeros([100]))
    for _ in 0..<2000 { #expect(try exact.curvatureStep(loss, at: &x).evaluations == 1) }
    // 3e-10 and 4e-10 in a program in NumPy with other random numbers.
    #expect(try loss.value(at: x) < 4e-9)
    #expect(x.elements.allSatisfy { abs($0 - 1) < 1e-3 })
    var (differences, y) = (method, Tensor<Double>.zeros([100]))
    for _ in 0..<2000 { #expect(try differences.step(loss, at: &y).evaluations == 2) }
    #expect(try loss.value(at: y) < 4e-9)
  }

  @Test("steps are no longer than their limit; a loss without curvature stays where it is")
  func limits() throws {
    let loss = Quadratic(diagonal: [1, 10, 100])
    var (method, x) = (
      PSGDDenseNewton<Double>(rate: 0.5, normLimit: 0.01), Tensor<Double>([3.0, -4, 5])
    )
    for _ in 0..<5 {
      let before = x
      let report = try method.curvatureStep(loss, at: &x)
      let moved = (x - before).elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(moved - 0.005) < 1e-12)
      #expect(abs(try #require(report.diagnostics["step norm"]) - 0.005) < 1e-12)
    }
    let flat = Quadratic(diagonal: [0, 0])
    var (still, y) = (PSGDDenseNewton<Double>(rate: 1), Tensor<Double>([1.0, 2]))
    for _ in 0..<3 { _ = try still.curvatureStep(flat, at: &y) }
    #expect(y == Tensor([1.0, 2]))
  }
}

@Suite("PSGD with Kronecker products")
struct PSGDKronTests {
  private func symmetric(_ eigenvalues: [Double], _ stream: inout RandomStream) throws -> Matrix<Double> {
    let u = try Matrix<Double>.orthogonal(eigenvalues.count, &stream)
    return u * .diagonal(eigenvalues) * u.transpose
  }

  @Test(
    "gradients of Kronecker covariance are whitened: P C P = I",
    arguments: [
      LieGroupFitting(rate: 0.01, initialScale: 1),
      LieGroupFitting(geometry: .triangular, rate: 0.01, initialScale: 1),
    ])
  func whitening(fitting: LieGroupFitting) throws {
    var stream = RandomStream(seed: 5)
    let roots = [
      try symmetric([2, 1, 0.7, 0.4], &stream), try symmetric([1.5, 0.5, 1], &stream),
      try symmetric([0.5, 2], &stream),
    ]
    let shape = [4, 3, 2]
    let loss = GivenGradients(gradients(roots, count: 6000, seed: 9), layout: single(shape))
    var (method, x) = (PSGDKron<Double>(rate: 1e-3, fitting: fitting), Tensor<Double>.zeros([24]))
    // P fluctuates: its mean over the last steps.
    var means = shape.map { Matrix<Double>(rows: $0, columns: $0) }
    for step in 0..<6000 {
      _ = try method.step(loss, at: &x)
      guard step >= 3000 else { continue }
      for (k, q) in try factors(method.state, shape, isSquare: [true, true, true]).enumerated() {
        // Scales of factors drift against one another.
        let p = q.transpose * q
        let scale = 1 / p.rowMajor.reduce(0) { $0 + $1 * $1 }.squareRoot()
        means[k] = means[k] + (scale / 3000) * p
      }
    }
    for (k, root) in roots.enumerated() {
      // P ∝ root⁻¹, along each axis by itself.
      let product = means[k] * root
      let n = Double(shape[k])
      let trace = (0..<shape[k]).reduce(0) { $0 + product[$1, $1] } / n
      let error = (1 / trace) * product - .identity(shape[k])
      #expect(error.largest < 0.08, "axis \(k)")
    }
    // And the scale of the whole: directions have elements of size one.
    let q = try factors(method.state, shape, isSquare: [true, true, true])
    var square = 0.0
    let fresh = gradients(roots, count: 500, seed: 77)
    for g in fresh {
      var y = g
      for (axis, q) in q.enumerated() { y = along(axis, shape, q.transpose * q, y) }
      square += y.reduce(0) { $0 + $1 * $1 }
    }
    #expect(abs((square / (500 * 24)).squareRoot() - 1) < 0.1)
  }

  @Test("complex gradients are whitened by Hermitian factors on either side")
  func complex() throws {
    var stream = RandomStream(seed: 6)
    let (m, n) = (3, 2)
    let (u, w) = (try ComplexParts.unitary(m, &stream), try ComplexParts.unitary(n, &stream))
    func diagonal(_ values: [Double]) -> ComplexParts {
      ComplexParts(re: .diagonal(values), im: .diagonal(values.map { _ in 0 }))
    }
    let (left, right) = (u * diagonal([2, 1, 0.5]) * u.adjoint, w * diagonal([0.6, 1.4]) * w.adjoint)
    let gradients = (0..<6000).map { _ in (left * .normal(m, n, &stream) * right).pairs }
    let layout = single([m, n], isComplex: true)
    var (method, x) = (
      PSGDKron<Double>(rate: 1e-3, fitting: LieGroupFitting(rate: 0.01), maximumSkew: 2),
      Tensor<Double>.zeros([12])
    )
    let loss = GivenGradients(gradients, layout: layout)
    var (sumLeft, sumRight) = (diagonal([0, 0, 0]), diagonal([0, 0]))
    func plus(_ a: ComplexParts, _ b: ComplexParts) -> ComplexParts {
      ComplexParts(re: a.re + b.re, im: a.im + b.im)
    }
    for step in 0..<6000 {
      _ = try method.step(loss, at: &x)
      guard step >= 3000 else { continue }
      let all = try #require(method.state.doubles["factors"]).elements
      let q = ComplexParts(rows: m, columns: m, pairs: Array(all[..<18]))
      let r = ComplexParts(rows: n, columns: n, pairs: Array(all[18...]))
      let (p, s) = (q.adjoint * q, r.adjoint * r)
      func scaled(_ a: ComplexParts) -> ComplexParts {
        let size = a.pairs.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return ComplexParts(re: (1 / size) * a.re, im: (1 / size) * a.im)
      }
      (sumLeft, sumRight) = (plus(sumLeft, scaled(p)), plus(sumRight, scaled(s)))
    }
    for (product, order) in [(sumLeft * left, m), (right * sumRight, n)] {
      let trace = (0..<order).reduce(0) { $0 + product.re[$1, $1] } / Double(order)
      #expect(((1 / trace) * product.re - .identity(order)).largest < 0.08)
      #expect((1 / trace * product.im).largest < 0.08)
    }
  }

  @Test("a step by hand: directions by Kronecker products, factors along the relative gradient")
  func step() throws {
    let shape = [3, 5, 4]
    let layout = single(shape)
    var stream = RandomStream(seed: 1)
    // Orders 3 and 4 have 9 and 16 elements, 5 has 25, which are too many for a skew of 0.3 · 60 = 18.
    let isSquare = [true, false, true]
    let steps = (0..<6).map { _ in (0..<60).map { _ in stream.nextNormal() } }
    let loss = GivenGradients(steps, layout: layout)
    var method = PSGDKron<Double>(
      rate: 0.1, decay: 0.2, fitting: LieGroupFitting(damping: 0), rootMeanSquareLimit: 0.9,
      elementLimit: 1.5,
      maximumSkew: 0.3)
    var x = Tensor<Double>.full([60], 1)
    _ = try method.step(loss, at: &x)
    for t in 1..<6 {
      let (q, before) = (try factors(method.state, shape, isSquare: isSquare), x.elements)
      let lBefore = try #require(method.state.doubles["smoothness"]).elements
      _ = try method.step(loss, at: &x)
      let (next, l) = (
        try factors(method.state, shape, isSquare: isSquare),
        try #require(method.state.doubles["smoothness"]).elements
      )
      // The fit.
      var h = steps[t]
      for (axis, q) in q.enumerated() { h = along(axis, shape, q.transpose * q, h) }
      for axis in 0..<3 {
        let (n, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
        var gram = Matrix<Double>(rows: n, columns: n)
        for place in h.indices {
          let i = place / inner % n
          for k in 0..<n where isSquare[axis] || k == i {
            gram[i, k] += h[place] * h[place + (k - i) * inner]
          }
        }
        let target = Double(60 / n)
        let largest = try SymmetricEigen(gram).values.last!
        // The norm is a lower bound, and close.
        let estimate = max(0.9 * lBefore[axis] + 0.1 * (largest + target), largest + target)
        #expect(l[axis] < estimate * (1 + 1e-12) && l[axis] > 0.9 * estimate)
        let moved = q[axis] - (0.1 / l[axis]) * ((gram - target * .identity(n)) * q[axis])
        // P does not feel the rotation, up to its fourth order.
        let difference = next[axis].transpose * next[axis] - moved.transpose * moved
        #expect(difference.largest < 1e-4 * (moved.transpose * moved).largest)
      }
      // The direction.
      var d = steps[t]
      for (axis, q) in next.enumerated() { d = along(axis, shape, q.transpose * q, d) }
      let size = (d.reduce(0) { $0 + $1 * $1 } / 60).squareRoot()
      for i in 0..<60 {
        let clipped = min(max(size > 0.9 ? d[i] * 0.9 / size : d[i], -1.5), 1.5)
        #expect(abs(x[i] - ((1 - 0.1 * 0.2) * before[i] - 0.1 * clipped)) < 1e-12)
      }
    }
  }

  @Test("arrays of one axis: every element is divided by its root mean square")
  func diagonal() throws {
    var stream = RandomStream(seed: 8)
    let sizes = [1e-3, 1, 50]
    let steps = (0..<4000).map { _ in sizes.map { $0 * stream.nextNormal() } }
    let loss = GivenGradients(steps, layout: single([3]))
    var (method, x) = (
      PSGDKron<Double>(rate: 1e-3, fitting: LieGroupFitting(rate: 0.02)), Tensor<Double>.zeros([3])
    )
    for _ in 0..<4000 { _ = try method.step(loss, at: &x) }
    let q = try #require(method.state.doubles["factors"]).elements
    for i in 0..<3 { #expect(abs(log(q[i] * q[i] * sizes[i])) < 0.35) }
  }

  @Test("long diagonal factors beside small square ones: the same as with room for large ones")
  func longDiagonals() throws {
    // Of a matrix [2, 500], the second axis has a diagonal. A tensor behind it with a large square factor changes nothing.
    let (alone, beside) = (single([2, 500]), single([2, 500]).appending("square", shape: [40, 40]))
    var stream = RandomStream(seed: 2)
    let steps = (0..<30).map { _ in (0..<2600).map { _ in stream.nextNormal() } }
    func path(_ layout: ParameterLayout) throws -> [[Double]] {
      let n = layout.count
      return try train(
        GivenGradients(steps.map { Array($0[..<n]) }, layout: layout), from: Array(repeating: 0, count: n),
        steps: 30, with: PSGDKron<Double>(rate: 0.1, fitting: LieGroupFitting(initialScale: 1))
      ).map { Array($0[..<1000]) }
    }
    #expect(try path(alone) == path(beside))
  }

  @Test("a first gradient of zero, and one whose fourth power overflows")
  func cold() throws {
    let layout = single([4, 3]).appending("b", shape: [3])
    func run(_ gradients: [[Float]]) throws -> [[Float]] {
      try train(
        GivenFloatGradients(gradients, layout: layout), from: Array(repeating: 0, count: 15),
        steps: gradients.count, with: PSGDKron<Float>(rate: 1, momentum: 0.5))
    }
    let usual = (0..<15).map { Float(sin(Double($0) + 1)) }
    let nothing = Array(repeating: Float(0), count: 15)
    for size: Float in [1e12, 1e30, 1e-30, 1] {
      let path = try run([nothing, nothing] + Array(repeating: usual.map { size * $0 }, count: 8))
      // Nothing moves by nothing; then the scale of the gradient does not matter.
      #expect(path[0] == nothing && path[1] == nothing)
      #expect(path.allSatisfy { $0.allSatisfy(\.isFinite) })
      let moved = zip(path[9], path[8]).map { abs($0 - $1) }
      #expect(moved.max()! < 10.001)
      #expect(size < 1e-20 || moved.max()! > 0.05)
    }
    // From small to huge in one step, and back.
    let jumps = [usual.map { 1e-8 * $0 }, usual.map { 1e30 * $0 }, usual, nothing, usual]
    #expect(try run(jumps).allSatisfy { $0.allSatisfy(\.isFinite) })
    let wide = [[1e-150, 1, 1e145], [1e150, -1e100, 1e-150], [0, 0, 0], [1, 1, 1]]
    let path = try train(
      GivenGradients(wide, layout: single([3])), from: [0, 0, 0], steps: 4, with: PSGDKron(rate: 1))
    #expect(path.allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  @Test("the mean of the gradients: the plain one at first")
  func momentum() throws {
    let loss = GivenGradients([[1.0, 2], [3, 5], [5, 5]], layout: single([2]))
    var (method, x) = (PSGDKron<Double>(momentum: 0.6, whitensMean: true), Tensor([0.0, 0]))
    for expected in [[1.0, 2], [2, 3.5], [0.6 * 2 + 0.4 * 5, 0.6 * 3.5 + 0.4 * 5]] {
      _ = try method.step(loss, at: &x)
      #expect(largestDifference(try #require(method.state.tensors["m"]).elements, expected) < 1e-14)
    }
  }

  @Test("names of spectral weights that are none are refused")
  func spectral() {
    var method = PSGDKron<Double>(spectral: "a")
    #expect(throws: OptimizerError.notSpectral(name: "a", shape: [3, 2])) {
      try method.prepare(for: ParameterLayout().appending("a", shape: [3, 2]))
    }
  }
}
