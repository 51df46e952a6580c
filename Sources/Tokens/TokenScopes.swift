/// What an org token may be used for.
package struct TokenScopes: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Sending data points.
  package static let ingest = TokenScopes(rawValue: 1)
  /// Calling the API.
  package static let api = TokenScopes(rawValue: 2)
  /// Sending data of real user monitoring.
  package static let rum = TokenScopes(rawValue: 4)

  /// Every scope there is.
  package static let all: TokenScopes = [.ingest, .api, .rum]

  /// Every scope with its name, in the order of the bits.
  package static let named: [(scope: TokenScopes, name: String)] = [
    (.ingest, "ingest"), (.api, "api"), (.rum, "rum"),
  ]

  /// The scope with that name; nil if there is none.
  package init?(name: Span<UInt8>) {
    for (scope, candidate) in Self.named where name.count == candidate.utf8.count {
      var matches = true
      var index = 0
      for byte in candidate.utf8 {
        matches = matches && byte == name[index]
        index += 1
      }
      if matches {
        self = scope
        return
      }
    }
    return nil
  }

  /// The names of the scopes in the set, in the order of the bits.
  package var names: [String] { Self.named.filter { contains($0.scope) }.map(\.name) }

  /// Whether an unknown bit is set.
  package var hasUnknown: Bool { !Self.all.isSuperset(of: self) }
}
