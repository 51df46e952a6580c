/// A relation of a subject to the object of an action.
package enum Relation: Sendable, Hashable {
  /// The calling process is an operator.
  case operatorPeer
  /// The calling process is an issuer.
  case issuerPeer
  /// The subject is an org token with the scope `ingest`.
  case ingestScope
  /// The subject is an org token with the scope `api`.
  case apiScope
  /// The subject is an org token with the scope `rum`.
  case rumScope
  /// The subject is the user that is acted on.
  case oneself
  /// The subject is a user of the organization.
  case member
  /// The subject is an administrator of the organization.
  case administrator
  /// The subject is the user who created the resource.
  case creator
  /// The subject is a user who has the role.
  case role(PolicyName)
  /// The subject is a member of the team of that id in the organization acted in.
  case teamMember(PolicyName)
  /// The subject is a writer of the resource, itself or by one of its teams.
  case writer

  /// The relations that every policy has, the cheapest to evaluate first; that is the order of
  /// evaluation. Roles and teams come just before the last. `Relations` has the bit of each.
  package static let fixed: [Relation] = [
    .operatorPeer, .issuerPeer, .ingestScope, .apiScope, .rumScope, .oneself, .member,
    .administrator, .creator, .writer,
  ]

  /// The relation whose bit is the same in every rule; nil for the bit of a role or a team.
  static func fixed(at bit: Int) -> Relation? {
    if bit == Relations.writerBit { return .writer }
    return bit < Relations.namedBits.lowerBound ? fixed[bit] : nil
  }

  /// The name of the relation to a role.
  static func roleName(_ role: String) -> String { "role:" + role }

  /// The name in messages and in policy files; for a role or a team only the prefix.
  var baseName: String {
    switch self {
    case .operatorPeer: "operator"
    case .issuerPeer: "issuer"
    case .ingestScope: "scope:ingest"
    case .apiScope: "scope:api"
    case .rumScope: "scope:rum"
    case .oneself: "self"
    case .member: "member"
    case .administrator: "administrator"
    case .creator: "creator"
    case .role: "role:"
    case .teamMember: "team:"
    case .writer: "writer"
    }
  }
}

/// A set of the relations of one rule.
///
/// The fixed relations have the same bits in every rule. The bits before the last are the rule's
/// own roles and teams. So their number is limited for each rule, not for the policy.
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

  /// The bit of the set's cheapest relation to evaluate; nil if the set is empty.
  var firstBit: Int? { rawValue == 0 ? nil : rawValue.trailingZeroBitCount }

  /// The bits of the set, the cheapest relation first.
  var bits: [Int] { (0..<64).filter { contains(Relations(bit: $0)) } }

  /// These relations and those that they imply: a subject with any relation of users is a member.
  var closure: Relations { isDisjoint(with: .users) ? self : union(.member) }

  /// Whether one subject can hold all of these at once.
  var isPossible: Bool {
    SubjectKind.allCases.contains { isSubset(of: $0.possible) } && self != .peers
  }
}
