package import Tokens

/// How often a token was used since the thread that counts last handed over, on one day, in calls
/// of one method by one local user. What a search looks at comes first, in one cache line.
package struct TokenUse: Sendable, Equatable {
  let high: UInt64
  let low: UInt64
  /// The method's index (16 bits), the day (16), and the local user (32).
  let place: UInt64
  /// Zero in a slot of the table that nothing is in.
  package var callCount: UInt64
  /// When it was used last, in nanoseconds since 1970.
  package var lastNanoseconds: Int64 = 0
  package var deniedCount: UInt64 = 0
  package var previousSecretCount: UInt64 = 0
  /// When its secret from before the last rotation was used last, in nanoseconds since 1970; zero
  /// for never.
  package var previousSecretLastNanoseconds: Int64 = 0

  static let none = TokenUse(high: 0, low: 0, place: 0, callCount: 0)

  package var tokenID: TokenID { TokenID(high: high, low: low) }
  package var method: Int { Int(place >> 48) }
  package var day: UInt16 { UInt16(truncatingIfNeeded: place >> 32) }
  /// The local user.
  package var userID: UInt32 { UInt32(truncatingIfNeeded: place) }
}
