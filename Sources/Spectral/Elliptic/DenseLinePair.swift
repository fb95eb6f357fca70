import Tensors

/// Matrices that take lines of values to amplitudes (`modes` × `inputs`) and back (`outputs` × `modes`).
///
/// Where points are symmetric about the middle and modes even or odd, sums and differences of mirrored values reach one
/// kind of modes each, which halves the work (Solomonoff, J. Comput. Phys. 98, 1992). Even modes come first.
final class DenseLinePair: Sendable {
  let inputs: Int
  let modes: Int
  let outputs: Int
  private let isSymmetric: Bool
  /// Row-major, rows of `inputs` numbers; with symmetry the even modes' rows of the first half, then the odd modes' of
  /// the second half of what folding leaves.
  private let analysis: Buffer<Double>
  private let synthesis: Buffer<Double>

  private var evenModes: Int { (modes + 1) / 2 }
  private var oddModes: Int { modes / 2 }

  /// - Parameters:
  ///   - analysis: Row-major, modes × inputs.
  ///   - synthesis: Row-major, outputs × modes.
  ///   - isSymmetric: Whether points are symmetric, and modes even, then odd.
  init(
    inputs: Int, modes: Int, outputs: Int, analysis: [Double], synthesis: [Double], isSymmetric: Bool
  ) {
    precondition(
      analysis.count == modes * inputs && synthesis.count == outputs * modes,
      "\(analysis.count) and \(synthesis.count) elements for \(modes) × \(inputs) and \(outputs) × \(modes) matrices"
    )
    (self.inputs, self.modes, self.outputs, self.isSymmetric) = (inputs, modes, outputs, isSymmetric)
    var (forward, backward) = (analysis, synthesis)
    if isSymmetric {
      let even = (modes + 1) / 2
      forward = (0..<modes).flatMap { j in
        (j < even ? 0..<(inputs + 1) / 2 : (inputs + 1) / 2..<inputs).map { i in
          // The second half of a folded line holds differences, first minus last, from the middle outwards.
          analysis[j * inputs + (j < even ? i : inputs - 1 - i)]
        }
      }
      backward = (0..<outputs).flatMap { i in
        i < (outputs + 1) / 2
          ? (0..<even).map { synthesis[i * modes + $0] }
          : (even..<modes).map { synthesis[(outputs - 1 - i) * modes + $0] }
      }
    }
    self.analysis = Buffer(uninitialized: Swift.max(forward.count, 1))
    self.synthesis = Buffer(uninitialized: Swift.max(backward.count, 1))
    for (i, value) in forward.enumerated() { self.analysis.pointer[i] = value }
    for (i, value) in backward.enumerated() { self.synthesis.pointer[i] = value }
  }

  /// Values to amplitudes; the values are overwritten.
  func forward(
    _ values: UnsafeMutablePointer<Double>, _ amplitudes: UnsafeMutablePointer<Double>, lanes: Int,
    stride: Int
  ) {
    guard isSymmetric else {
      multiply(values, analysis.pointer, amplitudes, from: inputs, to: modes, lanes, stride)
      return
    }
    let half = (inputs + 1) / 2
    fold(values, count: inputs, lanes: lanes, stride: stride)
    multiply(values, analysis.pointer, amplitudes, from: half, to: evenModes, lanes, stride)
    multiply(
      values + half, analysis.pointer + evenModes * half, amplitudes + evenModes, from: inputs - half,
      to: oddModes, lanes, stride)
  }

  /// Amplitudes to values.
  func backward(
    _ amplitudes: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>, lanes: Int,
    stride: Int
  ) {
    guard isSymmetric else {
      multiply(amplitudes, synthesis.pointer, values, from: modes, to: outputs, lanes, stride)
      return
    }
    let half = (outputs + 1) / 2
    multiply(amplitudes, synthesis.pointer, values, from: evenModes, to: half, lanes, stride)
    multiply(
      amplitudes + evenModes, synthesis.pointer + half * evenModes, values + half, from: oddModes,
      to: outputs - half, lanes, stride)
    fold(values, count: outputs, lanes: lanes, stride: stride)
  }

  /// Replaces element i by its sum with the mirrored one, and that by the difference; the middle one stays.
  private func fold(_ lines: UnsafeMutablePointer<Double>, count: Int, lanes: Int, stride: Int) {
    for lane in 0..<lanes {
      let line = lines + lane * stride
      for i in 0..<count / 2 {
        let (a, b) = (line[i], line[count - 1 - i])
        line[i] = a + b
        line[count - 1 - i] = a - b
      }
    }
  }

  private func multiply(
    _ lines: UnsafePointer<Double>, _ matrix: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>,
    from inner: Int, to columns: Int, _ lanes: Int, _ stride: Int
  ) {
    guard columns > 0 else { return }
    guard inner > 0 else {
      for lane in 0..<lanes { (result + lane * stride).update(repeating: 0, count: columns) }
      return
    }
    Double.multiplyMatrices(
      rows: lanes, columns: columns, inner: inner, alpha: 1, lines, leading: stride, transposed: false,
      matrix, leading: inner, transposed: true, beta: 0, result, leading: stride)
  }
}
