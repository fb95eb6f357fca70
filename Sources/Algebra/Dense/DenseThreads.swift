import Tensors

/// Runs a dense factorisation with the number of BLAS threads for its order: the large number where it pays, one below.
func withDenseThreads<Result, Failure: Error>(
  order: Int, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  // Below order 256 a thread's share of the work is shorter than its wake-up.
  try order >= 256 ? BLASThreads.withLarge(body) : BLASThreads.withSingle(body)
}
