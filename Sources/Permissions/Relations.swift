/// A set of the relations of one rule.
///
/// A relation that every policy has is the same bit everywhere. The bits between, up to the last,
/// are the rule's own roles and teams, whose number in the rule and not in the policy is bounded.
package struct Relations: OptionSet, Sendable, Hashable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The set of the relation at a bit.
  init(bit: Int) { rawValue = 1 << UInt64(bit) }

  package static let operatorPeer = Relations(bit: 0)
  package static let issuerPeer = Relations(bit: 1)
  package static let ingestScope = Relations(bit: 2)
  package static let apiScope = Relations(bit: 3)
  package static let rumScope = Relations(bit: 4)
  package static let oneself = Relations(bit: 5)
  package static let member = Relations(bit: 6)
  package static let administrator = Relations(bit: 7)
  package static let creator = Relations(bit: 8)
  package static let writer = Relations(bit: writerBit)

  /// The bits of the rule's own roles and teams.
  static let namedBits = 9..<writerBit
  static let writerBit = 63
  /// All roles and teams.
  static let named = Relations(rawValue: (1 << UInt64(writerBit)) - (1 << 9))
  static let orgTokens: Relations = [.ingestScope, .apiScope, .rumScope]
  static let peers: Relations = [.operatorPeer, .issuerPeer]
  static let users: Relations = [
    .oneself, .member, .administrator, .creator, .named, .writer,
  ]

  /// The bit of the cheapest relation of the set to ask for; nil when it is empty.
  var firstBit: Int? { rawValue == 0 ? nil : rawValue.trailingZeroBitCount }

  /// The bits of the set, the cheapest relation first.
  var bits: [Int] { (0..<64).filter { contains(Relations(bit: $0)) } }

  /// What holds wherever all of these do: whoever is anything to an organization as a user is one
  /// of its users.
  var closure: Relations { isDisjoint(with: .users) ? self : union(.member) }

  /// Whether one subject can hold all of these at once.
  var isPossible: Bool {
    SubjectKind.allCases.contains { isSubset(of: $0.possible) } && self != .peers
  }
}
