internal import Platform

/// One thing that can be configured: a flag `--name VALUE`, and in the configuration file a key
/// with underscores.
struct Setting: Sendable {
  let name: String
  let placeholder: String
  let summary: String
  /// The flag alone means `true`; another value stands behind `=`.
  var isSwitch: Bool { placeholder.isEmpty }
  /// Takes the value; throws when it is not one that the setting may have.
  let apply: @Sendable (inout Configuration, String) throws(InvalidSetting) -> Void

  /// The name in the configuration file.
  var key: String { name.replacing("-", with: "_") }

  /// A setting whose flag is `--name PLACEHOLDER`, or `--name` for a switch.
  init(
    _ flag: String, help: String,
    _ apply: @escaping @Sendable (inout Configuration, String) throws(InvalidSetting) -> Void
  ) {
    let words = flag.split(separator: " ", maxSplits: 1).map(String.init)
    name = words[0]
    placeholder = words.count > 1 ? words[1] : ""
    summary = help
    self.apply = { (configuration, text) throws(InvalidSetting) in
      guard !text.isEmpty else { throw .malformed }
      try apply(&configuration, text)
    }
  }

  static func number(
    _ flag: String, in range: ClosedRange<Int>, radix: Int = 10, help: String,
    _ apply: @escaping @Sendable (inout Configuration, Int) -> Void
  ) -> Setting {
    Setting(flag, help: help) { (configuration, text) throws(InvalidSetting) in
      guard let value = Int(text, radix: radix) else { throw .malformed }
      guard range.contains(value) else {
        throw .outOfRange(
          String(range.lowerBound, radix: radix), String(range.upperBound, radix: radix))
      }
      apply(&configuration, value)
    }
  }

  static func toggle(
    _ flag: String, help: String,
    _ apply: @escaping @Sendable (inout Configuration, Bool) -> Void
  ) -> Setting {
    Setting(flag, help: help) { (configuration, text) throws(InvalidSetting) in
      guard let value = Bool(text) else { throw .malformed }
      apply(&configuration, value)
    }
  }

  typealias ApplyID = @Sendable (inout Configuration, UInt32) -> Void

  static func id(
    _ flag: String, help: String, _ apply: @escaping ApplyID
  ) -> Setting {
    Setting(flag, help: help) { (configuration, text) throws(InvalidSetting) in
      // The kernel uses the greatest number for no user at all.
      guard let value = UInt32(text), value != UInt32.max else { throw .malformed }
      apply(&configuration, value)
    }
  }

  static func userName(
    _ flag: String, help: String, _ apply: @escaping ApplyID
  ) -> Setting {
    account(flag, help: help, find: AccountName.userID, apply)
  }

  static func groupName(
    _ flag: String, help: String, _ apply: @escaping ApplyID
  ) -> Setting {
    account(flag, help: help, find: AccountName.groupID, apply)
  }

  static func account(
    _ flag: String, help: String,
    find: @escaping @Sendable (String) throws(AccountNameError) -> UInt32,
    _ apply: @escaping ApplyID
  ) -> Setting {
    Setting(flag, help: help) { (configuration, text) throws(InvalidSetting) in
      let value: UInt32
      do throws(AccountNameError) { value = try find(text) } catch { throw .account(error) }
      apply(&configuration, value)
    }
  }
}

/// Why a setting can't have a value.
enum InvalidSetting: Error {
  /// It is not of the setting's kind.
  case malformed
  /// It is not from the first of these values to the second.
  case outOfRange(String, String)
  /// It names no user or group.
  case account(AccountNameError)
}
