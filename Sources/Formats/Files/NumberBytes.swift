/// The scalar types of array files, and their conversion between bytes and `Double`.
enum NumberType: Hashable, Sendable {
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64

  /// Bytes per value.
  var size: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The values stored in `bytes`, whose count must be a multiple of ``size``.
  func values(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> [Double] {
    switch self {
    case .int8: bytes.map { Double(Int8(bitPattern: $0)) }
    case .uint8: bytes.map { Double($0) }
    case .int16: Self.words(bytes, bigEndian, UInt16.self) { Double(Int16(bitPattern: $0)) }
    case .uint16: Self.words(bytes, bigEndian, UInt16.self) { Double($0) }
    case .int32: Self.words(bytes, bigEndian, UInt32.self) { Double(Int32(bitPattern: $0)) }
    case .uint32: Self.words(bytes, bigEndian, UInt32.self) { Double($0) }
    case .int64: Self.words(bytes, bigEndian, UInt64.self) { Double(Int64(bitPattern: $0)) }
    case .uint64: Self.words(bytes, bigEndian, UInt64.self) { Double($0) }
    case .float32: Self.words(bytes, bigEndian, UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: Self.words(bytes, bigEndian, UInt64.self) { Double(bitPattern: $0) }
    }
  }

  /// Whether the type is one of integers.
  var isInteger: Bool { self != .float32 && self != .float64 }

  /// The values stored in `bytes` as integers of another type, or nil when one of them does not fit.
  func integers<Value: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> [Value]? {
    var fits = true
    @inline(__always) func fitted(_ value: some FixedWidthInteger) -> Value {
      if let value = Value(exactly: value) { return value }
      fits = false
      return 0
    }
    let values: [Value]
    switch self {
    case .int8: values = bytes.map { fitted(Int8(bitPattern: $0)) }
    case .uint8: values = bytes.map { fitted($0) }
    case .int16: values = Self.words(bytes, bigEndian, UInt16.self) { fitted(Int16(bitPattern: $0)) }
    case .uint16: values = Self.words(bytes, bigEndian, UInt16.self) { fitted($0) }
    case .int32: values = Self.words(bytes, bigEndian, UInt32.self) { fitted(Int32(bitPattern: $0)) }
    case .uint32: values = Self.words(bytes, bigEndian, UInt32.self) { fitted($0) }
    case .int64: values = Self.words(bytes, bigEndian, UInt64.self) { fitted(Int64(bitPattern: $0)) }
    case .uint64: values = Self.words(bytes, bigEndian, UInt64.self) { fitted($0) }
    case .float32, .float64: return nil
    }
    return fits ? values : nil
  }

  /// `value` as this type holds it.
  func rounded(_ value: Double) -> Double { self == .float32 ? Double(Float(value)) : value }

  /// The machine words of `bytes` in the given byte order, each converted.
  @inline(__always)
  static func words<Word: FixedWidthInteger & BitwiseCopyable, Value>(
    _ bytes: ArraySlice<UInt8>, _ bigEndian: Bool, _ type: Word.Type, _ convert: (Word) -> Value
  ) -> [Value] {
    let size = MemoryLayout<Word>.size
    let count = bytes.count / size
    return bytes.withUnsafeBytes { source in
      [Value](unsafeUninitializedCapacity: count) { target, initialized in
        for i in 0..<count {
          let word = source.loadUnaligned(fromByteOffset: i &* size, as: Word.self)
          (target.baseAddress.unsafelyUnwrapped + i).initialize(
            to: convert(bigEndian ? Word(bigEndian: word) : Word(littleEndian: word)))
        }
        initialized = count
      }
    }
  }

  /// The bytes of `values`, each converted to a machine word, in the given byte order.
  @inline(__always)
  static func bytes<Word: FixedWidthInteger & BitwiseCopyable, Value>(
    _ values: [Value], bigEndian: Bool, _ convert: (Value) -> Word
  ) -> [UInt8] {
    let size = MemoryLayout<Word>.size
    return [UInt8](unsafeUninitializedCapacity: values.count * size) { target, initialized in
      let target = UnsafeMutableRawBufferPointer(target)
      for (i, value) in values.enumerated() {
        let word = convert(value)
        target.storeBytes(
          of: bigEndian ? word.bigEndian : word.littleEndian, toByteOffset: i &* size, as: Word.self)
      }
      initialized = values.count * size
    }
  }
}

/// The width in which floating-point values are stored.
public enum FloatPrecision: String, Hashable, Sendable, CaseIterable {
  /// 4 bytes, about 7 digits; values beyond its range become infinite.
  case single
  /// 8 bytes: what was computed, bit for bit.
  case double

  var numberType: NumberType { self == .single ? .float32 : .float64 }

  /// The bytes of `values` in this width.
  func bytes(_ values: [Double], bigEndian: Bool) -> [UInt8] {
    switch self {
    case .single: NumberType.bytes(values, bigEndian: bigEndian) { Float($0).bitPattern }
    case .double: NumberType.bytes(values, bigEndian: bigEndian) { $0.bitPattern }
    }
  }

  /// The shortest decimal text that reads back as `value` in this width.
  func text(_ value: Double) -> String {
    switch self {
    case .single: Float(value).description
    case .double: value.description
    }
  }
}
