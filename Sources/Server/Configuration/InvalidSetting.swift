internal import Platform

/// Why a setting can't have a value.
enum InvalidSetting: Error {
  /// It is not of the setting's kind, or out of its range.
  case malformed
  /// It names no user or group.
  case account(AccountNameError)
}
