internal import Messages
internal import PosternClient
internal import TestSupport

/// A daemon with two organizations and one of every kind of subject, for tests of rights.
///
/// In `acme`: the administrator `alice`, the users `bob`, `carol` and `dave`; the team `writers`
/// with `dave`; of each type with writers the item `one`, written by `carol` and the team, and
/// `another`, without writers. In `other`: the administrators `mallory` and a second `alice`.
struct World {
  let daemon: Daemon
  private var secrets: [PermissionMatrixTests.Subject: String] = [:]

  static let writableTypes = ["dashboard", "dashboard_group", "detector"]

  init(
    _ arguments: [String] = [], descriptors: Int? = nil, environment: [String: String] = [:]
  ) throws {
    daemon = try Daemon(arguments, descriptors: descriptors, environment: environment)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.createOrganization("other", administrator: "mallory")
    try client.invite("alice", to: "other")
    try client.setAdministrator("alice", of: "other", true)
    for user in ["bob", "carol", "dave"] { try client.invite(user, to: "acme") }
    try client.createTeam("writers", of: "acme", members: ["dave"])
    for type in Self.writableTypes {
      for id in ["one", "another"] { try client.putResource(type, id, of: "acme") }
      try client.setWriter("carol", type, "one", of: "acme")
      try client.setWriter("writers", isTeam: true, type, "one", of: "acme")
    }
    secrets[.administrator] = try client.issueToken(for: "alice", of: "acme").secret
    secrets[.user] = try client.issueToken(for: "bob", of: "acme").secret
    secrets[.writer] = try client.issueToken(for: "carol", of: "acme").secret
    secrets[.teamWriter] = try client.issueToken(for: "dave", of: "acme").secret
    secrets[.stranger] = try client.issueToken(for: "mallory", of: "other").secret
    secrets[.ingestToken] =
      try client.issueOrgToken(named: "ingest", of: "acme", [.ingest]).secret
    secrets[.apiToken] = try client.issueOrgToken(named: "api", of: "acme", [.api]).secret
    secrets[.rumToken] = try client.issueOrgToken(named: "rum", of: "acme", [.rum]).secret
    secrets[.expired] =
      try client.issueToken(for: "alice", of: "acme", seconds: 0, nanoseconds: 1).secret
    let revoked = try client.issueToken(for: "alice", of: "acme").secret
    try client.revoke(secret: revoked)
    secrets[.revoked] = revoked
    secrets[.garbage] = "garbage"
    // One character of the random part changed, so that the checksum is wrong.
    var typo = Array(secrets[.administrator] ?? "")
    typo[40] = typo[40] == "a" ? "b" : "a"
    secrets[.typo] = String(typo)
    secrets[.empty] = ""
  }

  /// The text of a subject's token.
  func secret(of subject: PermissionMatrixTests.Subject) -> String {
    guard let secret = secrets[subject] else { preconditionFailure("every subject has a token") }
    return secret
  }

  /// The user id of a subject that is a user.
  func name(of subject: PermissionMatrixTests.Subject) -> String {
    switch subject {
    case .administrator: "alice"
    case .user: "bob"
    case .writer: "carol"
    case .teamWriter: "dave"
    default: "mallory"
    }
  }
}
