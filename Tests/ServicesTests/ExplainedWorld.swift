internal import Messages
internal import RPC
internal import Services
internal import TestSupport

/// An organization with one subject, whose every relation is drawn by lot, and which moves change.
final class ExplainedWorld {
  enum Subject: CaseIterable {
    case userWithToken
    case user
    case unknownUser
    case orgToken
  }

  static let policy = """
    {
      resource_types: { report: { writers: true } },
      roles: ["x", "y"],
      actions: {
        "report.create": { any: ["member"] },
        "report.set_writer": { any: ["member"] }, "report.remove_writer": { any: ["member"] },
        "report.v0": { any: ["writer"] },
        "report.v1": { any: ["administrator", "writer"] },
        "report.v2": { any: [{ all: ["writer", "team:a"] }] },
        "report.v3": { any: [{ all: ["role:x", "role:y"] }, "administrator"] },
        "report.v4": { any: [{ all: ["team:a", "team:b"] }, { all: ["writer", "role:x"] }] },
        "report.v5": { any: ["creator", "role:y"] },
        "report.v6": { any: ["self", "team:c"] },
        "report.v7": { any: ["member"] },
        "report.v8": { any: [{ all: ["writer", "team:a", "role:x"] }] },
        "report.v9": { any: ["scope:api", { all: ["scope:ingest", "scope:rum"] }] },
        "report.v10": { any: [{ all: ["administrator", "role:x"] }, "scope:ingest"] },
        "report.v11": { any: [{ all: ["creator", "writer"] },
          { all: ["role:x", "team:missing"] }, { all: ["self", "role:y", "team:b"] }] },
      },
    }
    """
  static let actions = (0...11).map { "report.v\($0)" }
  static let teams = ["a", "b", "c"]

  let desk: Desk
  let organization: String
  let subject: Subject
  private let namesResource: Bool
  private let isAboutSubject: Bool
  private var roles: Set<String> = []
  private var scopes: Set<String> = []
  private var secret = ""
  private var tokenID = ""
  /// How the world was drawn, for a failure's message.
  private(set) var story: [ExplainedMove] = []

  init(
    _ desk: Desk, _ organization: String, _ subject: Subject, using lots: inout SplitMix64
  ) throws {
    self.desk = desk
    self.organization = organization
    self.subject = subject
    namesResource = Int.random(in: 0..<5, using: &lots) > 0
    isAboutSubject = Bool.random(using: &lots)
    try send(.directoryServiceCreateOrganization, #""administrator_user_id":"root""#)
    if subject != .unknownUser { try send(.directoryServiceInviteUser, #""user_id":"bob""#) }
    if subject == .user || subject == .userWithToken {
      try issue(#""user_id":"bob""#)
    }
    if subject != .orgToken, !secret.isEmpty, Bool.random(using: &lots) { desk.bearer = secret }
    try send(
      .directoryServicePutResource, #""resource_type":"report","resource_id":"r""#)
    desk.bearer = ""
    for team in Self.teams { try send(.directoryServiceCreateTeam, #""team_id":"\#(team)""#) }
    if subject == .orgToken {
      scopes = ["ingest", "api", "rum"].filter { _ in Bool.random(using: &lots) }
        .reduce(into: []) { $0.insert($1) }
      if scopes.isEmpty { scopes = ["rum"] }
      try issue(#""name":"t","scopes":[\#(scopeList)]"#)
    }
    for move in Self.moves where move.isGrant && Int.random(in: 0..<3, using: &lots) == 0 {
      if try make(move) { story.append(move) }
    }
    // The subject may be the last administrator.
    if Bool.random(using: &lots) {
      _ = try? send(.directoryServiceSetAdministrator, #""user_id":"root""#)
    }
  }

  /// Every single change of a relation that the methods can make and take back.
  static let moves: [ExplainedMove] = moves(isGrant: true) + moves(isGrant: false)

  private static func moves(isGrant: Bool) -> [ExplainedMove] {
    let writer = isGrant ? "SetWriter" : "RemoveWriter"
    let member = isGrant ? "AddTeamMember" : "RemoveTeamMember"
    var moves = [
      ExplainedMove("SetAdministrator", isGrant: isGrant), ExplainedMove(writer, isGrant: isGrant),
    ]
    for team in teams {
      moves.append(ExplainedMove(writer, isGrant: isGrant, team: team))
      moves.append(ExplainedMove(member, isGrant: isGrant, team: team))
    }
    for role in ["x", "y"] {
      moves.append(ExplainedMove("SetUserRoles", isGrant: isGrant, role: role))
    }
    for scope in ["ingest", "api", "rum"] {
      moves.append(ExplainedMove("UpdateOrgToken", isGrant: isGrant, scope: scope))
    }
    return moves
  }

  /// Makes a move by its method; false if that refuses, or nothing changes.
  func make(_ move: ExplainedMove) throws -> Bool {
    let revision = try desk.revision
    let bob = #""user_id":"bob""#
    let before = (roles, scopes)
    do {
      switch move.method {
      case "SetAdministrator":
        try send(
          .directoryServiceSetAdministrator, #"\#(bob),"administrator":\#(move.isGrant)"#)
      case "SetWriter": try send(.directoryServiceSetWriter, writer(move))
      case "RemoveWriter": try send(.directoryServiceRemoveWriter, writer(move))
      case "AddTeamMember":
        try send(.directoryServiceAddTeamMember, #"\#(bob),"team_id":"\#(move.team)""#)
      case "RemoveTeamMember":
        try send(.directoryServiceRemoveTeamMember, #"\#(bob),"team_id":"\#(move.team)""#)
      case "SetUserRoles":
        if move.isGrant { roles.insert(move.role) } else { roles.remove(move.role) }
        let list = roles.map { #""\#($0)""# }.joined(separator: ",")
        try send(.directoryServiceSetUserRoles, #"\#(bob),"roles":[\#(list)]"#)
      case "UpdateOrgToken":
        guard subject == .orgToken else { return false }
        if move.isGrant { scopes.insert(move.scope) } else { scopes.remove(move.scope) }
        try desk.setScopes(scopes, of: tokenID)
      case "InviteUser": try send(.directoryServiceInviteUser, bob)
      case "DeleteUser": try send(.directoryServiceDeleteUser, bob)
      case "RevokeToken": try desk.revoke(secret)
      default: return false
      }
    } catch is Status {
      (roles, scopes) = before
      return false
    }
    return try desk.revision != revision
  }

  /// The fields of the question that all its methods have.
  private func question(_ action: String) -> String {
    var fields = [#""action":"\#(action)""#]
    if namesResource || subject == .unknownUser { fields.append(#""resource":{"id":"r"}"#) }
    if isAboutSubject { fields.append(#""target_user_id":"bob""#) }
    if subject == .userWithToken || subject == .orgToken {
      fields.append(#""token_secret":"\#(secret)""#)
    } else {
      fields.append(#""user":{"organization_id":"\#(organization)","user_id":"bob"}"#)
    }
    return "{\(fields.joined(separator: ","))}"
  }

  func isAllowed(_ action: String) throws -> Bool {
    let answer = try desk.query(
      .permissionServiceCheck, Desk.encoded(PosternV1.CheckRequest.self, question(action)))
    let arena = Arena(initialBytes: 4096)
    return try PosternV1.CheckResponse(decoding: answer.span, in: arena).allowed
  }

  func explain(_ action: String) throws -> ExplanationView {
    try ExplanationView(
      desk.query(
        .permissionServiceExplain, Desk.encoded(PosternV1.ExplainRequest.self, question(action))))
  }

  private func writer(_ move: ExplainedMove) -> String {
    let writer = move.team.isEmpty ? #""user_id":"bob""# : #""team_id":"\#(move.team)""#
    return #""resource_type":"report","resource_id":"r","writer":{\#(writer)}"#
  }

  private var scopeList: String {
    scopes.map { #""TOKEN_SCOPE_\#($0.uppercased())""# }.joined(separator: ",")
  }

  private func issue(_ fields: String) throws {
    let issued = try desk.issue(#"{"organization_id":"\#(organization)",\#(fields)}"#)
    (secret, tokenID) = issued
  }

  private func send(_ method: Method, _ fields: String) throws {
    try desk.send(method, #"{"organization_id":"\#(organization)",\#(fields)}"#)
  }
}
