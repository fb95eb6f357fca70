/// How the arrays of a VTK XML file are stored.
public enum VTKEncoding: String, Hashable, Sendable, CaseIterable {
  /// Decimal text inside each array element; exact in the chosen precision, readable, large.
  case ascii
  /// Base64 text inside each array element (VTK's `binary`).
  case base64
  /// Raw bytes at the end of the file: the smallest and fastest; the file is then no XML for other programs
  /// than VTK's.
  case appendedRaw
  /// Base64 text at the end of the file.
  case appendedBase64
}

/// The integer type of the lengths that precede binary arrays.
public enum VTKHeaderType: String, Hashable, Sendable, CaseIterable {
  /// 4 bytes: arrays of less than 4 GiB, and readable by VTK 5.
  case uint32 = "UInt32"
  /// 8 bytes.
  case uint64 = "UInt64"

  var size: Int { self == .uint32 ? 4 : 8 }
}

/// The choices of a VTK XML writer.
public struct VTKOptions: Hashable, Sendable {
  /// How arrays are stored.
  public var encoding: VTKEncoding
  /// The width of array lengths.
  public var headerType: VTKHeaderType
  /// Whether binary arrays are compressed (`vtkZLibDataCompressor`); without effect on ``VTKEncoding/ascii``.
  public var isCompressed: Bool
  /// The width of the values.
  public var precision: FloatPrecision

  /// The given choices; by default uncompressed doubles at the end of the file, bit for bit.
  public init(
    encoding: VTKEncoding = .appendedRaw, headerType: VTKHeaderType = .uint64, isCompressed: Bool = false,
    precision: FloatPrecision = .double
  ) {
    self.encoding = encoding
    self.headerType = headerType
    self.isCompressed = isCompressed
    self.precision = precision
  }
}
