extension UnsafeMutablePointer where Pointee: Real {
  /// Sets elements to 0. In code that does not know the type, `update(repeating:count:)` assigns one at a time.
  @inlinable package func clear(count: Int) {
    // The number 0 has no bit set.
    UnsafeMutableRawPointer(self).initializeMemory(
      as: UInt8.self, repeating: 0, count: Swift.max(count, 0) * MemoryLayout<Pointee>.stride)
  }
}
