import Foundation

/// Why a step could not be made, or a state not be taken up.
public enum OptimizerError: Error, Equatable, CustomStringConvertible {
  /// A loss or gradient is infinite or NaN at the current parameters.
  case notFinite(method: String, step: Int, loss: Double, gradientNorm: Double)
  /// A state of another method.
  case otherMethod(expected: String, found: String)
  /// A state for other parameters; the first difference in words.
  case otherLayout(method: String, difference: String)
  /// A state without something that the method needs.
  case missing(method: String, entry: String)
  /// A tensor of a state with the wrong shape.
  case shape(method: String, entry: String, expected: [Int], found: [Int])
  /// Settings that name parameters which do not exist.
  case noMatch(pattern: String, names: [String])
  /// More parameters than a method with dense matrices of their order can keep in this machine's memory.
  case tooLarge(method: String, parameters: Int, bytes: Int, memory: Int)
  /// A parameter that is to be taken as spectral weights, without the shape of those.
  case notSpectral(name: String, shape: [Int])
  /// A parameter that is to be a factor of a matrix, without the shape of one, or with other columns than its partner.
  case notFactor(name: String, shape: [Int], partner: [Int]?)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .notFinite(let method, let step, let loss, let norm):
      return
        "\(method) meets a loss of \(loss) with a gradient of norm \(norm) at step \(step); go back to earlier "
        + "parameters and lower the rate, clip the gradient, or look for a division by zero in the loss."
    case .otherMethod(let expected, let found):
      return "The state is one of \(found), not of \(expected); continue with \(found), or begin anew."
    case .otherLayout(let method, let difference):
      return
        "The state of \(method) is for other parameters: \(difference). Continue with the model that it was saved "
        + "with, or begin anew."
    case .missing(let method, let entry):
      return "The state of \(method) lacks “\(entry)”; the checkpoint is incomplete, so use an earlier one."
    case .shape(let method, let entry, let expected, let found):
      return
        "“\(entry)” in the state of \(method) has the shape \(found) instead of \(expected); the checkpoint belongs to "
        + "other settings, or is damaged."
    case .noMatch(let pattern, let names):
      return
        "No parameter matches “\(pattern)”; there are \(names.prefix(8).joined(separator: ", "))"
        + (names.count > 8 ? " and \(names.count - 8) more." : ".")
    case .tooLarge(let method, let count, let bytes, let memory):
      return
        "\(method) keeps dense matrices of \(count) × \(count) numbers, \(bytes >> 30) GiB, and this machine has "
        + "\(memory >> 30) GiB; take a smaller model, or a method without such matrices, like L-BFGS or SOAP."
    case .notSpectral(let name, let shape):
      return
        "“\(name)” of shape \(shape) are no spectral weights, whose shape is [inputs, outputs, modes …, 2]; name others, "
        + "or leave them out to have them taken as a real matrix."
    case .notFactor(let name, let shape, let partner?):
      return
        "“\(name)” of shape \(shape) and its partner of shape \(partner) are no factors L and R of a matrix L Rᵀ, which have "
        + "as many columns; give two others."
    case .notFactor(let name, let shape, nil):
      return
        "“\(name)” of shape \(shape) is no factor of a matrix, which is real and has two axes; give another."
    }
  }
}

extension OptimizerError {
  /// Refuses layouts for which dense matrices of doubles, of the order of the parameters, exceed the memory.
  static func checkMemory(for layout: ParameterLayout, method: String, matrices: Int) throws(OptimizerError) {
    let bytes = Double(layout.count) * Double(layout.count) * 8 * Double(matrices)
    let memory = ProcessInfo.processInfo.physicalMemory
    guard bytes > Double(memory) else { return }
    throw .tooLarge(
      method: method, parameters: layout.count, bytes: Int(min(bytes, 1e18)), memory: Int(clamping: memory))
  }
}
