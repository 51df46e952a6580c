internal import Permissions
internal import Testing

/// The contract's table, written down by hand and apart from the built-in policy.
struct ExpectedRule: Sendable, CustomTestStringConvertible {
  let action: String
  /// Which relations allow a user.
  let users: Set<Relation>
  /// Which relations allow an org token.
  let orgTokens: Set<Relation>
  /// Which relations allow a process.
  let peers: Set<Relation>

  var testDescription: String { action }

  init(
    _ action: String, users: Set<Relation>, orgTokens: Set<Relation> = [],
    peers: Set<Relation> = [.operatorPeer]
  ) {
    self.action = action
    self.users = users
    self.orgTokens = orgTokens
    self.peers = peers
  }

  func allowing(_ subject: SubjectKind) -> Set<Relation> {
    switch subject {
    case .user: users
    case .orgToken: orgTokens
    case .peer: peers
    }
  }

  static let all: [ExpectedRule] = [
    ExpectedRule("integration.create", users: [.administrator]),
    ExpectedRule("integration.update", users: [.administrator]),
    ExpectedRule("integration.delete", users: [.administrator]),
    ExpectedRule("integration.validate", users: [.administrator]),
    ExpectedRule("org_token.create", users: [.administrator]),
    ExpectedRule("org_token.update", users: [.administrator]),
    ExpectedRule("org_token.delete", users: [.administrator]),
    ExpectedRule("org_token.rotate", users: [.administrator]),
    ExpectedRule("dashboard.set_writer", users: [.administrator, .writer]),
    ExpectedRule("dashboard_group.set_writer", users: [.administrator, .writer]),
    ExpectedRule("detector.set_writer", users: [.administrator, .writer]),
    ExpectedRule("dashboard.remove_writer", users: [.administrator, .writer, .oneself]),
    ExpectedRule("dashboard_group.remove_writer", users: [.administrator, .writer, .oneself]),
    ExpectedRule("detector.remove_writer", users: [.administrator, .writer, .oneself]),
    ExpectedRule("organization.get", users: [.administrator]),
    ExpectedRule("organization_user.get", users: [.administrator]),
    ExpectedRule("metric_category.create", users: [.administrator]),
    ExpectedRule("metric_category.update", users: [.administrator]),
    ExpectedRule("metric_category.delete", users: [.administrator]),
    ExpectedRule("organization.invite_user", users: [.administrator]),
    ExpectedRule("organization.invite_users", users: [.administrator]),
    ExpectedRule("organization_user.grant_admin", users: [.administrator]),
    ExpectedRule("organization_user.set_roles", users: [.administrator]),
    ExpectedRule("organization_user.delete", users: [.administrator]),
    ExpectedRule("team.create", users: [.administrator]),
    ExpectedRule("team.update", users: [.administrator]),
    ExpectedRule("team.delete", users: [.administrator]),
    ExpectedRule("team.add_member", users: [.administrator]),
    ExpectedRule("team.remove_member", users: [.administrator, .oneself]),
    ExpectedRule("user_token.issue", users: [.oneself], peers: [.operatorPeer, .issuerPeer]),
    ExpectedRule("user_token.get", users: [.oneself, .administrator]),
    ExpectedRule("user_token.list", users: [.oneself, .administrator]),
    ExpectedRule("user_token.revoke", users: [.oneself, .administrator]),
    ExpectedRule("datapoint.ingest", users: [], orgTokens: [.ingestScope], peers: []),
    ExpectedRule("audit.read", users: [.administrator]),
    ExpectedRule("usage.read", users: [.administrator]),
    ExpectedRule("directory.export", users: [.administrator]),
    ExpectedRule("dashboard.create", users: [.member]),
    ExpectedRule("dashboard_group.create", users: [.member]),
    ExpectedRule("detector.create", users: [.member]),
    ExpectedRule("dashboard.update", users: [.administrator, .writer]),
    ExpectedRule("dashboard_group.update", users: [.administrator, .writer]),
    ExpectedRule("detector.update", users: [.administrator, .writer]),
    ExpectedRule("dashboard.delete", users: [.administrator, .writer]),
    ExpectedRule("dashboard_group.delete", users: [.administrator, .writer]),
    ExpectedRule("detector.delete", users: [.administrator, .writer]),
  ]
}
