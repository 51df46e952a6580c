internal import Identifiers
internal import Ledger
internal import Messages

/// Applies checked records one after another: compares each with what the draft shows, which
/// includes the records before, and appends what differs.
struct Importer {
  let actor: Actor

  /// Applies a record; says whether anything differed.
  func apply(_ record: PosternV1.DirectoryRecord.Record, to draft: inout Draft) -> Bool {
    let entries = draft.entryCount
    switch record {
    case .organization(let organization): applyOrganization(organization, to: &draft)
    case .user(let user): applyUser(user, to: &draft)
    case .team(let team): applyTeam(team, to: &draft)
    case .resource(let resource): applyResource(resource, to: &draft)
    }
    return draft.entryCount > entries
  }

  private func applyOrganization(
    _ organization: PosternV1.Organization, to draft: inout Draft
  ) {
    let id = OrganizationID(stored: organization.id)
    let name = organization.displayName
    switch Self.difference(of: draft.organization(id)?.displayName, from: name) {
    case .none: break
    case .absent: draft.createOrganization(id, named: name, by: actor)
    case .name: draft.renameOrganization(id, to: name, by: actor)
    }
  }

  private func applyUser(_ user: PosternV1.User, to draft: inout Draft) {
    let organization = OrganizationID(stored: user.organizationID)
    let id = UserID(stored: user.id)
    let name = user.displayName
    let wasAdministrator =
      draft.user(organization, id)?.isAdministrator ?? user.administrator
    switch Self.difference(of: draft.user(organization, id)?.displayName, from: name) {
    case .none: break
    case .absent:
      draft.inviteUser(
        id, to: organization, named: name, isAdministrator: user.administrator, by: actor)
    case .name: draft.renameUser(id, of: organization, to: name, by: actor)
    }
    // A record without roles says nothing of them.
    let roles = user.sortedRoles
    var present: [[UInt8]] = []
    draft.user(organization, id)?.forEachRole { present.append(Array(copying: $0)) }
    if !roles.isEmpty, present != roles {
      draft.setRoles(roles, of: id, in: organization, by: actor)
    }
    if wasAdministrator != user.administrator {
      draft.setAdministrator(user.administrator, id, of: organization, by: actor)
    }
  }

  private func applyTeam(_ team: PosternV1.TeamRecord, to draft: inout Draft) {
    let organization = OrganizationID(stored: team.organizationID)
    let id = TeamID(stored: team.id)
    let name = team.displayName
    switch Self.difference(of: draft.team(organization, id)?.displayName, from: name) {
    case .none: break
    case .absent: draft.createTeam(id, in: organization, named: name, by: actor)
    case .name: draft.renameTeam(id, in: organization, to: name, by: actor)
    }
    for index in 0..<team.memberUserIDsCount {
      let user = UserID(stored: team.memberUserIDs(at: index))
      guard !draft.isTeamMember(user, of: id, in: organization) else { continue }
      draft.addTeamMember(user, to: id, in: organization, by: actor)
    }
  }

  private func applyResource(_ record: PosternV1.ResourceRecord, to draft: inout Draft) {
    let resource = ResourceReference(
      in: OrganizationID(stored: record.organizationID),
      type: ResourceTypeName(stored: record.type), id: ResourceID(stored: record.id))
    let name = record.displayName
    if Self.difference(of: draft.resource(resource)?.displayName, from: name) != .none {
      draft.putResource(resource, named: name, by: actor)
    }
    for index in 0..<record.writersCount {
      guard let principal = Principal(record.writers(at: index)),
        !draft.isWriter(principal, of: resource)
      else { continue }
      draft.setWriter(principal, of: resource, by: actor)
    }
  }

  private enum Difference { case none, absent, name }

  /// How the name of what is there, if it is, differs from a record's.
  private static func difference(of present: Span<UInt8>?, from wanted: Span<UInt8>) -> Difference {
    guard let present else { return .absent }
    return present.isEqual(to: wanted) ? .none : .name
  }
}

extension Principal {
  /// The user or team of a writer that has been checked; nil for neither.
  @_lifetime(copy writer)
  fileprivate init?(_ writer: PosternV1.Writer) {
    if let user = writer.userID {
      self = .user(UserID(stored: user))
    } else if let team = writer.teamID {
      self = .team(TeamID(stored: team))
    } else {
      return nil
    }
  }
}
