import Foundation
import Tensors
import Testing
import Transforms

@Suite("Fourier transforms of tensors")
struct FourierTensorTests {
  func random(_ shape: [Int], seed: UInt64) -> Tensor<Double> {
    var stream = RandomStream(seed: seed)
    return Tensor.randomNormal(shape, from: &stream)
  }

  @Test("complex transforms agree with the definition and are undone", arguments: [[7], [4, 6], [3, 4, 5]])
  func complex(shape: [Int]) {
    let z = ComplexTensor(random(shape, seed: 1), random(shape, seed: 2))
    let expected = ComplexTensor(shape: shape, definition(of: z.elements, shape: shape, sign: -1))
    #expect((z.fft() - expected).parts.maxMagnitude() < 1e-13)
    #expect((z.fft().ifft() - z).parts.maxMagnitude() < 1e-14)
  }

  @Test("batches, odd sizes and both precisions", arguments: [[5, 7], [3, 4, 5], [2, 3, 3, 5]])
  func batches(shape: [Int]) {
    let rank = shape.count - 1
    let x = random(shape, seed: 3)
    let (all, last) = (x.rfft(rank: rank), shape.last!)
    #expect(all.shape == shape.dropLast() + [last / 2 + 1])
    for b in 0..<shape[0] {
      let one = x.entry(axis: 0, b).rfft()
      #expect((ComplexTensor(parts: all.parts.entry(axis: 0, b)) - one).parts.maxMagnitude() < 1e-14)
    }
    #expect((all.irfft(last: last, rank: rank) - x).maxMagnitude() < 1e-14)
    let single = Tensor<Float>(x)
    #expect((single.rfft(rank: rank).irfft(last: last, rank: rank) - single).maxMagnitude() < 2e-6)
    #expect((Tensor<Double>(single.rfft(rank: rank).parts) - all.parts).maxMagnitude() < 1e-4)
  }

  @Test("products of complex tensors are those of complex numbers")
  func products() {
    let (a, b) = (
      ComplexTensor(random([6], seed: 1), random([6], seed: 2)),
      ComplexTensor(random([6], seed: 3), random([6], seed: 4))
    )
    let symbol = random([6], seed: 5)
    for i in 0..<6 {
      #expect(((a * b)[i] - a[i] * b[i]).magnitude < 1e-15 * 20)
      #expect(((symbol * a)[i] - symbol[i] * a[i]).magnitude < 1e-15)
      #expect(abs(a.squaredMagnitude[i] - a[i].squaredMagnitude) < 1e-14)
      #expect(a[i] == Complex(a.real[i], a.imaginary[i]))
    }
  }

  @Test("cosine and sine transforms along chosen axes")
  func realTransforms() {
    let x = random([4, 5, 6], seed: 6)
    let along = x.dct(type: 2, axes: [1])
    let line = x.entry(axis: 2, 3).entry(axis: 0, 2).dct(type: 2)
    for k in 0..<5 { #expect(abs(along[2, k, 3] - line[k]) < 1e-14) }
    let back = along.dct(type: 3, axes: [-2]) / 10
    #expect((back - x).maxMagnitude() < 1e-14)
    let mixed = x.realTransform([.dst1, .dct4], axes: [2, 0])
    #expect((mixed - x.dst(type: 1, axes: [2]).dct(type: 4, axes: [0])).maxMagnitude() < 1e-13)
    for type in 1...4 {
      let inverse = [1, 3, 2, 4][type - 1]
      let cosines = x.dct(type: type).dct(type: inverse)
      let points = type == 1 ? 6 * 8 * 10 : 8 * 10 * 12
      #expect((cosines / Double(points) - x).maxMagnitude() < 1e-14)
      let sines = x.dst(type: type).dst(type: inverse)
      #expect((sines / Double(type == 1 ? 10 * 12 * 14 : 8 * 10 * 12) - x).maxMagnitude() < 1e-14)
    }
  }

  @Test("wavenumbers stand in the order of the transforms")
  func wavenumbers() {
    #expect(Wavenumbers(count: 6, length: 1).integers == [0, 1, 2, -3, -2, -1])
    #expect(Wavenumbers(count: 5, length: 1).integers == [0, 1, 2, -2, -1])
    #expect(Wavenumbers(count: 6, length: 1, half: true).integers == [0, 1, 2, 3])
    #expect(Wavenumbers(count: 5, length: 1, half: true).integers == [0, 1, 2])
    #expect(Wavenumbers(count: 1, length: 1).integers == [0])
    #expect(Wavenumbers(count: 8, length: .pi, half: true).values == [0, 2, 4, 6, 8])
    #expect(Wavenumbers(count: 4, length: 2 * .pi).derivative(order: 1) == [0, 1, 0, -1])
    #expect(Wavenumbers(count: 4, length: 2 * .pi).derivative(order: 2) == [0, -1, -4, -1])
    #expect(Wavenumbers(count: 4, length: 2 * .pi, half: true).derivative(order: 3) == [0, -1, 0])
    #expect(Wavenumbers(count: 5, length: 2 * .pi, half: true).derivative(order: 4) == [0, 1, 16])
    #expect(Wavenumbers.cosine(count: 3, length: .pi) == [0, 1, 2])
    #expect(Wavenumbers.sine(count: 3, length: .pi) == [1, 2, 3])
  }

  @Test("symbols differentiate, to spectral accuracy", arguments: 1...4)
  func derivatives(order: Int) {
    let (n, length) = (64, 3.0)
    let w = 2 * Double.pi / length
    // exp(sin wx) and its derivatives with respect to s = wx.
    let s = (0..<n).map { 2 * Double.pi * Double($0) / Double(n) }
    let u = Tensor(s.map { exp(sin($0)) })
    let exact = s.map { (s: Double) -> Double in
      let (a, b, e) = (sin(s), cos(s), exp(sin(s)))
      switch order {
      case 1: return e * b
      case 2: return e * (b * b - a)
      case 3: return e * (b * b * b - 3 * a * b - b)
      default: return e * (b * b * b * b - 6 * a * b * b - 4 * b * b + 3 * a * a + a)
      }
    }
    let symbol = Tensor(Wavenumbers(count: n, length: length, half: true).derivative(order: order))
    var spectrum = symbol * u.rfft()
    if order % 2 == 1 { spectrum = ComplexTensor(-spectrum.imaginary, spectrum.real) }
    let result = spectrum.irfft(last: n)
    let scale = (0..<order).reduce(1.0) { power, _ in power * w }
    #expect((result / scale - Tensor(exact)).maxMagnitude() < 1e-15 * pow(Double(n), Double(order)))
  }
}
