internal import Messages

/// How a token was used in all its life.
package struct TokenUsage: Sendable, Equatable {
  package private(set) var useCount: UInt64 = 0
  /// When it was used last, in nanoseconds since 1970.
  package private(set) var lastNanoseconds: Int64 = 0
  /// The uses of the secret from before the last rotation, since then.
  package private(set) var previousSecretCount: UInt64 = 0
  /// When that secret was used last since then, in nanoseconds since 1970; zero for never.
  package private(set) var previousSecretLastNanoseconds: Int64 = 0
  /// The rotation that the counts of the previous secret belong to.
  private var rotatedAtNanoseconds: Int64 = 0

  init() {}

  init(row: Span<UInt8>) {
    useCount = row.integer(at: 0)
    lastNanoseconds = row.integer(at: 8)
    previousSecretCount = row.integer(at: 16)
    previousSecretLastNanoseconds = row.integer(at: 24)
    rotatedAtNanoseconds = row.integer(at: 32)
  }

  func write(into buffer: inout ByteBuffer) {
    buffer.append(littleEndian: useCount)
    buffer.append(littleEndian: UInt64(bitPattern: lastNanoseconds))
    buffer.append(littleEndian: previousSecretCount)
    buffer.append(littleEndian: UInt64(bitPattern: previousSecretLastNanoseconds))
    buffer.append(littleEndian: UInt64(bitPattern: rotatedAtNanoseconds))
  }

  /// Forgets what was counted of a secret that another rotation has ended since.
  mutating func follow(rotatedAtNanoseconds time: Int64) {
    guard time != rotatedAtNanoseconds else { return }
    rotatedAtNanoseconds = time
    previousSecretCount = 0
    previousSecretLastNanoseconds = 0
  }

  /// Adds uses of the token, which was last rotated at a time; zero for never.
  mutating func add(_ use: TokenUse, rotatedAtNanoseconds time: Int64) {
    follow(rotatedAtNanoseconds: time)
    useCount &+= use.callCount
    lastNanoseconds = max(lastNanoseconds, use.lastNanoseconds)
    // From before the rotation: of a secret that is no more.
    guard use.previousSecretLastNanoseconds >= time else { return }
    previousSecretCount &+= use.previousSecretCount
    previousSecretLastNanoseconds = max(
      previousSecretLastNanoseconds, use.previousSecretLastNanoseconds)
  }
}
