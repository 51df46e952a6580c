internal import Identifiers
internal import Ledger
internal import Messages

/// Applies checked records one after another: compares each with what the draft shows, which
/// includes the records before, and appends what differs. Each function says whether anything did.
struct Importer {
  let actor: Actor

  func apply(_ record: PosternV1.DirectoryRecord.Record, _ draft: inout Draft) -> Bool {
    let entries = draft.entryCount
    switch record {
    case .organization(let organization): apply(organization, &draft)
    case .user(let user): apply(user, &draft)
    case .team(let team): apply(team, &draft)
    case .resource(let resource): apply(resource, &draft)
    }
    return draft.entryCount > entries
  }

  private func apply(_ organization: PosternV1.Organization, _ draft: inout Draft) {
    let id = OrganizationID(stored: organization.id)
    switch Self.difference(
      draft.organization(id)?.displayName, organization.displayName)
    {
    case .none: break
    case .absent:
      draft.append(by: actor) { entry in
        let created = entry.makeOrganizationCreated()
        created.setOrganizationID(organization.id)
        created.setDisplayName(organization.displayName)
      }
    case .name:
      let old = Self.copy(draft.organization(id)?.displayName)
      draft.append(by: actor) { entry in
        let updated = entry.makeOrganizationUpdated()
        updated.setOrganizationID(organization.id)
        updated.setDisplayName(organization.displayName)
        updated.setOldDisplayName(old.span)
      }
    }
  }

  private func apply(_ user: PosternV1.User, _ draft: inout Draft) {
    let (difference, isAdministrator) = Self.difference(of: user, draft)
    switch difference {
    case .none: break
    case .absent:
      draft.append(by: actor) { entry in
        let invited = entry.makeUserInvited()
        invited.setOrganizationID(user.organizationID)
        invited.setUserID(user.id)
        invited.setDisplayName(user.displayName)
        invited.setAdministrator(user.administrator)
      }
    case .name:
      let old = Self.copy(Self.record(of: user, in: draft)?.displayName)
      draft.append(by: actor) { entry in
        let updated = entry.makeUserUpdated()
        updated.setOrganizationID(user.organizationID)
        updated.setUserID(user.id)
        updated.setDisplayName(user.displayName)
        updated.setOldDisplayName(old.span)
      }
    }
    setRoles(of: user, &draft)
    guard isAdministrator != user.administrator else { return }
    draft.append(by: actor) { entry in
      let change = entry.makeAdministratorSet()
      change.setOrganizationID(user.organizationID)
      change.setUserID(user.id)
      change.setAdministrator(user.administrator)
    }
  }

  /// A record without roles says nothing of them.
  private func setRoles(of user: PosternV1.User, _ draft: inout Draft) {
    let roles = user.sortedRoles
    var present: [[UInt8]] = []
    Self.record(of: user, in: draft)?.forEachRole { present.append(Array(copying: $0)) }
    guard !roles.isEmpty, present != roles else { return }
    draft.append(by: actor) { entry in
      let change = entry.makeUserRolesSet()
      change.setOrganizationID(user.organizationID)
      change.setUserID(user.id)
      for role in roles { change.addRoles(role.span) }
    }
  }

  private func apply(_ team: PosternV1.TeamRecord, _ draft: inout Draft) {
    let organization = OrganizationID(stored: team.organizationID)
    let id = TeamID(stored: team.id)
    switch Self.difference(draft.team(organization, id)?.displayName, team.displayName) {
    case .none: break
    case .absent:
      draft.append(by: actor) { entry in
        let created = entry.makeTeamCreated()
        created.setOrganizationID(team.organizationID)
        created.setTeamID(team.id)
        created.setDisplayName(team.displayName)
      }
    case .name:
      let old = Self.copy(draft.team(organization, id)?.displayName)
      draft.append(by: actor) { entry in
        let updated = entry.makeTeamUpdated()
        updated.setOrganizationID(team.organizationID)
        updated.setTeamID(team.id)
        updated.setDisplayName(team.displayName)
        updated.setOldDisplayName(old.span)
      }
    }
    for index in 0..<team.memberUserIDsCount {
      let user = UserID(stored: team.memberUserIDs(at: index))
      guard !draft.isTeamMember(user, of: id, in: organization) else { continue }
      draft.append(by: actor) { entry in
        let added = entry.makeTeamMemberAdded()
        added.setOrganizationID(team.organizationID)
        added.setTeamID(team.id)
        added.setUserID(user.bytes)
      }
    }
  }

  private func apply(_ resource: PosternV1.ResourceRecord, _ draft: inout Draft) {
    let reference = ResourceReference(
      in: OrganizationID(stored: resource.organizationID),
      type: ResourceTypeName(stored: resource.type), id: ResourceID(stored: resource.id))
    if Self.difference(draft.resource(reference)?.displayName, resource.displayName) != .none {
      let old = Self.copy(draft.resource(reference)?.displayName)
      draft.append(by: actor) { entry in
        let put = entry.makeResourcePut()
        put.setOrganizationID(resource.organizationID)
        put.setResourceType(resource.type)
        put.setResourceID(resource.id)
        put.setDisplayName(resource.displayName)
        put.setOldDisplayName(old.span)
      }
    }
    for index in 0..<resource.writersCount {
      guard let principal = Principal(resource.writers(at: index)),
        !draft.isWriter(principal, of: reference)
      else { continue }
      draft.append(by: actor) { entry in
        let writer = entry.makeWriterSet()
        writer.setOrganizationID(resource.organizationID)
        writer.setResourceType(resource.type)
        writer.setResourceID(resource.id)
        switch principal {
        case .user(let id): writer.setUserID(id.bytes)
        case .team(let id): writer.setTeamID(id.bytes)
        }
      }
    }
  }

  /// A name that an append is about to move; empty for none.
  private static func copy(_ name: Span<UInt8>?) -> [UInt8] {
    guard let name else { return [] }
    return Array(copying: name)
  }

  private enum Difference { case none, absent, name }

  /// How a user differs from a record, and whether it is an administrator, or is to be.
  private static func difference(
    of user: PosternV1.User, _ draft: borrowing Draft
  ) -> (Difference, isAdministrator: Bool) {
    guard let present = record(of: user, in: draft) else {
      return (.absent, user.administrator)
    }
    return (difference(present.displayName, user.displayName), present.isAdministrator)
  }

  @_lifetime(borrow draft)
  private static func record<State: LedgerState & ~Copyable>(
    of user: PosternV1.User, in draft: borrowing State
  ) -> UserRecord? {
    draft.user(OrganizationID(stored: user.organizationID), UserID(stored: user.id))
  }

  /// How the name of what is there, if it is, differs from a record's.
  private static func difference(_ present: Span<UInt8>?, _ wanted: Span<UInt8>) -> Difference {
    guard let present else { return .absent }
    return present.isEqual(to: wanted) ? .none : .name
  }
}

extension Principal {
  /// The user or team of a writer that is checked; nil for neither.
  @_lifetime(copy writer)
  init?(_ writer: PosternV1.Writer) {
    if let user = writer.userID {
      self = .user(UserID(stored: user))
    } else if let team = writer.teamID {
      self = .team(TeamID(stored: team))
    } else {
      return nil
    }
  }
}
