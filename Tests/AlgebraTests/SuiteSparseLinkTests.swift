import CSuiteSparse
import Testing

/// One call into each library of SuiteSparse, on the matrix with 4 on the diagonal and -1 beside it.
@Suite("SuiteSparse is linked")
struct SuiteSparseLinkTests {
  static let n: Int32 = 5

  /// The matrix by compressed columns; it is symmetric.
  static var columns: (start: [Int32], row: [Int32], value: [Double]) {
    var (start, row, value): ([Int32], [Int32], [Double]) = ([0], [], [])
    for j in 0..<n {
      for i in max(j - 1, 0)...min(j + 1, n - 1) {
        row.append(i)
        value.append(i == j ? 4 : -1)
      }
      start.append(Int32(row.count))
    }
    return (start, row, value)
  }

  /// The right-hand side whose solution is 1, 2, 3, 4, 5.
  static let rightHandSide: [Double] = [2, 4, 6, 8, 16]
  static func isSolution(_ x: [Double]) -> Bool {
    x.enumerated().allSatisfy { abs($1 - Double($0 + 1)) < 1e-14 }
  }

  @Test("AMD, CAMD, COLAMD and CCOLAMD give permutations")
  func orderings() {
    let (start, row, _) = Self.columns
    let identity = (0..<Self.n).map { $0 }
    var order = [Int32](repeating: -1, count: Int(Self.n))
    #expect(amd_order(Self.n, start, row, &order, nil, nil) == AMD_OK)
    #expect(order.sorted() == identity)
    var constraints = [Int32](repeating: 0, count: Int(Self.n))
    order = [Int32](repeating: -1, count: Int(Self.n))
    #expect(camd_order(Self.n, start, row, &order, nil, nil, &constraints) == CAMD_OK)
    #expect(order.sorted() == identity)

    let length = colamd_recommended(Int32(row.count), Self.n, Self.n)
    var statistics = [Int32](repeating: 0, count: Int(COLAMD_STATS))
    var (work, pointers) = ([Int32](repeating: 0, count: length), start)
    work.replaceSubrange(0..<row.count, with: row)
    #expect(colamd(Self.n, Self.n, Int32(length), &work, &pointers, nil, &statistics) == 1)
    #expect(pointers.prefix(Int(Self.n)).sorted() == identity)
    let constrainedLength = ccolamd_recommended(Int32(row.count), Self.n, Self.n)
    (work, pointers) = ([Int32](repeating: 0, count: constrainedLength), start)
    work.replaceSubrange(0..<row.count, with: row)
    #expect(
      ccolamd(Self.n, Self.n, Int32(constrainedLength), &work, &pointers, nil, &statistics, &constraints) == 1
    )
    #expect(pointers.prefix(Int(Self.n)).sorted() == identity)
  }

  @Test("UMFPACK solves")
  func umfpack() {
    let (start, row, value) = Self.columns
    var (symbolic, numeric): (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) = (nil, nil)
    var x = [Double](repeating: 0, count: Int(Self.n))
    #expect(umfpack_di_symbolic(Self.n, Self.n, start, row, value, &symbolic, nil, nil) == UMFPACK_OK)
    #expect(umfpack_di_numeric(start, row, value, symbolic, &numeric, nil, nil) == UMFPACK_OK)
    #expect(
      umfpack_di_solve(UMFPACK_A, start, row, value, &x, Self.rightHandSide, numeric, nil, nil) == UMFPACK_OK)
    umfpack_di_free_symbolic(&symbolic)
    umfpack_di_free_numeric(&numeric)
    #expect(Self.isSolution(x))
  }

  @Test("KLU and BTF solve")
  func klu() {
    var (start, row, value) = Self.columns
    var x = Self.rightHandSide
    var common = klu_common()
    #expect(klu_defaults(&common) == 1)
    var symbolic = klu_analyze(Self.n, &start, &row, &common)
    #expect(symbolic != nil)
    var numeric = klu_factor(&start, &row, &value, symbolic, &common)
    #expect(klu_solve(symbolic, numeric, Self.n, 1, &x, &common) == 1)
    klu_free_symbolic(&symbolic, &common)
    klu_free_numeric(&numeric, &common)
    #expect(Self.isSolution(x))
  }

  /// The matrix for CHOLMOD, owned by it. SPQR takes 64-bit indices.
  func makeSparse(_ common: inout cholmod_common, symmetric: Bool) -> UnsafeMutablePointer<cholmod_sparse>? {
    let (start, row, value) = Self.columns
    let triplet = cholmod_l_allocate_triplet(
      Int(Self.n), Int(Self.n), row.count, symmetric ? 1 : 0, Int32(CHOLMOD_REAL), &common)
    guard let triplet else { return nil }
    var count = 0
    for j in 0..<Int(Self.n) {
      for p in Int(start[j])..<Int(start[j + 1]) where !symmetric || row[p] <= j {
        triplet.pointee.i.assumingMemoryBound(to: Int64.self)[count] = Int64(row[p])
        triplet.pointee.j.assumingMemoryBound(to: Int64.self)[count] = Int64(j)
        triplet.pointee.x.assumingMemoryBound(to: Double.self)[count] = value[p]
        count += 1
      }
    }
    triplet.pointee.nnz = count
    var freed: UnsafeMutablePointer<cholmod_triplet>? = triplet
    defer { cholmod_l_free_triplet(&freed, &common) }
    return cholmod_l_triplet_to_sparse(triplet, count, &common)
  }

  func makeRightHandSide(_ common: inout cholmod_common) -> UnsafeMutablePointer<cholmod_dense>? {
    let b = cholmod_l_ones(Int(Self.n), 1, Int32(CHOLMOD_REAL), &common)
    for (i, value) in Self.rightHandSide.enumerated() {
      b?.pointee.x.assumingMemoryBound(to: Double.self)[i] = value
    }
    return b
  }

  func elements(_ x: UnsafeMutablePointer<cholmod_dense>?) -> [Double] {
    (0..<Int(Self.n)).map { x?.pointee.x.assumingMemoryBound(to: Double.self)[$0] ?? .nan }
  }

  @Test("CHOLMOD solves")
  func cholmod() {
    var common = cholmod_common()
    #expect(cholmod_l_start(&common) == 1)
    var a = makeSparse(&common, symmetric: true)
    var b = makeRightHandSide(&common)
    var factor = cholmod_l_analyze(a, &common)
    #expect(cholmod_l_factorize(a, factor, &common) == 1)
    var x = cholmod_l_solve(CHOLMOD_A, factor, b, &common)
    #expect(Self.isSolution(elements(x)))
    cholmod_l_free_factor(&factor, &common)
    cholmod_l_free_sparse(&a, &common)
    cholmod_l_free_dense(&b, &common)
    cholmod_l_free_dense(&x, &common)
    cholmod_l_finish(&common)
  }

  @Test("SPQR solves")
  func spqr() {
    var common = cholmod_common()
    #expect(cholmod_l_start(&common) == 1)
    var a = makeSparse(&common, symmetric: false)
    var b = makeRightHandSide(&common)
    var x = SuiteSparseQR_C_backslash_default(a, b, &common)
    #expect(Self.isSolution(elements(x)))
    cholmod_l_free_sparse(&a, &common)
    cholmod_l_free_dense(&b, &common)
    cholmod_l_free_dense(&x, &common)
    cholmod_l_finish(&common)
  }
}
