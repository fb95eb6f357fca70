import Tensors

/// Calls a LAPACK routine with the work array that it asks for: first with the length -1, to which it answers with the
/// length, then with that much memory. Returns the `info` of the second call.
@discardableResult
func withWork<Scalar: LAPACKScalar>(_ routine: (UnsafeMutablePointer<Scalar>, Int) -> Int32) -> Int32 {
  var length: Scalar = 0
  _ = routine(&length, -1)
  // Single precision may have rounded a large length down.
  let work = Buffer<Scalar>(uninitialized: max(Int(length.nextUp.rounded(.up)), 1))
  return routine(work.pointer, work.count)
}
