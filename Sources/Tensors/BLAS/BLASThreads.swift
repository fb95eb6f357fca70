import CKernels
import COpenBLAS
import Foundation

/// The number of threads that OpenBLAS uses inside one call.
///
/// This is state of the whole process. The library sets it to 1 before its first call, because threads above BLAS pay
/// better than threads inside it (tiles of a parallel region call it side by side), and raises it to `large` only
/// around large factorisations that are started outside any region. The number changes the last bits of results; it
/// never depends on the machine.
public enum BLASThreads {
  /// The number of threads for large dense factorisations.
  public static let large = 2

  private static let once: Void = openblas_set_num_threads(1)
  private static let raised = NSLock()

  /// Sets the process-wide number to 1, the first time; costs nothing afterwards.
  public static func prepare() { _ = once }

  /// Runs `body` with `large` threads inside BLAS if the caller is outside any parallel region, with one otherwise.
  ///
  /// Calls from several threads follow one another, so that each finds the number it expects; they must not be nested.
  public static func withLarge<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    prepare()
    guard ck_current_region()!.pointee.pool == 0 else { return try body() }
    raised.lock()
    defer { raised.unlock() }
    openblas_set_num_threads(Int32(large))
    defer { openblas_set_num_threads(1) }
    return try body()
  }
}
