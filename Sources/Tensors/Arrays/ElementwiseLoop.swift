import CKernels

/// Runs one pointwise operation over whole arrays, in tiles on the shared pool when there is enough work.
enum ElementwiseLoop {
  /// Elements per tile: three operands of doubles fill half of a typical second-level cache.
  static let tile = 1 << 14

  /// out = operation(a, b, c) with a constant; operands that the operation does not use are left out.
  static func run<Scalar: Real>(
    _ operation: ck_operation, constant: Double = 0, _ a: UnsafePointer<Scalar>?,
    _ b: UnsafePointer<Scalar>? = nil,
    _ c: UnsafePointer<Scalar>? = nil, into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    func run(_ first: Int, _ count: Int) {
      var instruction = ck_instruction(
        op: UInt16(operation.rawValue), dst: 0, a: 1, b: 2, c: 3, constant: constant)
      func slot(_ operand: UnsafePointer<Scalar>?) -> UnsafeMutablePointer<Scalar>? {
        // The interpreter takes all slots as mutable, but writes the destination alone.
        operand.map { UnsafeMutablePointer(mutating: $0) + first } ?? out + first
      }
      var slots = (slot(out), slot(a), slot(b), slot(c))
      var strides: (Int64, Int64, Int64, Int64) = (1, 1, 1, 1)
      withUnsafeBytes(of: &slots) { slots in
        withUnsafeBytes(of: &strides) { strides in
          Scalar.runPointwise(
            &instruction, instructions: 1,
            slots: slots.baseAddress!.assumingMemoryBound(to: UnsafeMutablePointer<Scalar>?.self),
            strides: strides.baseAddress!.assumingMemoryBound(to: Int64.self), slotCount: 4, count: count)
        }
      }
    }
    if count <= 2 * tile {
      run(0, count)
    } else {
      let tiles = (count + tile - 1) / tile
      WorkerPool.shared.forEach(tiles: tiles) { index, _ in run(index * tile, min(tile, count - index * tile))
      }
    }
  }
}

extension Tensor {
  /// A function of every element.
  public func applying(_ function: ElementwiseUnary) -> Tensor {
    if let place { return place.recorder.record(.unary(function), [self], shape) }
    let (code, constant) = function.instruction
    return Tensor(shape: shape) { out in
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer {
        ElementwiseLoop.run(code, constant: constant, $0.baseAddress, into: out, count: count)
      }
    }
  }

  /// A function of every pair of elements, after broadcasting.
  public func combined(_ function: ElementwiseBinary, _ other: Tensor) -> Tensor {
    let recorder = place?.recorder ?? other.place?.recorder
    if shape != other.shape {
      let common = Self.broadcastShape(shape, other.shape)
      // In a graph a number stays one, however often it is repeated.
      let (a, b) = (recorder?.recorded(self) ?? self, recorder?.recorded(other) ?? other)
      return a.broadcast(to: common).combined(function, b.broadcast(to: common))
    }
    if let recorder { return recorder.record(.binary(function), [self, other], shape) }
    return Tensor(shape: shape) { out in
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer { x in
        other.withUnsafeBufferPointer { y in
          ElementwiseLoop.run(function.code, x.baseAddress, y.baseAddress, into: out, count: count)
        }
      }
    }
  }
}
