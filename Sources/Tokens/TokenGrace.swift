/// How long the previous secret stays valid after a rotation.
package enum TokenGrace {
  /// 60 days.
  package static let maximumNanoseconds: Int64 = 60 * 24 * 3600 * 1_000_000_000

  /// When a grace period that begins now ends, in nanoseconds since 1970: at the latest when the
  /// token expires (`expiryNanoseconds`; nil for never). Nil if it ends at once.
  ///
  /// Throws if the period is negative or longer than the maximum.
  package static func endNanoseconds(
    graceNanoseconds: Int64, expiryNanoseconds: Int64?, nowNanoseconds: Int64
  ) throws(TokenGraceError) -> Int64? {
    guard graceNanoseconds >= 0 else { throw .negative }
    guard graceNanoseconds <= maximumNanoseconds else { throw .tooLong }
    guard graceNanoseconds > 0 else { return nil }
    let (end, overflow) = nowNanoseconds.addingReportingOverflow(graceNanoseconds)
    return min(overflow ? .max : end, expiryNanoseconds ?? .max)
  }
}

/// Why a grace period is refused.
package enum TokenGraceError: Error, Sendable, Hashable {
  /// Less than zero.
  case negative
  /// More than 60 days.
  case tooLong

  /// The problem, as text to follow the name of the field.
  package var message: StaticString {
    switch self {
    case .negative: "must not be negative"
    case .tooLong: "must be at most 60 days"
    }
  }
}
