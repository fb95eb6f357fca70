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
