import Tensors

/// Something with parameters: they are found by its stored properties, however they are nested.
public protocol Module<Scalar> {
  /// The type of the parameters.
  associatedtype Scalar: Real
}

/// A function of a tensor with parameters.
public protocol Layer<Scalar>: Module {
  /// The layer's function; recorded where the tensor is.
  func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar>
}

extension Module {
  /// All parameters, trainable or not, in the order of their declaration; one that occurs twice is listed once, under its
  /// first name.
  ///
  /// Properties of layers, arrays, dictionaries by key, tuples and optionals are searched.
  public var namedParameters: [NamedParameter<Scalar>] {
    var found: [NamedParameter<Scalar>] = []
    var seen: Set<ObjectIdentifier> = []
    collect(self, path: "", &found, &seen)
    return found
  }

  /// The parameters that training changes.
  public var trainableParameters: [NamedParameter<Scalar>] { namedParameters.filter(\.parameter.isTrainable) }

  /// The number of numbers that training changes.
  public var parameterCount: Int { trainableParameters.reduce(0) { $0 + $1.parameter.wrappedValue.count } }

  private func collect(
    _ value: Any, path: String, _ found: inout [NamedParameter<Scalar>], _ seen: inout Set<ObjectIdentifier>
  ) {
    if let parameter = value as? Parameter<Scalar> {
      if seen.insert(ObjectIdentifier(parameter)).inserted {
        found.append(NamedParameter(name: path, parameter: parameter))
      }
      return
    }
    let mirror = Mirror(reflecting: value)
    let joined = { (label: String) in path.isEmpty ? label : "\(path).\(label)" }
    switch mirror.displayStyle {
    case .collection, .tuple:
      for (i, child) in mirror.children.enumerated() {
        collect(child.value, path: joined("\(i)"), &found, &seen)
      }
    case .dictionary:
      let pairs = mirror.children.compactMap { child -> (String, Any)? in
        let pair = Array(Mirror(reflecting: child.value).children)
        return pair.count == 2 ? ("\(pair[0].value)", pair[1].value) : nil
      }
      for (key, inner) in pairs.sorted(by: { $0.0 < $1.0 }) {
        collect(inner, path: joined(key), &found, &seen)
      }
    case .optional:
      if let child = mirror.children.first { collect(child.value, path: path, &found, &seen) }
    case .struct, .class:
      // Tensors have no parameters inside.
      if value is Tensor<Scalar> { return }
      var ancestor: Mirror? = mirror
      var levels: [Mirror] = []
      while let level = ancestor {
        levels.insert(level, at: 0)
        ancestor = level.superclassMirror
      }
      for child in levels.flatMap({ Array($0.children) }) {
        guard let label = child.label else { continue }
        // The storage of a wrapped property is named by an underscore.
        collect(
          child.value, path: joined(label.hasPrefix("_") ? String(label.dropFirst()) : label), &found, &seen)
      }
    case .enum:
      if let child = mirror.children.first {
        collect(child.value, path: joined(child.label ?? ""), &found, &seen)
      }
    default: return
    }
  }
}
