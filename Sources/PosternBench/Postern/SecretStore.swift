/// The secrets of the issued tokens, which all have one length, one behind the other.
struct SecretStore {
  private var bytes: [UInt8] = []
  private(set) var count = 0
  private var secretByteCount = 0

  mutating func append(_ secret: Span<UInt8>) throws(BenchFailure) {
    if count == 0 { secretByteCount = secret.count }
    guard secret.count == secretByteCount, secret.count > 0 else {
      throw BenchFailure("secrets differ in length")
    }
    for index in secret.indices { bytes.append(secret[index]) }
    count += 1
  }

  subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[index * secretByteCount..<(index + 1) * secretByteCount]
  }
}
