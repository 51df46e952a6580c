package import Tokens

/// How often a token was used since the thread that counts last handed over, on one day, in calls
/// of one method by one local user. Refused calls, and those by the secret from before the last
/// rotation, are counted apart.
package struct TokenUse: Sendable, Equatable {
  let high: UInt64
  let low: UInt64
  /// From the top: one bit that is always set, whether it was by answers that had been kept,
  /// whether it was refused, whether it was by the previous secret, the method's index (12 bits),
  /// the day (16), and the local user (32). Zero in a slot of the table that nothing is in.
  let place: UInt64
  package var callCount: UInt64 = 0
  /// When it was used last, in nanoseconds since 1970.
  package var lastNanoseconds: Int64 = 0

  init(high: UInt64, low: UInt64, place: UInt64) {
    (self.high, self.low, self.place) = (high, low, place)
  }

  static let keptBit: UInt64 = 1 << 62
  static let deniedBit: UInt64 = 1 << 61
  static let previousBit: UInt64 = 1 << 60

  /// The place of a method and a local user, without a day.
  static func place(method: Int, userID: UInt32) -> UInt64 {
    1 << 63 | UInt64(truncatingIfNeeded: method & 0xfff) << 48 | UInt64(userID)
  }

  var isEmpty: Bool { place == 0 }
  package var tokenID: TokenID { TokenID(high: high, low: low) }
  package var method: Int { Int(place >> 48 & 0xfff) }
  /// Whether no call was made: the client had kept the answer.
  package var isByKeptAnswer: Bool { place & Self.keptBit != 0 }
  package var day: UInt16 { UInt16(truncatingIfNeeded: place >> 32) }
  /// The local user.
  package var userID: UInt32 { UInt32(truncatingIfNeeded: place) }
  package var deniedCount: UInt64 { place & Self.deniedBit == 0 ? 0 : callCount }
  package var previousSecretCount: UInt64 { place & Self.previousBit == 0 ? 0 : callCount }
  /// When its secret from before the last rotation was used last, in nanoseconds since 1970; zero
  /// for never.
  package var previousSecretLastNanoseconds: Int64 {
    place & Self.previousBit == 0 ? 0 : lastNanoseconds
  }

  /// The order of the rows that it is added to.
  static func < (left: TokenUse, right: TokenUse) -> Bool {
    (left.high, left.low, left.place) < (right.high, right.low, right.place)
  }
}
