/// Numbers in four bits each, with one scale for up to 64 neighbours in a row (Wang et al., NeurIPS 2024): of sixteen
/// evenly spaced points of [−1, 1] the eighth is set to zero, and then each is squared with its sign, so that small numbers,
/// of which vectors of an orthogonal matrix have many, lie closer.
package enum FourBitCode {
  /// The numbers that a code stands for, times the scale.
  package static let values: [Double] = (0..<16).map {
    let x = $0 == 7 ? 0 : -1 + 2 * Double($0) / 15
    return x * abs(x)
  }

  /// Between which two values a number goes to which.
  private static let bounds = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }

  /// Neighbours with one scale.
  package static let block = 64

  /// Bytes and scales of a row.
  package static func bytes(_ count: Int) -> Int { (count + 1) / 2 }
  package static func scales(_ count: Int) -> Int { (count + block - 1) / block }

  /// Writes the codes and scales of rows of `count` numbers each.
  package static func encode(
    _ x: UnsafePointer<Double>, rows: Int, count: Int, codes: UnsafeMutablePointer<UInt8>,
    scales: UnsafeMutablePointer<Float>
  ) {
    bounds.withUnsafeBufferPointer { bounds in
      for i in 0..<rows {
        let (row, bytes) = (x + i * count, codes + i * Self.bytes(count))
        for b in 0..<Self.scales(count) {
          let range = b * block..<min((b + 1) * block, count)
          var largest = 0.0
          for j in range { largest = max(largest, abs(row[j])) }
          let scale = Float(largest)
          scales[i * Self.scales(count) + b] = scale
          let factor = scale > 0 ? 1 / Double(scale) : 0
          for j in range {
            let number = row[j] * factor
            var code: UInt8 = 0
            for k in 0..<15 where number > bounds[k] { code = UInt8(k + 1) }
            // A block is even, so that a byte begins within it.
            bytes[j / 2] = j % 2 == 0 ? code : bytes[j / 2] | code << 4
          }
        }
      }
    }
  }

  /// Writes the numbers of codes and scales.
  package static func decode(
    _ codes: UnsafePointer<UInt8>, scales: UnsafePointer<Float>, rows: Int, count: Int,
    into x: UnsafeMutablePointer<Double>
  ) {
    values.withUnsafeBufferPointer { values in
      for i in 0..<rows {
        let (row, bytes) = (x + i * count, codes + i * bytes(count))
        for j in 0..<count {
          let code = j % 2 == 0 ? bytes[j / 2] & 15 : bytes[j / 2] >> 4
          row[j] = values[Int(code)] * Double(scales[i * Self.scales(count) + j / block])
        }
      }
    }
  }
}

/// Björck's iteration V ← 3/2 V − 1/2 V Vᵀ V, which makes nearly orthonormal rows orthonormal (Björck and Bowie, SIAM J.
/// Numer. Anal. 8, 1971). `first` and `second` have room for a matrix each.
package func orthonormalizeByBjorck(
  _ v: UnsafeMutablePointer<Double>, order n: Int, steps: Int, _ first: UnsafeMutablePointer<Double>,
  _ second: UnsafeMutablePointer<Double>
) {
  let field = MatrixField(isComplex: false)
  for _ in 0..<steps {
    field.multiply(n, n, n, v, n, v, n, timesAdjoint: true, first, n)
    second.update(from: v, count: n * n)
    field.multiply(n, n, n, alpha: -0.5, first, n, second, n, beta: 1.5, v, n)
  }
}
