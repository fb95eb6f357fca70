import CFFTW

/// How much time a plan may cost to make.
public enum PlanningEffort: Hashable, Sendable {
  /// Choose the algorithm by a cost model. The choice, and so every bit of the results, is the same in every process.
  case estimate
  /// Time several algorithms. The choice, and so the last bits of the results, may differ between processes.
  case measure
  /// Time many algorithms.
  case patient

  var flags: UInt32 {
    switch self {
    case .estimate: return UInt32(FFTW_ESTIMATE)
    case .measure: return UInt32(FFTW_MEASURE)
    case .patient: return UInt32(FFTW_PATIENT)
    }
  }
}
