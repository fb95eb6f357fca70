import Tensors

/// A linear map of fields as a primitive of recorded graphs, or the identity with the map for its gradients.
struct SobolevPrimitive<Scalar: Real>: CustomPrimitive {
  enum Role {
    case map
    case gradient
  }

  let map: GridMap
  let role: Role

  init(_ map: GridMap, _ role: Role) { (self.map, self.role) = (map, role) }

  var name: String { role == .map ? "Sobolev map" : "Sobolev gradient" }
  var isSamplewise: Bool { true }
  // A gradient of its own is not that of a linear map.
  var isLinear: Bool { role == .map }

  func shape(of operands: [[Int]]) -> [Int] {
    let own = map.laplacian.shape
    precondition(
      operands.count == 1 && operands[0].count > own.count && operands[0].suffix(own.count) == own[...],
      "operands of shapes \(operands) for fields of shape [entries, …] + \(own)")
    return operands[0]
  }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let count = shapes[0].reduce(1, *)
    switch role {
    case .map: map.apply(operands[0], into: result, fields: count / map.laplacian.count)
    case .gradient: result.update(from: operands[0], count: count)
    }
  }

  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    [SobolevPrimitive(map.transposed, .map)(gradient)]
  }

  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    role == .map ? tangents[0].map { self($0) } : tangents[0]
  }
}
