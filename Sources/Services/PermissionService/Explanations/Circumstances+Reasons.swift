internal import Messages
internal import Permissions

extension Circumstances {
  /// One sentence for people: whether a relation holds, and why.
  func reason(for relation: Relation) -> String {
    let holds = standing.holds(relation, policy)
    switch relation {
    case .operatorPeer, .issuerPeer: return "only a process without a token can be one"
    case .ingestScope, .apiScope, .rumScope:
      guard standing.kind == .orgToken else { return "only an org token has a scope" }
      return "the token " + (holds ? "has" : "lacks") + " the scope"
    case _ where standing.kind != .user: return "only a user can have this relation"
    case .oneself:
      return "the action is " + (holds ? "about the user itself" : "not about the user itself")
    case .member: return "the user belongs to the organization"
    case .administrator:
      guard holds else { return "the user is not an administrator of the organization" }
      return isLastAdministrator
        ? "the user is the last administrator of the organization, who can't be removed or demoted"
        : "the user is an administrator of the organization"
    case .role: return "the user " + (holds ? "has" : "lacks") + " the role"
    case .teamMember(let name):
      guard foundTeams.contains(policy.bytes(of: name)) else { return "there is no such team" }
      return "the user is " + (holds ? "" : "not ") + "in the team"
    case .creator, .writer:
      guard namesResource else { return "no resource is named" }
      guard hasResource else { return "there is no such resource" }
      return relation == .writer
        ? writerReason : "the user " + (holds ? "created" : "didn't create") + " the resource"
    }
  }

  private var writerReason: String {
    var ways = standing.isWriter ? ["itself"] : []
    ways += writingTeams.prefix(3).map { "by the team `\(String(decoding: $0, as: UTF8.self))`" }
    if writingTeams.count > 3 { ways.append("by \(writingTeams.count - 3) more") }
    guard !ways.isEmpty else { return "neither the user nor any of its teams is a writer" }
    return "the user is a writer " + ways.joined(separator: " and ")
  }
}
