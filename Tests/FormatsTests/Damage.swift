import TestSupport

/// `file` with a few bytes flipped, overwritten by digits or extreme numbers, removed, repeated or cut off.
func damaged(_ file: [UInt8], _ noise: inout Noise) -> [UInt8] {
  var bytes = file
  for _ in 0...(noise.next() % 3) {
    guard !bytes.isEmpty else { return bytes }
    let place = Int(noise.next() % UInt64(bytes.count))
    let length = Int(noise.next() % 12)
    let end = min(place + length, bytes.count)
    switch noise.next() % 8 {
    case 0, 1: bytes[place] ^= 1 << UInt8(noise.next() % 8)
    case 2: bytes[place] = UInt8(truncatingIfNeeded: noise.next())
    case 3: for i in place..<end { bytes[i] = UInt8(ascii: "9") }
    case 4: for i in place..<end { bytes[i] = 0xFF }
    case 5: bytes.removeSubrange(place..<end)
    case 6: bytes.insert(contentsOf: bytes[place..<end], at: place)
    default: if noise.next() % 4 == 0 { bytes.removeSubrange(place...) }
    }
  }
  return bytes
}
