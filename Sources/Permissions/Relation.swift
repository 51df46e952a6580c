/// How a subject stands to what it wants to act on.
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

  /// Those that every policy has, from the cheapest to learn to the dearest, which is the order
  /// they are asked in. Roles and teams come before the last.
  package static let fixed: [Relation] = [
    .operatorPeer, .issuerPeer, .ingestScope, .apiScope, .rumScope, .oneself, .member,
    .administrator, .creator, .writer,
  ]

  /// What a relation to a role is called.
  static func roleName(_ role: String) -> String { "role:" + role }

  /// The name in messages and in policy files; of a role or a team only what stands before its own
  /// name.
  var baseName: String {
    switch self {
    case .operatorPeer: "operator"
    case .issuerPeer: "issuer"
    case .ingestScope: "scope:ingest"
    case .apiScope: "scope:api"
    case .rumScope: "scope:rum"
    case .oneself: "oneself"
    case .member: "member"
    case .administrator: "administrator"
    case .creator: "creator"
    case .role: "role:"
    case .teamMember: "team:"
    case .writer: "writer"
    }
  }
}
