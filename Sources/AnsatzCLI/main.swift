import Ansatz
import Foundation
for (n, T) in [(128, 20.0), (192, 20.0), (192, 10.0), (192, 5.0), (192, 1.0)] {
  print("N", n, "T", T)
  let ref = try solve(
    KuramotoSivashinsky(), with: Fourier(points: [n]), stepping: ETDRK4(step: 1.0 / 4096), until: T
  ).field("u")
  var prev = 0.0
  let hs: [Double] = [0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 1.0 / 256, 1.0 / 512]
  for h in hs {
    let s = try solve(KuramotoSivashinsky(), with: Fourier(points: [n]), stepping: ETDRK4(step: h), until: T)
    let e = try s.field("u").relativeError(to: ref)
    print(h, e, log2(prev / e)); prev = e
  }
}
