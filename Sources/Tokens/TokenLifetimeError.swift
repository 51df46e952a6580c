/// Why a lifetime is refused.
package enum TokenLifetimeError: Error, Sendable, Hashable {
  /// Zero or less.
  case notPositive
  /// More than a token of the kind may live.
  case tooLong

  /// What is wrong, to follow the name of the field.
  package var message: StaticString {
    switch self {
    case .notPositive: "must be greater than zero"
    case .tooLong: "must be at most 30 days for a user token"
    }
  }
}
