extension Array where Element == UInt8 {
  /// `withUnsafeBytes` for bodies with a typed error.
  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try withUnsafeBytes { buffer -> Result<Value, Failure> in
      do throws(Failure) { return .success(try body(buffer)) } catch { return .failure(error) }
    }.get()
  }
}
