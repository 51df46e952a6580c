/// Why a grace period is refused.
package enum TokenGraceError: Error, Sendable, Hashable {
  /// Less than zero.
  case negative
  /// More than 60 days.
  case tooLong

  /// What is wrong, to follow the name of the field.
  package var message: StaticString {
    switch self {
    case .negative: "must not be negative"
    case .tooLong: "must be at most 60 days"
    }
  }
}
