import Algebra
import Foundation
import Tensors

/// Estimates of the diagonal of a matrix that is known by its products alone: means of z ∘ B z over vectors z of random
/// signs (Bekas, Kokiopoulou and Saad, Appl. Numer. Math. 57, 2007), exact for a diagonal matrix. Random numbers are
/// counted, so that they depend on nothing but the numbers that are given.
final class DiagonalEstimate<Scalar: OptimizerScalar> {
  private var signs, product, inverse: Tensor<Scalar>
  private let passes: VectorPasses<Scalar>
  private let drawing, average, inversion: SegmentPass<Scalar>
  /// The seed and stream of the signs, and how many elements of it were used.
  private let stream = Buffer<UInt64>(count: 3)

  init(_ layout: ParameterLayout) {
    signs = .zeros([layout.count])
    product = .zeros([layout.count])
    inverse = .zeros([layout.count])
    passes = VectorPasses(count: layout.count, pool: .shared)
    let stream = stream
    drawing = SegmentPass(layout) { operands, tile, _ in
      let z = operands.x! + tile.start
      Scalar.fillUniform(
        z, count: tile.count, seed: stream.pointer[0], stream: stream.pointer[1],
        first: stream.pointer[2] + UInt64(tile.start))
      Scalar.signs(z, count: tile.count)
    }
    average = SegmentPass(layout) { operands, tile, _ in
      Scalar.meanProduct(
        operands.x! + tile.start, operands.first! + tile.start, operands.second! + tile.start,
        keep: operands.coefficients[0], weight: operands.coefficients[1], count: tile.count)
    }
    let room = Buffer<Double>(count: layout.count)
    inversion = SegmentPass(layout) { operands, tile, _ in
      let (values, c) = (room.pointer + tile.start, operands.coefficients)
      Scalar.convert(operands.first! + tile.start, toDouble: values, count: tile.count)
      for k in 0..<tile.count {
        let value = max(abs(values[k]) + c[0], c[1])
        values[k] = c[2] == 1 ? 1 / value : Foundation.pow(value, -c[2])
      }
      Scalar.convert(values, to: operands.x! + tile.start, count: tile.count)
    }
  }

  /// d = keep d + (1 − keep) z ∘ B z with the signs of the given number of a stream.
  func addSample(
    to d: inout Tensor<Scalar>, keep: Double, seed: UInt64, stream number: UInt64, sample: Int,
    multiply: (_ v: Tensor<Scalar>, _ product: inout Tensor<Scalar>) throws -> Void
  ) throws {
    (stream.pointer[0], stream.pointer[1]) = (seed, number)
    stream.pointer[2] = UInt64(sample) * UInt64(d.count)
    var operands = SegmentPass<Scalar>.Operands()
    signs.withUnsafeMutableBufferPointer { operands.x = $0.baseAddress }
    drawing.run(operands)
    try multiply(signs, &product)
    signs.withUnsafeMutableBufferPointer { operands.first = $0.baseAddress }
    product.withUnsafeMutableBufferPointer { operands.second = $0.baseAddress }
    d.withUnsafeMutableBufferPointer { operands.x = $0.baseAddress }
    operands.coefficients[0] = keep
    operands.coefficients[1] = 1 - keep
    average.run(operands)
  }

  /// Prepares divisions by (|d| + damping)^exponent, in which no element is below the rounding of the largest.
  func invert(_ d: Tensor<Scalar>, damping: Double, exponent: Double) {
    var operands = SegmentPass<Scalar>.Operands()
    let largest = d.withUnsafeBufferPointer { d in
      operands.first = UnsafeMutablePointer(mutating: d.baseAddress)
      return d.baseAddress.map { Double(Scalar.maximumMagnitude($0, count: d.count)) } ?? 0
    }
    inverse.withUnsafeMutableBufferPointer { operands.x = $0.baseAddress }
    let floor = Double(Scalar.ulpOfOne) * (largest + damping)
    operands.coefficients[0] = damping
    operands.coefficients[1] = floor > 0 ? floor : 1
    operands.coefficients[2] = exponent
    inversion.run(operands)
  }

  /// Writes r divided by what was prepared.
  func divide(_ r: Tensor<Scalar>, into z: inout Tensor<Scalar>) {
    z.withUnsafeMutableBufferPointer { z in
      r.withUnsafeBufferPointer { r in
        inverse.withUnsafeBufferPointer { d in
          if let r = r.baseAddress { passes.multiply(d.baseAddress!, r, to: z.baseAddress!) }
        }
      }
    }
  }
}
