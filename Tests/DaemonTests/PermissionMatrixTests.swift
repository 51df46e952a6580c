internal import Messages
internal import Permissions
internal import PosternClient
internal import TestSupport
internal import Testing

/// The table of the contract, row by row, asked of a running daemon for every kind of subject.
///
/// `expected` is written by hand from the table and says nothing of relations: which of the
/// subjects below may, without a target user, and whether being the target oneself is enough.
@Suite struct PermissionMatrixTests {
  /// The callers. All belong to `acme` but `stranger`, an administrator of another organization.
  enum Subject: String, CaseIterable {
    case administrator, user, writer, teamWriter, stranger
    case ingestToken, apiToken, rumToken
    case expired, revoked, garbage, typo, empty

    var isUserOfAcme: Bool {
      switch self {
      case .administrator, .user, .writer, .teamWriter: true
      default: false
      }
    }

    var isDead: Bool {
      switch self {
      case .expired, .revoked, .garbage, .typo, .empty: true
      default: false
      }
    }
  }

  /// One row of the table.
  struct Row {
    let actions: [String]
    let allowed: Set<Subject>
    var onOneself = false
  }

  static let administrator: Set<Subject> = [.administrator]
  static let anyUser: Set<Subject> = [.administrator, .user, .writer, .teamWriter]
  /// Administrators, and writers of the item that the check names.
  static let writers: Set<Subject> = [.administrator, .writer, .teamWriter]

  static let rows: [Row] = [
    Row(
      actions: [
        "integration.create", "integration.update", "integration.delete", "integration.validate",
      ], allowed: administrator),
    Row(
      actions: ["org_token.create", "org_token.update", "org_token.delete", "org_token.rotate"],
      allowed: administrator),
    Row(
      actions: ["dashboard.set_writer", "dashboard_group.set_writer", "detector.set_writer"],
      allowed: writers),
    Row(
      actions: [
        "dashboard.remove_writer", "dashboard_group.remove_writer", "detector.remove_writer",
      ], allowed: writers, onOneself: true),
    Row(actions: ["organization.get"], allowed: administrator),
    Row(actions: ["organization_user.get"], allowed: administrator),
    Row(actions: ["audit.read", "usage.read", "directory.export"], allowed: administrator),
    Row(
      actions: ["metric_category.create", "metric_category.update", "metric_category.delete"],
      allowed: administrator),
    Row(
      actions: ["organization.invite_user", "organization.invite_users"], allowed: administrator),
    Row(
      actions: [
        "organization_user.grant_admin", "organization_user.set_roles", "organization_user.delete",
      ],
      allowed: administrator),
    Row(
      actions: ["team.create", "team.update", "team.delete", "team.add_member"],
      allowed: administrator),
    Row(actions: ["team.remove_member"], allowed: administrator, onOneself: true),
    Row(actions: ["user_token.issue"], allowed: [], onOneself: true),
    Row(
      actions: ["user_token.get", "user_token.list", "user_token.revoke"],
      allowed: administrator, onOneself: true),
    Row(actions: ["datapoint.ingest"], allowed: [.ingestToken]),
    Row(
      actions: ["dashboard.create", "dashboard_group.create", "detector.create"],
      allowed: anyUser),
    Row(
      actions: [
        "dashboard.update", "dashboard.delete", "dashboard_group.update",
        "dashboard_group.delete", "detector.update", "detector.delete",
      ], allowed: writers),
  ]

  @Test func answersTheWholeTable() throws {
    let world = try World()
    let client = try world.daemon.client()
    var checks = 0
    for row in Self.rows {
      for action in row.actions {
        for subject in Subject.allCases {
          for target in [nil, "alice", "bob", "carol", "dave", "mallory"] as [String?] {
            for id in [nil, "one", "another"] as [String?] {
              let answer = try client.check(
                token: world.secret(of: subject), action, id: id, target: target)
              let expected = Self.expects(row, subject, id: id, target: target, world)
              #expect(
                answer.isAllowed == expected,
                "\(subject) \(action) on \(id ?? "nothing") about \(target ?? "nobody")")
              if subject.isDead {
                #expect(answer.reason == .tokenInactive)
              }
              checks += 1
            }
          }
        }
      }
    }
    #expect(checks == Policy.builtIn.actionCount * Subject.allCases.count * 6 * 3)
  }

  /// As above, for users without a token. No user has rights in another organization.
  @Test func answersTheTableForUsersByName() throws {
    let world = try World()
    let client = try world.daemon.client()
    for row in Self.rows {
      for action in row.actions {
        for subject in Subject.allCases where subject.isUserOfAcme {
          let name = world.name(of: subject)
          for target in [nil, "alice", "bob"] as [String?] {
            let answer = try client.check(
              user: ("acme", name), action, id: "one", target: target)
            let expected = Self.expects(row, subject, id: "one", target: target, world)
            #expect(answer.isAllowed == expected, "\(name) \(action) about \(target ?? "nobody")")
          }
        }
        let nobody = try client.check(user: ("acme", "nobody"), action, id: "one")
        #expect(nobody == CheckAnswer(isAllowed: false, rule: "", reason: .userUnknown))
        let elsewhere = try client.check(user: ("nowhere", "alice"), action, id: "one")
        #expect(elsewhere == CheckAnswer(isAllowed: false, rule: "", reason: .userUnknown))
        for id in ["mallory", "alice"] {
          for target in [nil, id] {
            let answer = try client.check(
              user: ("other", id), action, id: Self.item(of: action), organization: "acme",
              target: target)
            #expect(!answer.isAllowed, "\(id) of other \(action) in acme")
          }
        }
      }
    }
  }

  @Test func allowsNothingInAnotherOrganization() throws {
    let world = try World()
    let client = try world.daemon.client()
    for action in Self.rows.flatMap(\.actions) {
      for subject in Subject.allCases {
        let foreign = subject == .stranger ? "acme" : "other"
        for target in [nil, "alice", "bob", "mallory"] as [String?] {
          let answer = try client.check(
            token: world.secret(of: subject), action, id: Self.item(of: action),
            organization: foreign, target: target)
          #expect(!answer.isAllowed, "\(subject) \(action) in \(foreign)")
        }
      }
    }
  }

  @Test func refusesAnOrganizationInAnother() throws {
    let world = try World()
    let client = try world.daemon.client()
    for (id, organization) in [("other", "acme"), ("acme", "other")] {
      let refusal = failure { () throws(ClientError) in
        try client.check(
          token: world.secret(of: .administrator), "organization.get", id: id,
          organization: organization)
      }
      #expect(refusal?.statusName == "INVALID_ARGUMENT")
      #expect(refusal?.field == "resource.organization_id")
    }
    let own = try client.check(
      token: world.secret(of: .administrator), "organization.get", id: "acme",
      organization: "acme")
    #expect(own.isAllowed)
    let foreign = try client.check(
      token: world.secret(of: .administrator), "organization.get", id: "other")
    #expect(foreign.reason == .otherOrganization)
  }

  @Test func saysWhy() throws {
    let world = try World()
    let client = try world.daemon.client()
    let secret = world.secret(of:)
    #expect(
      try client.check(token: secret(.administrator), "integration.create")
        == CheckAnswer(isAllowed: true, rule: "administrator", reason: .relationHolds))
    #expect(
      try client.check(token: secret(.user), "integration.create")
        == CheckAnswer(isAllowed: false, rule: "administrator", reason: .noRelation))
    #expect(
      try client.check(token: secret(.user), "dashboard.update", id: "one")
        == CheckAnswer(isAllowed: false, rule: "administrator, writer", reason: .noRelation))
    #expect(
      try client.check(token: secret(.teamWriter), "dashboard.update", id: "one")
        == CheckAnswer(isAllowed: true, rule: "writer", reason: .relationHolds))
    #expect(
      try client.check(token: secret(.administrator), "datapoint.ingest").reason == .neverAllowed)
    #expect(
      try client.check(token: secret(.apiToken), "integration.create").reason == .neverAllowed)
    #expect(
      try client.check(token: secret(.stranger), "organization.get", organization: "acme")
        == CheckAnswer(isAllowed: false, rule: "", reason: .otherOrganization))
  }

  /// The item that a check names, unless its target is the organization.
  private static func item(of action: String) -> String? {
    action.hasPrefix("organization.") ? nil : "one"
  }

  private static func expects(
    _ row: Row, _ subject: Subject, id: String?, target: String?, _ world: borrowing World
  ) -> Bool {
    // A request's organization says where the action takes place, and `one` is in another.
    if row.actions[0].hasPrefix("organization."), id != nil { return false }
    if subject == .stranger {
      // An administrator in its own organization, where it is writer of nothing.
      if row.onOneself, target == "mallory" { return true }
      return row.allowed.contains(.administrator)
    }
    if row.onOneself, subject.isUserOfAcme, target == world.name(of: subject) { return true }
    guard row.allowed.contains(subject) else { return false }
    if row.allowed == writers, subject != .administrator { return id == "one" }
    return true
  }
}
