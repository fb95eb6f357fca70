/// An array as a VTK file stores it: the components of a point or cell side by side.
struct VTKArray {
  /// The values, in the type of the file.
  enum Values {
    case reals([Double], FloatPrecision)
    case int32([Int32])
    case int64([Int64])
    case uint8([UInt8])
  }

  var name: String
  var components = 1
  var values: Values

  /// A field, whose vectors of two components get a third of zeros.
  init(_ field: FieldArray, precision: FloatPrecision) {
    self.init(
      name: field.name, components: VTKOrder.componentCount(field.components.count),
      values: .reals(VTKOrder.interleaved(field), precision))
  }

  init(name: String, components: Int = 1, values: Values) {
    (self.name, self.components, self.values) = (name, components, values)
  }

  /// The number of values.
  var count: Int {
    switch values {
    case .reals(let values, _): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    }
  }

  /// The type's name in XML files.
  var xmlType: String {
    switch values {
    case .reals(_, let precision): precision == .single ? "Float32" : "Float64"
    case .int32: "Int32"
    case .int64: "Int64"
    case .uint8: "UInt8"
    }
  }

  /// The type's name in legacy files.
  var legacyType: String {
    switch values {
    case .reals(_, let precision): precision == .single ? "float" : "double"
    case .int32: "int"
    case .int64: "long"
    case .uint8: "unsigned_char"
    }
  }

  /// Whether every value is finite.
  var isFinite: Bool {
    if case .reals(let values, _) = values { return values.allSatisfy(\.isFinite) }
    return true
  }

  /// The values as doubles.
  var doubles: [Double] {
    switch values {
    case .reals(let values, _): values
    case .int32(let values): values.map(Double.init)
    case .int64(let values): values.map(Double.init)
    case .uint8(let values): values.map(Double.init)
    }
  }

  func bytes(bigEndian: Bool) -> [UInt8] {
    switch values {
    case .reals(let values, let precision): precision.bytes(values, bigEndian: bigEndian)
    case .int32(let values):
      NumberType.bytes(values, bigEndian: bigEndian) { UInt32(bitPattern: $0) }
    case .int64(let values):
      NumberType.bytes(values, bigEndian: bigEndian) { UInt64(bitPattern: $0) }
    case .uint8(let values): values
    }
  }

  /// Appends the values as decimal text: a line per point of several components, else eight values to a line.
  func appendText(to bytes: inout [UInt8]) {
    switch values {
    case .reals(let values, let precision):
      appendLines(values, to: &bytes) { precision.text($0) }
    case .int32(let values): appendLines(values, to: &bytes, \.description)
    case .int64(let values): appendLines(values, to: &bytes, \.description)
    case .uint8(let values): appendLines(values, to: &bytes, \.description)
    }
  }

  private func appendLines<Value>(_ values: [Value], to bytes: inout [UInt8], _ text: (Value) -> String) {
    let perLine = components == 1 ? 8 : components
    for (i, value) in values.enumerated() {
      bytes += text(value).utf8
      bytes.append(UInt8(ascii: (i + 1) % perLine == 0 || i + 1 == values.count ? "\n" : " "))
    }
  }
}
