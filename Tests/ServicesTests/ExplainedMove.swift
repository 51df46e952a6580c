internal import Messages

/// A change as an explanation names it, or as the test makes it up.
struct ExplainedMove: Hashable, CustomStringConvertible {
  /// Without the name of the service.
  var method: String
  var isGrant: Bool
  var team = ""
  var role = ""
  var scope = ""

  init(
    _ method: String, isGrant: Bool, team: String = "", role: String = "", scope: String = ""
  ) {
    self.method = method
    self.isGrant = isGrant
    self.team = team
    self.role = role
    self.scope = scope
  }

  init(_ grant: PosternV1.Grant) {
    self.init(
      Self.name(grant.method), isGrant: true, team: Self.text(grant.teamID),
      role: Self.text(grant.role), scope: Self.name(grant.scope))
  }

  init(_ revocation: PosternV1.Revocation) {
    self.init(
      Self.name(revocation.method), isGrant: false, team: Self.text(revocation.teamID),
      role: Self.text(revocation.role), scope: Self.name(revocation.scope))
  }

  /// The change that takes it back; nil where there is none.
  var inverse: ExplainedMove? {
    let methods = [
      "SetWriter": "RemoveWriter", "RemoveWriter": "SetWriter",
      "AddTeamMember": "RemoveTeamMember", "RemoveTeamMember": "AddTeamMember",
      "SetUserRoles": "SetUserRoles", "SetAdministrator": "SetAdministrator",
      "UpdateOrgToken": "UpdateOrgToken", "InviteUser": "DeleteUser",
    ]
    guard let other = methods[method] else { return nil }
    return ExplainedMove(other, isGrant: !isGrant, team: team, role: role, scope: scope)
  }

  var description: String {
    ([method, isGrant ? "+" : "-", team, role, scope]).filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  private static func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: Array(copying: bytes), as: UTF8.self)
  }

  private static func name(_ method: Span<UInt8>) -> String {
    String(text(method).split(separator: ".").last ?? "")
  }

  private static func name(_ scope: PosternV1.TokenScope) -> String {
    switch scope {
    case .ingest: "ingest"
    case .api: "api"
    case .rum: "rum"
    default: ""
    }
  }
}

/// What `Explain` answered.
struct ExplanationView {
  var isAllowed = false
  var rule = ""
  var holds: [String: Bool] = [:]
  /// The grants by their groups.
  var ways: [[ExplainedMove]] = []
  var revocations: [ExplainedMove] = []

  init(_ encoded: [UInt8]) throws {
    let arena = Arena(initialBytes: 4096)
    let answer = try PosternV1.ExplainResponse(decoding: encoded.span, in: arena)
    isAllowed = answer.allowed
    rule = String(decoding: Array(copying: answer.rule), as: UTF8.self)
    for index in 0..<answer.relationsCount {
      let relation = answer.relations(at: index)
      holds[String(decoding: Array(copying: relation.relation), as: UTF8.self)] = relation.holds
    }
    for index in 0..<answer.grantsCount {
      let grant = answer.grants(at: index)
      if Int(grant.group) == ways.count + 1 { ways.append([]) }
      ways[Int(grant.group) - 1].append(ExplainedMove(grant))
    }
    for index in 0..<answer.revocationsCount {
      revocations.append(ExplainedMove(answer.revocations(at: index)))
    }
  }
}
