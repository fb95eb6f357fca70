/// A dense array of numbers: a shape, and its elements in row-major order (the last axis is contiguous).
///
/// Tensors are values: copies share memory until one of them is written. A tensor of shape `[]` holds one number.
/// Operations on whole tensors run on `WorkerPool.shared` when they are large enough, and give the same bits whatever
/// the number of threads. Shapes that do not fit are programming errors, and stop the program with both shapes.
///
/// A tensor may also be a place in a graph that is being recorded (see ``Recorder``): operations on it are recorded
/// instead of carried out, and its elements cannot be read.
public struct Tensor<Scalar: Real>: Sendable {
  /// The number of elements along each axis.
  public let shape: [Int]
  /// The elements, unless the tensor is a place in a graph.
  private var buffer: Buffer<Scalar>?
  /// Where the tensor stands in a graph that is being recorded.
  let place: Place?

  /// A value of a recorded graph.
  struct Place: Sendable {
    let recorder: Recorder<Scalar>
    let index: Int
  }

  /// Whether the tensor is a place in a graph that is being recorded, so that its elements are not known yet.
  public var isRecorded: Bool { place != nil }

  /// The graph in which the tensor is recorded, and its index there.
  public var recorded: (recorder: Recorder<Scalar>, index: Int)? { place.map { ($0.recorder, $0.index) } }

  init(shape: [Int], recorder: Recorder<Scalar>, index: Int) {
    self.shape = shape
    place = Place(recorder: recorder, index: index)
  }

  private var storage: Buffer<Scalar> {
    guard let buffer else {
      preconditionFailure(
        "the elements of a tensor of shape \(shape) that is being recorded are not known before the program runs: "
          + "give what changes as an input, and read outputs after the run")
    }
    return buffer
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The number of axes.
  public var rank: Int { shape.count }

  // MARK: - Making tensors

  /// A tensor whose elements `body` writes: all of them, because they are undefined before.
  public init(shape: [Int], uninitialized body: (UnsafeMutableBufferPointer<Scalar>) -> Void) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a tensor cannot have the shape \(shape)")
    self.shape = shape
    let storage = Buffer<Scalar>(uninitialized: shape.reduce(1, *))
    (buffer, place) = (storage, nil)
    body(storage.elements)
  }

  /// A tensor of the given elements, in row-major order.
  public init(shape: [Int], _ elements: some Collection<Scalar>) {
    precondition(
      elements.count == shape.reduce(1, *), "\(elements.count) elements do not fill the shape \(shape)")
    self.init(shape: shape) { _ = $0.update(fromContentsOf: elements) }
  }

  /// A tensor with one axis.
  public init(_ elements: [Scalar]) {
    self.init(shape: [elements.count], elements)
  }

  /// A tensor with two axes, given by its rows.
  public init(rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    precondition(
      rows.allSatisfy { $0.count == columns }, "rows of different lengths: \(rows.map(\.count))")
    self.init(shape: [rows.count, columns], rows.flatMap { $0 })
  }

  /// A tensor of shape `[]`.
  public init(_ value: Scalar) {
    self.init(shape: [], CollectionOfOne(value))
  }

  /// A tensor over memory that exists already, row-major; the tensor keeps it alive, and copies it before writing if
  /// anybody else still holds it.
  public init(shape: [Int], sharing buffer: Buffer<Scalar>) {
    precondition(
      shape.reduce(1, *) == buffer.count,
      "a buffer of \(buffer.count) elements does not fill the shape \(shape)")
    self.shape = shape
    (self.buffer, place) = (buffer, nil)
  }

  // MARK: - Access

  /// The elements in row-major order, copied.
  public var elements: [Scalar] { withUnsafeBufferPointer(Array.init) }

  /// The element of a tensor that has exactly one.
  public var scalar: Scalar {
    precondition(count == 1, "a tensor of shape \(shape) is not one number")
    return storage.pointer[0]
  }

  /// Gives `body` the elements for reading, in row-major order.
  public func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let storage = storage
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(storage.elements))
  }

  /// Gives `body` the elements for writing, in row-major order; copies them first if another tensor shares them.
  public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&buffer) {
      let copy = Buffer<Scalar>(uninitialized: count)
      copy.pointer.update(from: storage.pointer, count: count)
      buffer = copy
    }
    let storage = storage
    defer { withExtendedLifetime(storage) {} }
    return try body(storage.elements)
  }

  /// The element at the given position, one index per axis.
  public subscript(position: Int...) -> Scalar {
    get { storage.pointer[offset(of: position)] }
    set {
      let offset = offset(of: position)
      withUnsafeMutableBufferPointer { $0[offset] = newValue }
    }
  }

  private func offset(of position: [Int]) -> Int {
    precondition(
      position.count == rank && zip(position, shape).allSatisfy { $0 >= 0 && $0 < $1 },
      "the position \(position) is outside a tensor of shape \(shape)")
    return zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// The same elements, in the same order, under another shape. Shares memory.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      shape.reduce(1, *) == count, "a tensor of shape \(self.shape) cannot be reshaped to \(shape)")
    if let place { return place.recorder.record(.reshape, [self], shape) }
    return Tensor(shape: shape, sharing: storage)
  }
}

extension Tensor: Equatable {
  /// Whether shapes and all elements are equal (so never where one is NaN).
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape
      && a.withUnsafeBufferPointer { x in b.withUnsafeBufferPointer { y in x.elementsEqual(y) } }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first elements.
  public var description: String {
    if isRecorded { return "Tensor\(shape)(recorded)" }
    let shown = withUnsafeBufferPointer { $0.prefix(8).map { "\($0)" } }.joined(separator: ", ")
    return "Tensor\(shape)(\(shown)\(count > 8 ? ", …" : ""))"
  }
}
