import Tensors

/// A linear map between vectors, known by its action: a sparse matrix, a stencil, a preconditioner, a composition.
public protocol LinearOperator<Scalar>: Sendable {
  associatedtype Scalar: SparseScalar
  /// The length of results.
  var rows: Int { get }
  /// The length of arguments.
  var columns: Int { get }
  /// The null space, where the operator is singular and it is known; solvers project it out.
  var nullSpace: NullSpace<Scalar>? { get }
  /// y = A x, prepared once with scratch of its own.
  ///
  /// - Parameter pool: the threads that the action may use.
  func makeAction(pool: WorkerPool) -> LinearAction<Scalar>
  /// Whether the operator is symmetric by the way it is made, so that solvers need not probe it.
  var isKnownSymmetric: Bool { get }
  /// The product by tiles of rows, for passes that take more than the product; nil where the operator has none.
  ///
  /// - Parameter pool: the threads that its preparation may use.
  func makeTiledProduct(pool: WorkerPool) -> TiledProduct<Scalar>?
}

/// The action y = A x of an operator: applied any number of times without allocating.
///
/// It owns scratch, so it belongs to one caller at a time.
public final class LinearAction<Scalar: SparseScalar> {
  /// The length of results.
  public let rows: Int
  /// The length of arguments.
  public let columns: Int
  private let body: (_ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) -> Void
  private let innerBody: ((_ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) -> Double)?

  /// An action that runs `body`; the body may not let its pointers escape.
  public init(
    rows: Int, columns: Int,
    _ body: @escaping (_ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    (self.rows, self.columns) = (rows, columns)
    (self.body, innerBody) = (body, nil)
  }

  /// The action of a square operator that returns x·y at no cost.
  init(
    returningInner rows: Int,
    _ inner: @escaping (_ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) -> Double
  ) {
    (self.rows, columns) = (rows, rows)
    (body, innerBody) = ({ x, y in _ = inner(x, y) }, inner)
  }

  /// y = A x; returns x·y where the action knows it.
  func applyInner(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) -> Double? {
    guard let innerBody else {
      body(x, y)
      return nil
    }
    return innerBody(x, y)
  }

  /// y = A x for arrays of `columns` and `rows` elements that do not overlap.
  public func apply(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) { body(x, y) }
}

extension LinearOperator {
  public var nullSpace: NullSpace<Scalar>? { nil }
  public var isKnownSymmetric: Bool { false }
  public func makeTiledProduct(pool: WorkerPool) -> TiledProduct<Scalar>? { nil }

  /// The product A x, for occasional use: loops prepare an action.
  public func multiply(_ x: [Scalar], pool: WorkerPool = .shared) -> [Scalar] {
    precondition(x.count == columns, "an operator of \(rows) × \(columns) applied to \(x.count) elements")
    let action = makeAction(pool: pool)
    return [Scalar](unsafeUninitializedCapacity: rows) { y, count in
      if rows > 0 { x.withUnsafeBufferPointer { action.apply($0.baseAddress!, to: y.baseAddress!) } }
      count = rows
    }
  }
}
