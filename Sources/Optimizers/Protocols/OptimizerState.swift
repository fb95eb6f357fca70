import Tensors

/// What the following steps of an optimizer depend on, as a tree of named numbers and tensors.
///
/// Taken apart by ``flattened`` it goes into a file of tensors and one of text; as a whole it is `Codable`. Either way
/// it comes back with the same bits.
public struct OptimizerState<Scalar: Real>: Sendable, Equatable {
  /// The name of the method.
  public var method: String
  /// The parameters that it is for; nil before the first step.
  public var layout: ParameterLayout?
  /// Steps made.
  public var step = 0
  /// Numbers by name.
  public var numbers: [String: Double] = [:]
  /// Tensors in the precision of the parameters, by name.
  public var tensors: [String: Tensor<Scalar>] = [:]
  /// Tensors in double precision, by name.
  public var doubles: [String: Tensor<Double>] = [:]
  /// States of parts, by name.
  public var children: [String: OptimizerState] = [:]

  /// The state of a method, without entries.
  public init(method: String, layout: ParameterLayout?, step: Int = 0) {
    self.method = method
    self.layout = layout
    self.step = step
  }

  // MARK: - Taking up

  /// Throws unless the state is one of `method`, for `layout` if that is known.
  func check(method: String, layout own: ParameterLayout?) throws(OptimizerError) {
    guard self.method == method else { throw .otherMethod(expected: method, found: self.method) }
    guard let own, let layout, own != layout else { return }
    let difference: String
    if let (a, b) = zip(layout.segments, own.segments).first(where: { $0 != $1 }) {
      difference =
        a.name == b.name
        ? "\(a.name) has the shape \(a.shape) there and \(b.shape) here" : "\(a.name) there is \(b.name) here"
    } else {
      difference = "\(layout.segments.count) arrays there, \(own.segments.count) here"
    }
    throw .otherLayout(method: method, difference: difference)
  }

  /// The number of a name.
  func number(_ name: String) throws(OptimizerError) -> Double {
    guard let number = numbers[name] else { throw .missing(method: method, entry: name) }
    return number
  }

  /// The whole number of a name.
  func whole(_ name: String) throws(OptimizerError) -> Int {
    guard let number = Int(exactly: try number(name)) else { throw .missing(method: method, entry: name) }
    return number
  }

  /// The tensor of a name, with the given shape.
  func tensor(_ name: String, _ shape: [Int]) throws(OptimizerError) -> Tensor<Scalar> {
    guard let tensor = tensors[name] else { throw .missing(method: method, entry: name) }
    guard tensor.shape == shape else {
      throw .shape(method: method, entry: name, expected: shape, found: tensor.shape)
    }
    return tensor
  }

  /// The tensor of doubles of a name, with the given shape.
  func double(_ name: String, _ shape: [Int]) throws(OptimizerError) -> Tensor<Double> {
    guard let tensor = doubles[name] else { throw .missing(method: method, entry: name) }
    guard tensor.shape == shape else {
      throw .shape(method: method, entry: name, expected: shape, found: tensor.shape)
    }
    return tensor
  }

  /// The state of a part.
  func child(_ name: String) throws(OptimizerError) -> OptimizerState {
    guard let child = children[name] else { throw .missing(method: method, entry: name) }
    return child
  }
}

extension OptimizerState {
  /// The tree without its tensors, and the tensors under the names of their paths (`base/m`).
  public var flattened:
    (skeleton: OptimizerState, tensors: [String: Tensor<Scalar>], doubles: [String: Tensor<Double>])
  {
    var skeleton = self
    var (tensors, doubles) = (tensors, doubles)
    (skeleton.tensors, skeleton.doubles) = ([:], [:])
    for (name, child) in children {
      let parts = child.flattened
      skeleton.children[name] = parts.skeleton
      for (path, tensor) in parts.tensors { tensors["\(name)/\(path)"] = tensor }
      for (path, tensor) in parts.doubles { doubles["\(name)/\(path)"] = tensor }
    }
    return (skeleton, tensors, doubles)
  }

  /// The tree with tensors put back in their places. Paths that lead nowhere are left out; what is missing shows when
  /// the state is restored.
  public init(
    skeleton: OptimizerState, tensors: [String: Tensor<Scalar>], doubles: [String: Tensor<Double>]
  ) {
    self = skeleton
    func part<Value>(of dictionary: [String: Value], below prefix: String) -> [String: Value] {
      var part: [String: Value] = [:]
      for (path, value) in dictionary where path.hasPrefix(prefix) {
        part[String(path.dropFirst(prefix.count))] = value
      }
      return part
    }
    self.tensors = tensors.filter { !$0.key.contains("/") }
    self.doubles = doubles.filter { !$0.key.contains("/") }
    for (name, child) in skeleton.children {
      children[name] = OptimizerState(
        skeleton: child, tensors: part(of: tensors, below: "\(name)/"),
        doubles: part(of: doubles, below: "\(name)/"))
    }
  }
}
