/// Why a name stands for no user or group of this machine.
package struct AccountNameError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the name should have been one of.
  package enum Kind: String, Sendable {
    case user
    case group
  }

  package let kind: Kind
  package let name: String
  /// Nil when there is no such name; else why that could not be found out.
  package let error: Errno?

  package init(kind: Kind, name: String, error: Errno?) {
    self.kind = kind
    self.name = name
    self.error = error
  }

  package var description: String {
    if let error { return "the \(kind.rawValue) `\(name)` can't be looked up: \(error)" }
    return "this machine has no \(kind.rawValue) `\(name)`"
  }
}
