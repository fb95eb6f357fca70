import Synchronization

/// In which order a direct solver eliminates rows: what decides how many entries the factors have.
public enum FillReducingOrdering: String, Sendable, Codable, CaseIterable {
  /// Approximate minimum degree, and nested dissection too where minimum degree leaves much work: the one with fewer
  /// entries is taken.
  case automatic
  /// Approximate minimum degree (Amestoy, Davis & Duff, SIAM J. Matrix Anal. Appl. 17 (1996), 886); COLAMD (Davis,
  /// Gilbert, Larimore & Ng 2004) for the columns of unsymmetric matrices.
  case minimumDegree
  /// Nested dissection by METIS (Karypis & Kumar, SIAM J. Sci. Comput. 20 (1998), 359); minimum degree if the library
  /// was built without METIS. Fewest entries for large grids and meshes.
  case nestedDissection
  /// As the matrix is given.
  case natural
}

/// METIS draws from the C library's random numbers, which are one stream for the whole process: calls that may come to
/// it are made one at a time, so that each begins with its own seed and orders alike in every run.
let orderingLock = Mutex(())
