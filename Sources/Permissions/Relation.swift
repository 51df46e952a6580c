/// How a subject stands to what it wants to act on.
///
/// Declared from the cheapest to learn to the dearest, which is the order they are asked in.
package enum Relation: UInt8, Sendable, Hashable, CaseIterable {
  /// The calling process is an operator.
  case operatorPeer
  /// The calling process is an issuer.
  case issuerPeer
  /// The subject is an org token with the scope `ingest`.
  case ingestScope
  /// The subject is the user that is acted on.
  case oneself
  /// The subject is a user of the organization.
  case member
  /// The subject is an administrator of the organization.
  case administrator
  /// The subject is a writer of the resource, itself or by one of its teams.
  case writer

  /// The name in messages and in policy files.
  package var name: String {
    switch self {
    case .operatorPeer: "operator"
    case .issuerPeer: "issuer"
    case .ingestScope: "scope:ingest"
    case .oneself: "oneself"
    case .member: "member"
    case .administrator: "administrator"
    case .writer: "writer"
    }
  }

  /// The relation of a name; nil for a name of none.
  package init?(name: String) {
    for relation in Relation.allCases where relation.name == name {
      self = relation
      return
    }
    return nil
  }
}
