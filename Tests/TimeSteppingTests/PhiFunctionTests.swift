import Algebra
import Tensors
import Testing
import TimeStepping

/// The φ functions of numbers, of small matrices and of dense operators.
@Suite struct PhiFunctionTests {
  @Test(arguments: PhiReference.all)
  func numbers(_ reference: PhiReference) {
    for highest in 0...5 {
      let values = reference.z.phis(highest)
      #expect(values.count == highest + 1)
      for k in 0...highest {
        // The scale of φ_k away from its zeros, with an allowance for the rounding of z itself in exp(z).
        let expected = reference.phi[k]
        let scale = max(
          expected.magnitude, k == 0 ? 1e-300 : 0.1 / (factorial(k) * (1 + reference.z.magnitude)))
        let error = (values[k] - expected).magnitude / scale
        #expect(error < 4e-15, "phi_\(k) of \(reference.z) among \(highest): \(values[k]), not \(expected)")
        #expect(reference.z.phi(k).isFinite)
      }
    }
  }

  @Test func symbolOfZero() {
    for (k, value) in Complex<Double>.zero.phis(6).enumerated() {
      #expect(abs(value.real * factorial(k) - 1) < 1e-15 && value.imaginary == 0)
    }
  }

  /// A = V D V⁻¹ with a well-conditioned V: φ(A) = V φ(D) V⁻¹. The entries of A are rounded, which changes the result
  /// by the unit roundoff times the norm; so much error is allowed, and no more.
  @Test(arguments: [1e-12, 1e-6, 1e-3, 0.3, 1, 7, 100, 1e4, 1e6])
  func diagonalisableMatrices(scale: Double) {
    let directions: [[Complex<Double>]] = [
      [Complex(-1), Complex(-0.25), Complex(-0.001)],
      [Complex(0, 1), Complex(0, -1), Complex(0, 0.3)],
      [Complex(-0.6, 0.8), Complex(-0.6, -0.8), Complex(0)],
    ]
    let (v, inverse) = (Self.vectors, Self.inverseVectors)
    for direction in directions {
      let eigenvalues = direction.map { scale * $0 }
      let matrix = v * SmallComplexMatrix(diagonal: eigenvalues) * inverse
      let values = matrix.phis(4)
      for k in 0...4 {
        let expected = v * SmallComplexMatrix(diagonal: eigenvalues.map { $0.phi(k) }) * inverse
        let error = (values[k] - expected).largestEntry * factorial(k)
        #expect(error < 2e-15 * (1 + scale) * 10, "phi_\(k), scale \(scale): error \(error)")
      }
    }
  }

  /// φ_k of a Jordan block holds φ_k^{(j)}(λ)/j! on its j-th superdiagonal, and φ_k′ = φ_k − k φ_{k+1}.
  @Test(arguments: [Complex(0.0), Complex(-0.7), Complex(0, 3), Complex(-40, 5), Complex(2.0)])
  func jordanBlocks(eigenvalue: Complex<Double>) {
    var block = SmallComplexMatrix(diagonal: [eigenvalue, eigenvalue, eigenvalue])
    block[0, 1] = .one
    block[1, 2] = .one
    let scalar = eigenvalue.phis(6)
    let values = block.phis(4)
    for k in 0...4 {
      let n = Double(k)
      let first = scalar[k] - n * scalar[k + 1]
      // φ_k″ = φ_k′ − k φ_{k+1}′
      let second = first - n * (scalar[k + 1] - (n + 1) * scalar[k + 2])
      let expected = [scalar[k], first, 0.5 * second]
      for i in 0..<3 {
        for j in 0..<3 {
          let entry = j < i ? .zero : expected[j - i]
          #expect(
            (values[k][i, j] - entry).magnitude < 2e-14 * (1 + scalar[k].magnitude), "phi_\(k)[\(i), \(j)]")
        }
      }
    }
  }

  /// At eigenvalue zero the entries are the plain numbers 1/(k + j)!.
  @Test func nilpotentBlock() {
    let block = SmallComplexMatrix(size: 2, elements: [.zero, .one, .zero, .zero])
    for (k, value) in block.phis(4).enumerated() {
      #expect(abs(value[0, 0].real - 1 / factorial(k)) < 1e-16)
      #expect(abs(value[0, 1].real - 1 / factorial(k + 1)) < 1e-16)
      #expect(value[1, 0] == .zero)
    }
  }

  /// A slow mode keeps its accuracy beside a fast one that drives it: doubling exp(A) itself would lose six digits.
  @Test func stiffTriangularBlock() {
    let (fast, slow) = (-1e6, -1e-3)
    let block = SmallComplexMatrix(size: 2, elements: [Complex(fast), .zero, .one, Complex(slow)])
    let values = block.phis(3)
    for k in 0...3 {
      let (a, b) = (Complex(fast).phi(k), Complex(slow).phi(k))
      #expect((values[k][1, 1] - b).magnitude < 1e-14)
      #expect((values[k][0, 0] - a).magnitude < 1e-14)
      // The divided difference of φ_k.
      let coupling = (1 / (fast - slow)) * (a - b)
      #expect((values[k][1, 0] - coupling).magnitude < 1e-14 * coupling.magnitude)
    }
  }

  @Test func denseAgreesWithSmall() {
    let n = 5
    var dense = DenseSymbol(size: n, elements: [Double](repeating: 0, count: n * n))
    for i in 0..<n {
      for j in 0..<n { dense[i, j] = (i == j ? -6 : 0) + Double((7 * i + 3 * j) % 5) - 0.5 * Double(j) }
    }
    let small = SmallComplexMatrix(size: n, elements: dense.elements.map { Complex($0) })
    for (a, b) in zip(dense.phis(4), small.phis(4)) { #expect(difference(a, b) < 1e-13) }
    #expect(difference(dense.inverse, small.inverse) < 1e-13)
    #expect(difference(dense * dense.inverse, small.identity) < 1e-13)
    #expect(difference(dense + 2 * dense * dense - dense, 2 * small * small) < 1e-12)
  }

  /// exp(t D²) acts on sin(πx) as multiplication by exp(−π² t); D² is the stiff Chebyshev matrix with walls at ±1.
  @Test func chebyshevHeat() {
    let (d2, x) = chebyshevSecondDerivative(24)
    let t = 0.05
    let mode = x.map { sinPi($0) }
    let phi = (t * d2).phis(1)
    for (k, factor) in [Complex(-t * .pi * .pi).phi(0), Complex(-t * .pi * .pi).phi(1)].enumerated() {
      for i in x.indices {
        let value = x.indices.reduce(0) { $0 + phi[k][i, $1] * mode[$1] }
        #expect(abs(value - factor.real * mode[i]) < 1e-10)
      }
    }
  }

  @Test func inverses() {
    let matrix = Self.vectors * SmallComplexMatrix(diagonal: [Complex(2, 1), Complex(-3), Complex(0, 4)])
    #expect((matrix * matrix.inverse - matrix.identity).largestEntry < 1e-14)
    // A zero on the diagonal needs a pivot.
    let swap = SmallComplexMatrix(size: 2, elements: [.zero, .one, Complex(0, 2), .zero])
    #expect((swap * swap.inverse - swap.identity).largestEntry < 1e-15)
    #expect(
      !SmallComplexMatrix(size: 2, elements: [.one, .one, .one, .one]).inverse.elements.allSatisfy {
        $0.isFinite
      })
    #expect(!DenseSymbol(size: 2, elements: [1, 1, 1, 1]).inverse.elements.allSatisfy { $0.isFinite })
  }

  private static let vectors = SmallComplexMatrix(
    size: 3,
    elements: [
      Complex(1), Complex(0.5), Complex(0), Complex(0), Complex(1), Complex(0, 0.5), Complex(0), Complex(0),
      Complex(1),
    ])
  private static let inverseVectors = SmallComplexMatrix(
    size: 3,
    elements: [
      Complex(1), Complex(-0.5), Complex(0, 0.25), Complex(0), Complex(1), Complex(0, -0.5), Complex(0),
      Complex(0),
      Complex(1),
    ])
}
