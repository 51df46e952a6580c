/// The CRC-32 of IEEE 802.3 (reflected polynomial 0xedb88320), computed in steps of eight bytes.
package enum CRC32 {
  /// Row `k`, at `k * 256`, has the effect of a byte that is followed by `k` more bytes.
  private static let rows: [UInt32] = {
    var rows = [UInt32](repeating: 0, count: 2048)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 {
        remainder = (remainder >> 1) ^ (remainder & 1 == 0 ? 0 : 0xedb8_8320)
      }
      rows[byte] = remainder
    }
    for index in 256..<2048 {
      let before = rows[index - 256]
      rows[index] = (before >> 8) ^ rows[Int(before & 0xff)]
    }
    return rows
  }()

  /// The checksum of all bytes.
  package static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    checksum(bytes, count: bytes.count)
  }

  /// The checksum of the first `count` bytes.
  @inline(__always)
  static func checksum(_ bytes: Span<UInt8>, count: Int) -> UInt32 {
    precondition(count <= bytes.count, "a checksum of more bytes than there are")
    let rows = Self.rows.span
    var state: UInt32 = 0xffff_ffff
    var index = 0
    while index &+ 8 <= count {
      let low =
        rows[1792 &+ Int((state ^ UInt32(bytes[index])) & 0xff)]
        ^ rows[1536 &+ Int(((state >> 8) ^ UInt32(bytes[index &+ 1])) & 0xff)]
        ^ rows[1280 &+ Int(((state >> 16) ^ UInt32(bytes[index &+ 2])) & 0xff)]
        ^ rows[1024 &+ Int(((state >> 24) ^ UInt32(bytes[index &+ 3])) & 0xff)]
      let high =
        rows[768 &+ Int(bytes[index &+ 4])]
        ^ rows[512 &+ Int(bytes[index &+ 5])]
        ^ rows[256 &+ Int(bytes[index &+ 6])]
        ^ rows[Int(bytes[index &+ 7])]
      state = low ^ high
      index &+= 8
    }
    while index < count {
      state = (state >> 8) ^ rows[Int((state ^ UInt32(bytes[index])) & 0xff)]
      index &+= 1
    }
    return ~state
  }
}
