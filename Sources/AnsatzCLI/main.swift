import Ansatz
import Foundation
let ref = try solve(
  KuramotoSivashinsky(), with: Fourier(points: [192]), stepping: ETDRK4(step: 1.0 / 512), until: 20
).field("u")
var prev = 0.0
for h: Double in [1.0, 0.5, 0.25, 1.0 / 8, 1.0 / 16, 1.0 / 32, 1.0 / 64, 1.0 / 128, 1.0 / 256] {
  let s = try solve(KuramotoSivashinsky(), with: Fourier(points: [192]), stepping: ETDRK4(step: h), until: 20)
  let e = try s.field("u").relativeError(to: ref)
  print(h, e, log2(prev / e)); prev = e
}
