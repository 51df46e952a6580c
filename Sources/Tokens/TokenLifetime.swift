/// How long a token may live.
///
/// A user token lives at most 30 days, which is also the default. An org token lives until it is
/// deleted, unless the request has a lifetime.
package enum TokenLifetime {
  /// 30 days.
  package static let userMaximumNanoseconds: Int64 = 30 * 24 * 3600 * 1_000_000_000

  /// A `google.protobuf.Duration` as one number; the nearest bound if it doesn't fit.
  package static func saturatingNanoseconds(seconds: Int64, nanoseconds: Int32) -> Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    return saturatingSum(product, Int64(nanoseconds))
  }

  /// When a token issued now expires, in nanoseconds since 1970; nil for never.
  ///
  /// `requestedNanoseconds` is the requested lifetime; nil if none was requested. Hostile values
  /// can't overflow: an expiry that doesn't fit becomes the latest possible one.
  package static func expiryNanoseconds(
    kind: TokenKind, requestedNanoseconds: Int64?, nowNanoseconds: Int64
  ) throws(TokenLifetimeError) -> Int64? {
    guard let requestedNanoseconds else {
      switch kind {
      case .user: return saturatingSum(nowNanoseconds, userMaximumNanoseconds)
      case .organization: return nil
      }
    }
    guard requestedNanoseconds > 0 else { throw .notPositive }
    if kind == .user, requestedNanoseconds > userMaximumNanoseconds { throw .tooLong }
    return saturatingSum(nowNanoseconds, requestedNanoseconds)
  }

  private static func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    guard overflow else { return sum }
    return right < 0 ? .min : .max
  }
}

/// Why a lifetime is refused.
package enum TokenLifetimeError: Error, Sendable, Hashable {
  /// Zero or less.
  case notPositive
  /// More than a token of the kind may live.
  case tooLong

  /// The problem, as text to follow the name of the field.
  package var message: StaticString {
    switch self {
    case .notPositive: "must be greater than zero"
    case .tooLong: "must be at most 30 days for a user token"
    }
  }
}

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
