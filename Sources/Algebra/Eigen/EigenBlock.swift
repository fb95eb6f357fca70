import Tensors

/// Vectors with their products by A and by B.
struct EigenBlock {
  private(set) var vectors: [[Double]] = []
  private(set) var products: [[Double]] = []
  private(set) var images: [[Double]] = []

  typealias Element = (vector: [Double], product: [Double], image: [Double])

  var count: Int { vectors.count }

  subscript(k: Int) -> Element {
    get { (vectors[k], products[k], images[k]) }
    set { (vectors[k], products[k], images[k]) = newValue }
  }

  mutating func append(_ element: Element) {
    vectors.append(element.vector)
    products.append(element.product)
    images.append(element.image)
  }

  mutating func append(_ other: EigenBlock) {
    vectors += other.vectors
    products += other.products
    images += other.images
  }

  /// Sums of the vectors, with the same sums of their products.
  func combined(_ combinations: [[Double]]) -> EigenBlock {
    var result = EigenBlock()
    guard let first = vectors.first else { return result }
    let zero = [Double](repeating: 0, count: first.count)
    for weights in combinations {
      var sum: Element = (zero, zero, zero)
      for (k, weight) in weights.enumerated() where weight != 0 {
        addMultiple(weight, vectors[k], to: &sum.vector)
        addMultiple(weight, products[k], to: &sum.product)
        addMultiple(weight, images[k], to: &sum.image)
      }
      result.append(sum)
    }
    return result
  }

  /// The vectors made orthonormal in the inner product of B, among themselves and against an orthonormal block; those
  /// that depend on the others are left out.
  func orthonormalized(against other: EigenBlock, _ product: BlockProducts) throws(EigenError) -> EigenBlock {
    var result = EigenBlock()
    for k in 0..<count {
      var element = self[k]
      var square = innerProduct(element.vector, element.image)
      guard square.isFinite else { throw .notFinite }
      guard square >= 0 else { throw .indefiniteMass }
      guard square > 0 else { continue }
      var isKept = true
      // Until a pass takes off little: twice is enough for vectors that are kept.
      for _ in 0..<4 {
        let before = square.squareRoot()
        for block in [other, result] {
          for i in 0..<block.count {
            let h = innerProduct(block.images[i], element.vector)
            addMultiple(-h, block.vectors[i], to: &element.vector)
            addMultiple(-h, block.products[i], to: &element.product)
            addMultiple(-h, block.images[i], to: &element.image)
          }
        }
        square = max(innerProduct(element.vector, element.image), 0)
        let after = square.squareRoot()
        guard after > 1e-10 * before, after > 0 else {
          isKept = false
          break
        }
        scale(&element.vector, by: 1 / after)
        scale(&element.product, by: 1 / after)
        scale(&element.image, by: 1 / after)
        square = 1
        if after > 0.7 * before { break }
      }
      guard isKept else { continue }
      result.append(element)
    }
    return result
  }
}

/// Products with A and B.
struct BlockProducts {
  let operatorAction: LinearAction<Double>
  private let mass: MassProduct
  private(set) var count = 0

  init(
    _ matrix: some LinearOperator<Double>, _ mass: (any LinearOperator<Double>)?, count n: Int,
    pool: WorkerPool
  ) {
    operatorAction = matrix.makeAction(pool: pool)
    self.mass = MassProduct(mass, count: n, pool: pool)
  }

  mutating func images(of x: [Double]) -> EigenBlock.Element {
    var (ax, bx) = (x, x)
    operatorAction.apply(x, to: &ax)
    mass.apply(x, into: &bx)
    count += 1
    return (x, ax, bx)
  }
}
