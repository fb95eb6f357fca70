import Tensors

/// Where a recorded graph multiplies rows by a matrix of weights, y = z W + b: each product of its own.
public struct AffineUses<Scalar: Real> {
  /// One product z W.
  public struct Product {
    /// z, of shape [rows, inputs].
    public let input: Tensor<Scalar>
    /// z W, of shape [rows, outputs].
    public let output: Tensor<Scalar>
    /// Whether b is added to it: not to the products of derivatives of z.
    public let hasBias: Bool
  }

  /// The products in the order of the graph.
  public let products: [Product]
  /// Which of the vectors that were given is b.
  public let bias: Int?
}

/// Finds matrices of weights in the graph of some results as it has been recorded so far.
///
/// - Parameters:
///   - weights: Recorded matrices of shape [inputs, outputs].
///   - vectors: Recorded vectors that may be biases.
///   - results: What the graph is for.
/// - Returns: For each matrix its products; nil where it enters the results in another way too, or not at all. A vector is a
///   bias where it is added to products of one of the matrices and used in no other way.
public func affineUses<Scalar>(
  of weights: [Tensor<Scalar>], biases vectors: [Tensor<Scalar>], in results: [Tensor<Scalar>]
) -> [AffineUses<Scalar>?] {
  guard let recorder = results.lazy.compactMap(\.recorded).first?.recorder else {
    return weights.map { _ in nil }
  }
  let nodes = recorder.nodes
  let roots = results.map(recorder.index(of:))
  let needed = recorder.ancestors(of: roots)
  var users: [Int: [Int]] = [:]
  for index in needed.indices where needed[index] {
    for operand in Set(nodes[index].operands) { users[operand, default: []].append(index) }
  }
  // A result itself is used by whoever asked for it.
  let isResult = Set(roots)
  /// Where a product is found under another shape.
  func alias(_ index: Int) -> Int {
    var index = index
    while let own = users[index], own.count == 1, !isResult.contains(index),
      case .reshape = nodes[own[0]].primitive
    {
      index = own[0]
    }
    return index
  }
  func products(_ weight: Int) -> [Int]? {
    guard nodes[weight].shape.count == 2, let own = users[weight], !isResult.contains(weight) else {
      return nil
    }
    for user in own {
      guard case .matmul(transposeA: false, transposeB: false) = nodes[user].primitive,
        nodes[user].operands[1] == weight, nodes[user].operands[0] != weight, nodes[user].shape.count == 2
      else { return nil }
    }
    return own
  }
  let found = weights.map { products(recorder.index(of: $0)) }
  /// Under which values the products of which matrix are found.
  var owners: [Int: (weight: Int, product: Int)] = [:]
  for (weight, products) in found.enumerated() {
    for product in products ?? [] { owners[alias(product)] = (weight, product) }
  }
  var biases: [Int: (vector: Int, products: Set<Int>)] = [:]
  for (place, vector) in vectors.enumerated() {
    let index = recorder.index(of: vector)
    guard let (weight, products) = biased(index), biases[weight] == nil,
      nodes[recorder.index(of: weights[weight])].shape[1] == nodes[index].count
    else { continue }
    biases[weight] = (place, products)
  }
  /// The one matrix to products of which a vector is added, and those products.
  func biased(_ vector: Int) -> (weight: Int, products: Set<Int>)? {
    guard let own = users[vector], !isResult.contains(vector) else { return nil }
    var weight: Int?
    var products: Set<Int> = []
    for user in own {
      guard case .broadcast = nodes[user].primitive, let sums = users[user], !isResult.contains(user) else {
        return nil
      }
      for sum in sums {
        guard case .binary(.add) = nodes[sum].primitive,
          let other = nodes[sum].operands.first(where: { $0 != user }), let owner = owners[other],
          users[other]!.count == 1, !isResult.contains(other), weight == nil || weight == owner.weight,
          products.insert(owner.product).inserted
        else { return nil }
        weight = owner.weight
      }
    }
    return weight.map { ($0, products) }
  }
  return found.enumerated().map { weight, products in
    guard let products else { return nil }
    let bias = biases[weight]
    return AffineUses(
      products: products.map {
        AffineUses.Product(
          input: recorder.tensor(nodes[$0].operands[0]), output: recorder.tensor($0),
          hasBias: bias?.products.contains($0) ?? false)
      }, bias: bias?.vector)
  }
}
