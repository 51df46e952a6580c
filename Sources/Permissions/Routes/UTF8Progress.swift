/// Follows UTF-8 byte by byte (the Unicode Standard, table 3-7), for text in pieces.
struct UTF8Progress {
  private var missing = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xbf

  /// Whether the last character has all its bytes.
  var isComplete: Bool { missing == 0 }

  /// Takes the next byte; false when the bytes are no UTF-8.
  mutating func take(_ byte: UInt8) -> Bool {
    guard isComplete else {
      guard byte >= low, byte <= high else { return false }
      missing -= 1
      (low, high) = (0x80, 0xbf)
      return true
    }
    switch byte {
    case 0..<0x80: break
    case 0xc2...0xdf: missing = 1
    case 0xe0: (missing, low) = (2, 0xa0)
    case 0xed: (missing, high) = (2, 0x9f)
    case 0xe1...0xef: missing = 2
    case 0xf0: (missing, low) = (3, 0x90)
    case 0xf1...0xf3: missing = 3
    case 0xf4: (missing, high) = (3, 0x8f)
    default: return false
    }
    return true
  }
}
