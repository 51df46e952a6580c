/// Writes fields of protobuf's encoding, for requests that are made before the clock runs.
extension [UInt8] {
  mutating func appendField(_ number: UInt8, _ content: some Collection<UInt8>) {
    append(number << 3 | 2)
    var rest = content.count
    while rest > 127 {
      append(UInt8(truncatingIfNeeded: rest | 128))
      rest >>= 7
    }
    append(UInt8(rest))
    append(contentsOf: content)
  }

  mutating func appendField(_ number: UInt8, _ text: String) {
    appendField(number, text.utf8)
  }

  mutating func appendBigEndian(_ value: UInt32) {
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
