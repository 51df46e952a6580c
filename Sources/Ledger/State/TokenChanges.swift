/// Which fields of an org token a change names: the bits of `TokenUpdated.changed`.
package struct TokenChanges: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let name = TokenChanges(rawValue: 1)
  package static let scopes = TokenChanges(rawValue: 2)
  package static let description = TokenChanges(rawValue: 4)
  package static let expiry = TokenChanges(rawValue: 8)
  package static let isDisabled = TokenChanges(rawValue: 16)
  package static let previousSecretExpiry = TokenChanges(rawValue: 32)
}
