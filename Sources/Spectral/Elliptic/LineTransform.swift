import Foundation
import Tensors
import Transforms

/// What takes the values along a line to amplitudes of modes and back.
enum LineTransformKind: Sendable {
  /// A line of one point.
  case identity
  /// A cosine or sine transform of so many points.
  case real(RealTransformKind, count: Int)
  /// A Fourier transform of so many real points. Amplitudes are packed as the real part of mode 0, for even counts that
  /// of the highest mode, then real and imaginary parts of modes 1, 2, ….
  case fourier(count: Int)
  /// Matrices.
  case dense(DenseLinePair)

  /// How many lines are transformed together.
  var preferredLanes: Int {
    // Eight doubles fill a cache line; products of matrices want more.
    if case .dense = self { 64 } else { 8 }
  }
}

/// A transform of several lines at a time, each contiguous, between two pieces of scratch.
///
/// Runs on the calling thread; any number of threads may run it at the same time on scratch of their own.
final class LineTransform: Sendable {
  /// Lines per call.
  let lanes: Int
  /// The distance between lines in scratch, for values and for amplitudes.
  let stride: Int
  private let work: Work

  private enum Work: Sendable {
    case identity
    case real(RealTransformPlan<Double>, RealTransformPlan<Double>)
    case fourier(count: Int, FFTPlan<Double>, FFTPlan<Double>)
    case dense(DenseLinePair)
  }

  /// The scratch stride for lines of up to `count` numbers: whole cache lines, and never a multiple of a page, so that
  /// the same element of all lines does not compete for one cache set.
  static func stride(for count: Int) -> Int {
    let padded = (count + 2 + 7) / 8 * 8
    return padded % 512 == 0 ? padded + 8 : padded
  }

  /// The transform of `lanes` lines that lie `stride` apart.
  init(_ kind: LineTransformKind, lanes: Int, stride: Int) {
    self.lanes = lanes
    self.stride = stride
    switch kind {
    case .identity: work = .identity
    case .real(let kind, let count):
      let make = { (kind: RealTransformKind) in
        RealTransformPlan<Double>(
          kinds: [kind], shape: [count], batch: lanes, inputDistance: stride, outputDistance: stride)
      }
      let forward = make(kind)
      work = .real(forward, kind.inverse == kind ? forward : make(kind.inverse))
    case .fourier(let count):
      work = .fourier(
        count: count,
        FFTPlan(
          .realToComplex, shape: [count], batch: lanes, inputDistance: stride, outputDistance: stride / 2),
        FFTPlan(
          .complexToReal, shape: [count], batch: lanes, inputDistance: stride / 2, outputDistance: stride))
    case .dense(let pair): work = .dense(pair)
    }
  }

  /// Values to amplitudes; the values may be overwritten.
  func forward(_ values: UnsafeMutablePointer<Double>, _ modes: UnsafeMutablePointer<Double>) {
    switch work {
    case .identity: for lane in 0..<lanes { modes[lane * stride] = values[lane * stride] }
    case .real(let plan, _): plan.execute(values, modes)
    case .fourier(let count, let plan, _):
      plan.execute(values, modes)
      for lane in 0..<lanes {
        let line = modes + lane * stride
        if count % 2 == 0 {
          line[1] = line[count]
        } else {
          // The vanishing imaginary part of mode 0 is squeezed out.
          for j in 1..<Swift.max(count, 1) { line[j] = line[j + 1] }
        }
      }
    case .dense(let pair): pair.forward(values, modes, lanes: lanes, stride: stride)
    }
  }

  /// Amplitudes to values; the amplitudes may be overwritten.
  func backward(_ modes: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>) {
    switch work {
    case .identity: for lane in 0..<lanes { values[lane * stride] = modes[lane * stride] }
    case .real(_, let plan): plan.execute(modes, values)
    case .fourier(let count, _, let plan):
      for lane in 0..<lanes {
        let line = modes + lane * stride
        if count % 2 == 0 {
          line[count] = line[1]
          line[count + 1] = 0
        } else {
          for j in Swift.stride(from: count, to: 1, by: -1) { line[j] = line[j - 1] }
        }
        line[1] = 0
      }
      plan.execute(modes, values)
    case .dense(let pair): pair.backward(modes, values, lanes: lanes, stride: stride)
    }
  }
}
