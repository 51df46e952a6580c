internal import Messages
package import Tokens

/// How a token was used on a day, in calls of a method by a local user: a row of the table, read in
/// place. Methods go by their names, since their numbers change from version to version.
package struct UsageRow: ~Escapable {
  /// What the key has behind the token's id.
  package let key: Span<UInt8>
  private let row: Span<UInt8>

  /// The size of day and local user, which come before the method.
  package static let placeByteCount = 8

  @_lifetime(copy key, copy row)
  init(key: Span<UInt8>, _ row: Span<UInt8>) {
    precondition(key.count > Self.placeByteCount, "a key of usage is too short")
    self.key = key
    self.row = row
  }

  package var day: UInt16 { UInt16(truncatingIfNeeded: place >> 32) }
  package var userID: UInt32 { UInt32(truncatingIfNeeded: place) }
  package var method: Span<UInt8> {
    @_lifetime(copy self) get { key.extracting(Self.placeByteCount..<key.count) }
  }
  package var callCount: UInt64 { row.integer(at: 0) }
  /// Those of the calls that were none: uses of answers that a client had kept, as it reported.
  package var keptCount: UInt64 { Self.keptCount(row) }
  package var deniedCount: UInt64 { row.integer(at: 8) }
  package var previousSecretCount: UInt64 { row.integer(at: 16) }
  /// Nanoseconds since 1970.
  package var lastNanoseconds: Int64 { row.integer(at: 24) }

  private var place: UInt64 { key.integer(UInt64.self, at: 0).byteSwapped }

  /// Encodes the row as it is with further uses.
  static func encode(_ use: TokenUse, addedTo stored: Span<UInt8>?, into buffer: inout ByteBuffer) {
    let zero: UInt64 = 0
    let calls = stored?.integer(at: 0) ?? zero
    let denied = stored?.integer(at: 8) ?? zero
    let previous = stored?.integer(at: 16) ?? zero
    let last: Int64 = stored?.integer(at: 24) ?? 0
    buffer.append(littleEndian: sum(calls, use.callCount))
    buffer.append(littleEndian: sum(denied, use.deniedCount))
    buffer.append(littleEndian: sum(previous, use.previousSecretCount))
    buffer.append(littleEndian: UInt64(bitPattern: max(last, use.lastNanoseconds)))
    var kept = use.isByKeptAnswer ? use.callCount : 0
    if let stored { kept = sum(kept, keptCount(stored)) }
    if kept > 0 { buffer.append(littleEndian: kept) }
  }

  /// Most rows have none, and end before it.
  private static func keptCount(_ row: Span<UInt8>) -> UInt64 {
    row.count >= 40 ? row.integer(at: 32) : 0
  }

  /// A count that a client has a say in does not begin anew.
  fileprivate static func sum(_ count: UInt64, _ more: UInt64) -> UInt64 {
    let (sum, overflows) = count.addingReportingOverflow(more)
    return overflows ? .max : sum
  }
}

/// Days (UTC) by their number since 1970-01-01.
package enum UsageDay {
  /// The length of a day; there are no leap seconds in times since 1970.
  package static let nanoseconds: Int64 = 86_400_000_000_000

  /// The day of a time in nanoseconds since 1970; one that no 16 bits hold (before 1970, after
  /// 2149) counts as the nearest that they do.
  package static func number(ofNanoseconds time: Int64) -> UInt16 {
    UInt16(clamping: time >= 0 ? time / nanoseconds : -1)
  }

  /// When a day begins, in nanoseconds since 1970.
  package static func beginNanoseconds(_ day: UInt16) -> Int64 { Int64(day) * nanoseconds }
}

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

  func encode(into buffer: inout ByteBuffer) {
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
    useCount = UsageRow.sum(useCount, use.callCount)
    lastNanoseconds = max(lastNanoseconds, use.lastNanoseconds)
    // From before the rotation: of a secret that is no more.
    guard use.previousSecretLastNanoseconds >= time else { return }
    previousSecretCount &+= use.previousSecretCount
    previousSecretLastNanoseconds = max(
      previousSecretLastNanoseconds, use.previousSecretLastNanoseconds)
  }
}

extension LedgerState where Self: ~Copyable {
  /// Counts a use of a token that was found active, in the call that its thread has begun.
  package func noteUse(_ token: TokenRecord, isDenied: Bool = false) {
    tokenUses.note(
      token.id, isByPreviousSecret: token.isByPreviousSecret, isDenied: isDenied,
      nowNanoseconds: nowNanoseconds)
  }

  /// How a token was used, as far as it has been written; nil for not at all.
  package func usage(of token: TokenRecord) -> TokenUsage? {
    let key = token.id.bytes
    guard let row = row(tables.tokenUsage, key.span) else { return nil }
    var usage = TokenUsage(row: row)
    usage.follow(rotatedAtNanoseconds: token.rotatedAtNanoseconds)
    return usage
  }

  /// The usage of a token by day, local user and method, from a day on and behind the row whose key
  /// is `after` (empty: from the first), until `body` returns false.
  package func forEachUsage(
    of id: TokenID, fromDay day: UInt16, after: Span<UInt8>, _ body: (UsageRow) -> Bool
  ) {
    let token = id.bytes
    var start = Key(token.span)
    if after.isEmpty { start.append(bigEndian: UInt64(day) << 32) } else { start.append(after) }
    forEachRow(tables.usage, from: start.bytes, prefix: token.span) { key, row in
      let rest = key.extracting(TokenID.byteCount..<key.count)
      return (!after.isEmpty && rest.isEqual(to: after)) || body(UsageRow(key: rest, row))
    }
  }
}
