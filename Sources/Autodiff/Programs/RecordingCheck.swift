import Foundation
import Tensors

/// The first value in which two recordings of one computation differ.
///
/// A computation that is recorded once and replayed must record the same graph whenever it is asked to. One that draws
/// random numbers, counts its calls, reads a clock or looks at numbers outside of its inputs does not: what it saw at its
/// recording is a constant of the program.
public struct RecordingDifference: Error, Equatable, CustomStringConvertible {
  /// The position in the recording.
  public let index: Int
  /// The value there in the first and in the second recording: its primitive, operands, shape and, where it is a number,
  /// its value.
  public let first: String
  public let second: String

  public var description: String {
    "a computation recorded twice gave two graphs: value \(index) is \(first) in the first recording and \(second) in "
      + "the second; what changes from run to run must be an input of the program, and what is drawn at random a "
      + "function of a seed or step that is one"
  }
}

/// Whether programs record their computation twice and stop where the recordings differ: the environment variable
/// `ANSATZ_CHECK_RECORDING` is 1.
enum RecordingCheck {
  static let isEnabled = ProcessInfo.processInfo.environment["ANSATZ_CHECK_RECORDING"] == "1"
}

extension Program {
  /// Records a computation twice and compares: for finding out why a replay is not what the computation gives at once.
  ///
  /// With the environment variable `ANSATZ_CHECK_RECORDING=1`, every program does this when it is made, and the
  /// process stops with the difference.
  ///
  /// - Parameters:
  ///   - inputs: As for ``init(_:record:)``.
  ///   - record: As for ``init(_:record:)``; called twice.
  /// - Returns: The first value in which the two differ; nil where they are equal.
  public static func recordingDifference(
    _ inputs: [ProgramInput], record: ([Tensor<Scalar>]) throws -> [Tensor<Scalar>]
  ) rethrows -> RecordingDifference? {
    let (first, second) = (Recorder<Scalar>(), Recorder<Scalar>())
    let outputs = try [first, second].map { recorder in
      try record(inputs.map { recorder.input($0.shape) }).map(recorder.index(of:))
    }
    return first.difference(to: second, outputs: outputs[0], outputs[1])
  }
}

extension Recorder {
  /// The first value in which another recording differs; then the first output that is another value.
  func difference(to other: Recorder, outputs: [Int], _ otherOutputs: [Int]) -> RecordingDifference? {
    for index in 0..<max(nodes.count, other.nodes.count) {
      let (a, b) = (text(index), other.text(index))
      let isSame =
        index < nodes.count && index < other.nodes.count && a == b
        && nodes[index].operands == other.nodes[index].operands
        && nodes[index].primitive.isSame(as: other.nodes[index].primitive)
      if !isSame { return RecordingDifference(index: index, first: a, second: b) }
    }
    for i in 0..<max(outputs.count, otherOutputs.count) {
      let a = i < outputs.count ? outputs[i] : nil
      let b = i < otherOutputs.count ? otherOutputs[i] : nil
      guard a != b else { continue }
      let describe = { (index: Int?) in index.map { "output \(i), value \($0)" } ?? "no output \(i)" }
      return RecordingDifference(index: a ?? b!, first: describe(a), second: describe(b))
    }
    return nil
  }

  /// A value as differences print it.
  private func text(_ index: Int) -> String {
    guard index < nodes.count else { return "nothing" }
    let node = nodes[index]
    let operands = node.operands.isEmpty ? "" : " of values \(node.operands)"
    switch node.primitive {
    case .constant(let value):
      if value.count == 1 { return "the constant \(value.elements[0]) of shape \(node.shape)" }
      return "a constant of shape \(node.shape) with the sum \(value.sum())"
    case .custom(let custom): return "'\(custom.name)'\(operands), shape \(node.shape)"
    default: return "\(node.primitive)\(operands), shape \(node.shape)"
    }
  }
}
